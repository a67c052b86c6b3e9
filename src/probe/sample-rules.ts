import { latin1, toLatin1 } from '../core/bytes.ts'
import { announce, getToken } from './announce-rules.ts'
import { each, once, query } from './cases.ts'
import { type Check, drop, error, nodes, response } from './expectations.ts'
import { getItem, putItem } from './item-steps.ts'
import type { Rule } from './rule.ts'

const ITEM = { v: '12:Hello World!' }
const SAMPLE = query('sample_infohashes', '<tg>')

/** Most samples beside eight nodes in 1024 bytes. */
const MOST = { 4: 34, 6: 29 } as const

const sample: Check = (fields, { family }) => {
  const interval = fields.get('interval')
  const num = fields.get('num')
  const samples = fields.get('samples')
  if (typeof interval !== 'bigint' || interval < 0n || interval > 21_600n)
    return 'its interval is not 0 to 21600'
  if (typeof num !== 'bigint' || num < 0n) return 'its num is no count'
  if (!(samples instanceof Uint8Array) || samples.length % 20 !== 0)
    return 'its samples are no row of info-hashes'
  const given = samples.length / 20
  if (given > MOST[family]) return `it gives ${given} samples`
  return BigInt(given) > num ? `it gives ${given} samples and says that it has ${num}` : undefined
}

/** BEP 51, and what belongs to another overlay (section 8 of the list). */
export const SAMPLE_RULES: readonly Rule[] = [
  {
    id: '8.14',
    level: 'B',
    title: 'answers sample_infohashes with interval, num, samples and nodes',
    cases: [once(SAMPLE, response('a sample', sample, nodes))],
  },
  {
    id: '8.15',
    level: 'B',
    needs: '8.14',
    title: 'counts what it keeps, and gives what fits',
    cases: [
      [
        getToken(),
        announce('4:porti6881e'),
        {
          send: SAMPLE,
          expect: response('a sample', sample, (fields) => {
            return fields.get('num') === 0n ? 'it says that it has none after an announce' : undefined
          }),
        },
      ],
    ],
  },
  {
    id: '8.17',
    level: 'B',
    needs: '8.14',
    title: 'answers for any target',
    cases: each(
      ['{20*\0}', '{20*\xff}', '<h>'].map((target) => query('sample_infohashes', `6:target20:${target}`)),
      response('a sample', sample, nodes),
    ),
  },
  {
    id: '8.18',
    level: 'B',
    needs: '8.14',
    title: 'refuses a target that is absent or not of 20 bytes',
    cases: each(
      ['', '6:target19:{19*x}', '6:targeti5e'].map((target) => query('sample_infohashes', target)),
      error(203),
    ),
    stage: 'hazard',
  },
  {
    id: '8.22',
    level: 'B',
    needs: '8.14',
    title: 'samples no targets that have items alone',
    cases: [
      [
        getItem(ITEM),
        putItem(ITEM),
        {
          send: SAMPLE,
          expect: response('a sample without it', sample, (fields, { sha1 }) => {
            const target = toLatin1(sha1(latin1(ITEM.v)))
            const samples = toLatin1(fields.get('samples') as Uint8Array)
            const isNamed = Array.from({ length: samples.length / 20 }, (_, i) =>
              samples.slice(20 * i, 20 * i + 20),
            )
            return isNamed.includes(target) ? 'it names the target of an item' : undefined
          }),
        },
      ],
    ],
  },
  {
    id: '8.23',
    level: 'C',
    title: 'keeps queries of a topic overlay out of the main table',
    cases: [once('d1:ad<A>e1:c20:{20*t}1:q4:ping<z>', drop)],
  },
]
