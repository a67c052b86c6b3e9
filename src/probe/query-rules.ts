import { toLatin1 } from '../core/bytes.ts'
import { each, FIND_NODE, GET_PEERS, once, PING } from './cases.ts'
import { contactIds, error, lacks, nodes, pong, response, token } from './expectations.ts'
import { bencoded } from './notation.ts'
import type { Rule } from './rule.ts'

const contacts = response('a response with nodes', nodes)
const TRANSACTIONS = [
  '\0',
  'e',
  '\xff\xfe',
  'abcd',
  '\x006:\x80\xff\x01',
  '12345678',
  '\xfe{{20}}\x80\xc3\x28 \0\r\n567890',
]

/** BEP 5: what well-formed queries get (section 1 of the list). */
export const QUERY_RULES: readonly Rule[] = [
  { id: '1.01', level: 'B', title: 'answers a ping', cases: [once(PING, pong)] },
  {
    id: '1.02',
    level: 'B',
    title: 'echoes any transaction id byte for byte',
    cases: TRANSACTIONS.map((t) => once(`d1:ad<A>e1:q4:ping1:t${bencoded(t)}1:y1:qe`, pong)),
  },
  {
    id: '1.03',
    level: 'B',
    title: 'tolerates a version of any type',
    cases: each(
      ['4:LT\x01\x02', 'i7e', 'le'].map((v) => `d1:ad<A>e1:q4:ping<t>1:v${v}1:y1:qe`),
      pong,
    ),
  },
  {
    id: '1.04',
    level: 'B',
    title: 'ignores unknown keys',
    cases: each(['d1:ad3:fooi7e<A>e1:q4:ping<z>', 'd1:ad<A>e1:q4:ping<t>1:y1:q3:zzz3:abce'], pong),
  },
  {
    id: '1.05',
    level: 'B',
    title: 'answers find_node with at most eight nodes',
    cases: [once(FIND_NODE, contacts)],
  },
  {
    id: '1.06',
    level: 'B',
    title: 'names the node that is looked for, when it is in its table',
    stage: 'last',
    cases: [
      once(
        'd1:ad<A>6:target20:<F>e1:q9:find_node<z>',
        response('a response that names it', nodes, (fields, notebook) => {
          const friend = notebook.sources.get('friend')!
          if (!friend.answered) return undefined
          const named = contactIds(fields)
          return named.includes(toLatin1(friend.id))
            ? undefined
            : 'it does not name a node that has answered it'
        }),
      ),
    ],
    unseen: ({ sources }) =>
      sources.get('friend')!.answered ? undefined : 'it never asked back whoever asked it',
  },
  {
    id: '1.07',
    level: 'C',
    title: 'answers find_node with nodes even when it knows none',
    cases: [once(FIND_NODE, contacts)],
  },
  {
    id: '1.08',
    level: 'C',
    title: 'does not name itself',
    cases: [
      once(
        'd1:ad<A>6:target20:<N>e1:q9:find_node<z>',
        response('a response without itself', nodes, (fields, { nodeId }) => {
          return contactIds(fields).includes(toLatin1(nodeId)) ? 'it names itself' : undefined
        }),
      ),
    ],
  },
  {
    id: '1.09',
    level: 'B',
    title: 'answers get_peers with a token of 1 to 20 bytes and nodes, when it knows no peers',
    cases: [once(GET_PEERS, response('a token and nodes', token, nodes, lacks('values')))],
  },
  {
    id: '1.11',
    level: 'C',
    title: 'answers for an info-hash of zeros like for any other',
    cases: [once('d1:ad<A>9:info_hash20:{20*\0}e1:q9:get_peers<z>', response('a token', token, nodes))],
  },
  {
    id: '1.32',
    level: 'B',
    title: 'refuses an unknown method with error 204',
    cases: [once('d1:ad<A>e1:q3:foo<z>', error(204))],
  },
  {
    id: '1.33',
    level: 'C',
    title: 'answers an unknown method that has a target like find_node',
    cases: each(['d1:ad<A><tg>e1:q3:foo<z>', 'd1:ad<A><ih>e1:q3:foo<z>'], contacts),
  },
  {
    id: '1.34',
    level: 'B',
    title: 'refuses methods of any name with error 204 and does not repeat the name',
    cases: [
      ...['', '\xff', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'm'.repeat(1000)].map(
        (name) =>
          once(
            `d1:ad<A>e1:q${bencoded(name)}<z>`,
            error(204, (said) =>
              name.length > 3 && said.includes(name) ? 'it repeats the name' : undefined,
            ),
          ),
      ),
    ],
  },
  {
    id: '1.42',
    level: 'B',
    title: 'answers queries of one transaction id from several places each on its own',
    cases: [
      (['main', 'port', 'friend', 'crowd', 'main', 'port', 'main', 'main'] as const).map((by) => {
        return { send: 'd1:ad<A>e1:q4:ping1:t2:aa1:y1:qe', by, expect: pong }
      }),
    ],
  },
]
