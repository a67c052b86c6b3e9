import type { Address } from '../core/address.ts'
import { addressFromCompact } from '../core/address.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { GET_PEERS, query } from './cases.ts'
import { anything, type Check, error, pong, response, token, valuesOf } from './expectations.ts'
import type { Notebook } from './notebook.ts'
import type { ReplyFields } from './reply.ts'
import type { Case, Expectation, Rule, Step } from './rule.ts'
import type { SourceName } from './sources.ts'

/** Asks for the hash of the case and keeps the token that comes with the answer. */
export function getToken(by: SourceName = 'main', name = ''): Step {
  return { send: GET_PEERS, by, expect: response('a token', token), keep: name }
}

/** Announces for the hash of the case, by the token kept under no name. */
export function announce(
  port: string,
  implied = '',
  expect: Expectation = pong,
  by: SourceName = 'main',
): Step {
  return { send: query('announce_peer', `${implied}<ih>${port}<tok>`), expect, by }
}

/** Asks for the peers of the hash of the case. */
export function getPeers(expect: Expectation, by: SourceName = 'port', more = ''): Step {
  return { send: query('get_peers', `<ih>${more}`), expect, by }
}

/** The peers that a response names. */
export function peersOf(fields: ReplyFields, { family }: Notebook): Address[] {
  const length = family === 4 ? 6 : 18
  return (valuesOf(fields) ?? [])
    .filter((value) => value.length === length)
    .map((value) => addressFromCompact(value, 0, family))
}

/** The one peer of the hash is `main`, at that port; 0: the one that its datagrams come from. */
function storedAt(port: number): Expectation {
  const check: Check = (fields, notebook) => {
    const peers = peersOf(fields, notebook)
    const [peer] = peers
    if (peer === undefined) return 'it names no peer'
    if (peers.length > 1) return `it names ${peers.length} peers instead of one`
    const own = notebook.endpoint('main')
    if (own !== undefined && own.host !== peer.host) return `it names the peer at ${peer.host}`
    const wanted = port === 0 ? own?.port : port
    return wanted === undefined || wanted === peer.port ? undefined : `it names the peer at port ${peer.port}`
  }
  return response(port === 0 ? 'the peer at its own port' : `the peer at port ${port}`, check)
}

const nothingStored: Expectation = response('no peers', (fields, notebook) => {
  return peersOf(fields, notebook).length === 0 ? undefined : 'it stored the peer all the same'
})

function stores(
  id: string,
  level: 'B' | 'C',
  title: string,
  port: number,
  ...ways: (readonly [implied: string, port: string])[]
): Rule {
  const cases: Case[] = ways.map(([implied, given]) => [
    getToken(),
    announce(given, implied),
    getPeers(storedAt(port)),
  ])
  return { id, level, title, cases }
}

function refuses(port: string, expect: Expectation = error(203)): Case {
  return [getToken(), announce(port, '', expect), getPeers(nothingStored)]
}

const oneAddress = 'it takes two IPs of this machine (`--bind` twice)'
const tooSlow = (minutes: number): string => `it takes ${minutes} minutes (--slow)`

