import { announce, getPeers, getToken } from './announce-rules.ts'
import { FIND_NODE, once, query } from './cases.ts'
import { type Check, lacks, nodes, pong, response, token, valuesOf } from './expectations.ts'
import type { Circumstances, Rule } from './rule.ts'

const over4 = ({ family }: Circumstances): string | undefined =>
  family === 4 ? undefined : 'it is asked over IPv6'
const over6 = ({ family }: Circumstances): string | undefined =>
  family === 6 ? undefined : 'it is asked over IPv4'

const find = (want: string): string => query('find_node', `<tg>4:want${want}`)

/** Every peer is of that many bytes. */
function peersOf(length: number): Check {
  return (fields) => {
    const wrong = valuesOf(fields)?.find((value) => value.length !== length)
    return wrong === undefined ? undefined : `it gives a peer of ${wrong.length} bytes`
  }
}

/** Nothing of the other family's, and of its own what is asked for. */
const others: Check = (fields, { family }) => {
  const name = family === 4 ? 'nodes' : 'nodes6'
  const value = fields.get(name)
  return value instanceof Uint8Array && value.length > 0
    ? `it names ${name}, which nobody asked for`
    : undefined
}

/** BEP 32 (section 4 of the list). */
export const FAMILY_RULES: readonly Rule[] = [
  {
    id: '4.01',
    level: 'B',
    title: 'names nodes alone over IPv4',
    obstacle: over4,
    cases: [once(FIND_NODE, response('nodes alone', nodes, lacks('nodes6')))],
  },
  {
    id: '4.02',
    level: 'B',
    title: 'names nodes6 alone over IPv6',
    obstacle: over6,
    cases: [once(FIND_NODE, response('nodes6 alone', nodes, lacks('nodes')))],
  },
  {
    id: '4.03',
    level: 'B',
    title: 'names no nodes6 to who wants n4',
    cases: [once(find('l2:n4e'), response('no nodes6', lacks('nodes6')))],
  },
  {
    id: '4.04',
    level: 'B',
    title: 'names its own family to who wants both',
    cases: [once(find('l2:n42:n6e'), response('nodes of its family', nodes))],
  },
  {
    id: '4.05',
    level: 'B',
    title: 'ignores unknown words among what is wanted',
    cases: ({ family }) => [
      once(find(`l2:n${family}2:n92:zze`), response('nodes of its family', nodes)),
      once(find(`l2:n${family === 4 ? 6 : 4}2:n92:zze`), response('none of its family', others)),
    ],
  },
  {
    id: '4.06',
    level: 'C',
    title: 'takes a useless want as absent',
    cases: ['le', 'i1e', '2:n4', 'li4ee', 'l{200*2:n4}e'].map((want) =>
      once(
        find(want),
        response('a response', (fields, notebook, reply) => {
          // Over IPv6 a list of n4 is no useless one.
          return notebook.family === 6 && want.startsWith('l{') ? undefined : nodes(fields, notebook, reply)
        }),
      ),
    ),
  },
  {
    id: '4.07',
    level: 'B',
    title: 'gives peers of 6 bytes alone over IPv4, whatever is wanted',
    obstacle: over4,
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        getPeers(response('peers', token, peersOf(6)), 'port', '4:wantl2:n42:n6e'),
      ],
    ],
  },
  {
    id: '4.08',
    level: 'B',
    title: 'gives peers of 18 bytes alone over IPv6, whatever is wanted',
    obstacle: over6,
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        getPeers(response('peers', token, peersOf(18)), 'port', '4:wantl2:n42:n6e'),
      ],
    ],
  },
  {
    id: '4.11',
    level: 'C',
    title: 'answers who wants the other family without an error',
    cases: ({ family }) => [once(find(`l2:n${family === 4 ? 6 : 4}e`), pong)],
  },
]
