import { each } from './cases.ts'
import { error } from './expectations.ts'
import { bencoded } from './notation.ts'
import type { Rule } from './rule.ts'

const METHODS = ['ping', 'find_node', 'get_peers', 'announce_peer']
const NO_IDS = ['', '{19*x}', '{21*x}', '{1000*x}'].map((text) => {
  return `${/\d+/.exec(text)?.[0] ?? '0'}:${text}`
})

/** BEP 5: queries whose arguments are wrong (section 1 of the list). Those of the wrong type are what nodes have died of. */
export const ARGUMENT_RULES: readonly Rule[] = [
  {
    id: '1.35',
    level: 'B',
    title: 'refuses a query without a method, or with one that is no string',
    cases: each(['d1:ad<A>e1:qi1e<z>', 'd1:ad<A>e<z>'], error(203)),
    stage: 'hazard',
  },
  {
    id: '1.36',
    level: 'B',
    title: 'refuses arguments that are absent or no dictionary',
    cases: METHODS.flatMap((method) =>
      each(
        ['', '1:ale', '1:a1:x', '1:ai1e', '1:ade'].map((value) => `d${value}1:q${bencoded(method)}<z>`),
        error(203),
      ),
    ),
    stage: 'hazard',
  },
  {
    id: '1.37',
    level: 'B',
    title: 'refuses ids that are not of 20 bytes',
    cases: each(
      [...NO_IDS, 'i5e', 'le'].map((id) => `d1:ad2:id${id}e1:q4:ping<z>`),
      error(203),
    ),
    stage: 'hazard',
  },
  {
    id: '1.38',
    level: 'B',
    title: 'refuses targets that are absent or not of 20 bytes',
    cases: each(
      ['', '0:', '3:abc', '19:{19*x}', '21:{21*x}', 'le', 'de', 'i5e'].map((target) => {
        return `d1:ad<A>${target === '' ? '' : `6:target${target}`}e1:q9:find_node<z>`
      }),
      error(203),
    ),
    stage: 'hazard',
  },
  {
    id: '1.39',
    level: 'B',
    title: 'refuses info-hashes that are absent or not of 20 bytes',
    cases: each(
      ['', '19:{19*x}', '21:{21*x}', 'le', 'i5e'].map((infoHash) => {
        return `d1:ad<A>${infoHash === '' ? '' : `9:info_hash${infoHash}`}e1:q9:get_peers<z>`
      }),
      error(203),
    ),
    stage: 'hazard',
  },
]
