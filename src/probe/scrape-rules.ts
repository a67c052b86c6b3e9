import { hasPlace, placeOf } from '../codec/scrape-filter.ts'
import { announce, getPeers, getToken, peersOf } from './announce-rules.ts'
import { type Check, lacks, nodes, response, token } from './expectations.ts'
import type { Expectation, Rule, Step } from './rule.ts'

const FILTERS = ['BFpe', 'BFsd'] as const

const filters: Check = (fields) => {
  for (const name of FILTERS) {
    const filter = fields.get(name)
    if (!(filter instanceof Uint8Array)) return `it has no ${name}`
    if (filter.length !== 256) return `its ${name} is of ${filter.length} bytes`
  }
  return undefined
}

/** `main` stands in that filter and not in the other. */
function standsIn(name: 'BFpe' | 'BFsd'): Expectation {
  const check: Check = (fields, notebook) => {
    const own = notebook.endpoint('main')
    if (own === undefined) return undefined
    const place = placeOf(notebook.sha1(own.bytes))
    for (const each of FILTERS) {
      const isIn = hasPlace(fields.get(each) as Uint8Array, place)
      if (isIn !== (each === name)) return `who announced is ${isIn ? '' : 'not '}in ${each}`
    }
    return undefined
  }
  return response('filters', filters, check)
}

const ONE: Check = (fields) => {
  let bits = 0
  for (const name of FILTERS) for (const byte of fields.get(name) as Uint8Array) bits += ones(byte)
  // Two bits for an IP, which may be the same.
  return bits === 1 || bits === 2 ? undefined : `its filters have ${bits} bits set`
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1
  return count
}

const SCRAPE = '6:scrapei1e'
const scrape = (expect: Expectation, more = ''): Step => getPeers(expect, 'port', `${SCRAPE}${more}`)

/** BEP 33 (section 5 of the list). */
export const SCRAPE_RULES: readonly Rule[] = [
  {
    id: '5.04',
    level: 'B',
    title: 'answers a scrape with two filters of 256 bytes',
    cases: [[getToken(), announce('4:porti6881e'), scrape(response('filters', filters))]],
  },
  {
    id: '5.05',
    level: 'B',
    title: 'answers a scrape of what nobody announced like any get_peers',
    cases: [[scrape(response('no filters', token, nodes, lacks(...FILTERS)))]],
  },
  {
    id: '5.06',
    level: 'B',
    needs: '5.04',
    title: 'leaves the other family out of a scrape that would not fit',
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        scrape(
          response('filters and its own nodes', filters, nodes, (_, __, reply) => {
            return reply.bytes.length > 1024 ? `it answered with ${reply.bytes.length} bytes` : undefined
          }),
          '4:wantl2:n42:n6e',
        ),
      ],
    ],
  },
  {
    id: '5.07',
    level: 'C',
    needs: '5.04',
    title: 'gives peers with a scrape too',
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        scrape(
          response('filters and peers', filters, (fields, notebook) => {
            return peersOf(fields, notebook).length === 1 ? undefined : 'it gives no peer'
          }),
        ),
      ],
    ],
  },
  {
    id: '5.08',
    level: 'B',
    needs: '5.04',
    title: 'tells who seeds from who does not, by the last announce',
    cases: [
      [
        getToken(),
        announce('4:porti6881e4:seedi1e'),
        scrape(standsIn('BFsd')),
        announce('4:porti6881e4:seedi0e'),
        scrape(standsIn('BFpe')),
        announce('4:porti6881e4:seedi1e'),
        announce('4:porti6881e'),
        scrape(standsIn('BFpe')),
      ],
    ],
  },
  {
    id: '5.09',
    level: 'B',
    title: 'gives who does not seed to who wants no seeds',
    obstacle: ({ scope, twoAddresses }) =>
      scope === 'global' && !twoAddresses ? 'it takes two IPs of this machine (`--bind` twice)' : undefined,
    cases: [
      [
        getToken('main'),
        announce('4:porti7001e4:seedi1e'),
        getToken('other'),
        announce('4:porti7002e', '', undefined, 'other'),
        getPeers(
          response('who does not seed', (fields, notebook) => {
            const ports = peersOf(fields, notebook).map(({ port }) => port)
            return ports.includes(7002) ? undefined : 'it leaves out who does not seed'
          }),
          'port',
          '6:noseedi1e',
        ),
      ],
    ],
  },
  {
    id: '5.10',
    level: 'B',
    needs: '5.04',
    title: 'counts an IP once that announces two ports',
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        announce('4:porti6882e'),
        scrape(response('two bits', filters, ONE)),
      ],
    ],
  },
  {
    id: '5.15',
    level: 'B',
    title: 'takes a scrape of 0 or of another type for none',
    cases: ['6:scrapei0e', '6:scrape1:1'].map((flag) => [
      getToken(),
      announce('4:porti6881e'),
      getPeers(response('no filters', token, lacks(...FILTERS)), 'port', flag),
    ]),
  },
]