/** BEP 5: announcing, and the tokens that it takes (section 1 of the list). */
export const ANNOUNCE_RULES: readonly Rule[] = [
  {
    id: '1.10',
    level: 'B',
    title: 'gives peers as compact strings, and a token',
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        getPeers(
          response('values and a token', token, (fields, { family }) => {
            const values = valuesOf(fields)
            if (values === undefined) return 'it gives no list of strings in values'
            const wrong = values.find(({ length }) => length !== (family === 4 ? 6 : 18))
            return wrong === undefined ? undefined : `it gives a peer of ${wrong.length} bytes`
          }),
        ),
      ],
    ],
  },
  stores('1.12', 'B', 'stores the announced port of the IP that announces', 6881, [
    '12:implied_porti0e',
    '4:porti6881e',
  ]),
  stores(
    '1.13',
    'B',
    'stores the port of the datagram when that is asked for, whatever port is named',
    0,
    ['12:implied_porti1e', '4:porti1e'],
    ['12:implied_porti1e', '4:porti0e'],
    ['12:implied_porti1e', '4:porti70000e'],
    ['12:implied_porti1e', ''],
  ),
  stores('1.14', 'B', 'takes any implied_port but 0 for a yes', 0, ['12:implied_porti2e', '4:porti1e']),
  stores('1.15', 'C', 'takes an implied_port that is no integer as absent', 77, [
    '12:implied_port1:1',
    '4:porti77e',
  ]),
  {
    id: '1.16',
    level: 'B',
    title: 'refuses a token that was given to another IP',
    obstacle: ({ twoAddresses }) => (twoAddresses ? undefined : oneAddress),
    cases: [[getToken('main'), announce('4:porti6881e', '', error(203), 'other'), getPeers(nothingStored)]],
  },
  {
    id: '1.17',
    level: 'B',
    title: 'takes a token from another port of its IP',
    cases: [[getToken('main'), announce('4:porti6881e', '', pong, 'port')]],
  },
  {
    id: '1.18',
    level: 'B',
    title: 'takes a token for ten minutes',
    obstacle: ({ slow }) => (slow ? undefined : tooSlow(10)),
    cases: [[getToken(), { ...announce('4:porti6881e'), after: 10 * MINUTE - 2 * SECOND }]],
    stage: 'last',
  },
  {
    id: '1.19',
    level: 'C',
    title: 'refuses a token of fifteen minutes',
    obstacle: ({ slow }) => (slow ? undefined : tooSlow(15)),
    cases: [[getToken(), { ...announce('4:porti6881e', '', error(203)), after: 15 * MINUTE + 2 * SECOND }]],
    stage: 'last',
  },
  {
    id: '1.20',
    level: 'C',
    title: 'refuses a token that was given for another info-hash',
    cases: [[getToken(), { send: query('announce_peer', '<ih2>4:porti6881e<tok>'), expect: error(203) }]],
  },
  {
    id: '1.21',
    level: 'B',
    title: 'refuses tokens that it never gave',
    cases: ['0:', '1:x', '8:aoeusnth', '1000:{1000*x}'].map((value) => [
      { send: query('announce_peer', `<ih>4:porti6881e5:token${value}`), expect: error(203) },
      getPeers(nothingStored),
    ]),
  },
  {
    id: '1.22',
    level: 'B',
    title: 'refuses a token that is an integer',
    cases: [[{ send: query('announce_peer', '<ih>4:porti6881e5:tokeni5e'), expect: error(203) }]],
    stage: 'hazard',
  },
  {
    id: '1.23',
    level: 'B',
    title: 'refuses an announce without a token',
    cases: [[{ send: query('announce_peer', '<ih>4:porti6881e'), expect: error(203) }]],
    stage: 'hazard',
  },
  {
    id: '1.24',
    level: 'B',
    title: 'refuses ports beyond 1 to 65535',
    cases: [
      ...['4:porti0e', '4:porti65536e', '4:porti-1e'].map((port) => refuses(port)),
      // Which to some is no integer, and then the datagram is no message.
      refuses('4:porti9223372036854775808e', anything),
    ],
  },
  {
    id: '1.25',
    level: 'B',
    title: 'refuses ports that are no integers, or absent',
    cases: ['4:port4:6881', ''].map((port) => refuses(port)),
  },
  {
    id: '1.26',
    level: 'B',
    title: 'refuses an announce without arguments',
    cases: [[{ send: 'd1:q13:announce_peer<z>', expect: error(203) }]],
    stage: 'hazard',
  },
  {
    id: '1.27',
    level: 'B',
    title: 'keeps one peer of an IP and info-hash, at the port that was announced last',
    obstacle: ({ scope }) =>
      scope === 'global' ? undefined : 'in a local network an IP may be of several peers',
    cases: [[getToken(), announce('4:porti6881e'), announce('4:porti6882e'), getPeers(storedAt(6882))]],
  },
  {
    id: '1.29',
    level: 'C',
    title: 'never answers with more than 1024 bytes, however many announce from one IP',
    cases: ({ scope, hasTime }) => [
      [
        getToken(),
        ...Array.from({ length: hasTime ? 250 : 8 }, (_, i) => announce(`4:porti${i + 2000}e`)),
        getPeers(
          response('1024 bytes at most', (fields, notebook, reply) => {
            if (reply.bytes.length > 1024) return `it answered with ${reply.bytes.length} bytes`
            const peers = peersOf(fields, notebook).length
            return scope === 'global' && peers > 1 ? `it names ${peers} peers of one IP` : undefined
          }),
        ),
      ],
    ],
  },
]
