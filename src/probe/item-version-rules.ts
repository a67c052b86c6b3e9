import { error, has, lacks, response, token } from './expectations.ts'
import { getItem, type ItemSpec, item, putItem } from './item-steps.ts'
import type { Case, Expectation, Rule, Step } from './rule.ts'

const HIGHEST = 2n ** 63n - 1n
const STORED: ItemSpec = { v: '3:old', seq: 5 }

/** After version 5 was stored, another put. */
function then(spec: ItemSpec, expect?: Expectation): Step[] {
  return [getItem(STORED), putItem(STORED), putItem(spec, expect)]
}

/** What is found afterwards. */
const still = (spec: ItemSpec): Step => getItem(spec, item(spec))

const asked = (seq: number | string, expect: Expectation): Case => [
  getItem(STORED),
  putItem(STORED),
  getItem(STORED, expect, { seq }),
]

/** BEP 44: which version of an item stays (section 7 of the list). */
export const ITEM_VERSION_RULES: readonly Rule[] = [
  {
    id: '7.04',
    level: 'B',
    needs: '7.01',
    title: 'leaves out an item that the asker has already',
    cases: [5, 6].map((seq) => asked(seq, response('no item', token, lacks('k', 'sig', 'v')))),
  },
  {
    id: '7.05',
    level: 'B',
    needs: '7.01',
    title: 'gives an item to who has an older one',
    cases: [asked(4, item(STORED))],
  },
  {
    id: '7.06',
    level: 'C',
    needs: '7.01',
    title: 'refuses a get whose seq is no integer of 64 bits',
    cases: ['1:5', 'i9223372036854775808e', 'le'].map((seq) => [getItem(STORED, error(203), { seq })]),
    stage: 'hazard',
  },
  {
    id: '7.16',
    level: 'B',
    needs: '7.01',
    title: 'refuses an older version with error 302',
    cases: [[...then({ v: '3:new', seq: 4 }, error(302)), still(STORED)]],
  },
  {
    id: '7.17',
    level: 'B',
    needs: '7.01',
    title: 'takes the version that it has once more',
    cases: [[...then(STORED), still(STORED)]],
  },
  {
    id: '7.18',
    level: 'B',
    needs: '7.01',
    title: 'refuses another value of the version that it has with error 302',
    cases: [[...then({ v: '3:new', seq: 5 }, error(302)), still(STORED)]],
  },
  {
    id: '7.19',
    level: 'B',
    needs: '7.01',
    title: 'takes a new version when cas names the one that it has',
    cases: [[...then({ v: '3:new', seq: 6, cas: 5 }), still({ v: '3:new', seq: 6 })]],
  },
  {
    id: '7.20',
    level: 'B',
    needs: '7.01',
    title: 'refuses a new version with error 301 when cas names another',
    cases: [4, 6].map((cas) => [...then({ v: '3:new', seq: 6, cas }, error(301)), still(STORED)]),
  },
  {
    id: '7.21',
    level: 'B',
    needs: '7.01',
    title: 'ignores cas where nothing is stored',
    cases: [[getItem({ ...STORED, salt: 'cas' }), putItem({ ...STORED, salt: 'cas', cas: 3 })]],
  },
  {
    id: '7.22',
    level: 'C',
    needs: '7.01',
    title: 'names cas first when the version is old too',
    cases: [then({ v: '3:new', seq: 4, cas: 4 }, error(301))],
  },
  {
    id: '7.23',
    level: 'B',
    needs: '7.01',
    title: 'ignores cas on an immutable item',
    cases: [[getItem({ v: '3:cas' }), putItem({ v: '3:cas', cas: 1 }), still({ v: '3:cas' })]],
  },
  {
    id: '7.24',
    level: 'B',
    needs: '7.01',
    title: 'keeps version numbers beyond 2^53 exactly',
    cases: [whole({ v: '3:big', salt: 'big', seq: 2n ** 53n + 1n })],
  },
  {
    id: '7.25',
    level: 'B',
    needs: '7.01',
    title: 'takes the highest version number of 64 bits and refuses the next',
    cases: [
      whole({ v: '3:big', salt: 'highest', seq: HIGHEST }),
      [getItem(STORED), putItem({ v: '3:big', seq: HIGHEST + 1n }, error(203))],
    ],
  },
  {
    id: '7.26',
    level: 'C',
    needs: '7.01',
    title: 'refuses a negative version number',
    cases: [[getItem(STORED), putItem({ v: '3:neg', seq: -1n }, error(203))]],
  },
]

function whole(spec: ItemSpec): Case {
  return [getItem(spec, response('a token', has('token'))), putItem(spec), still(spec)]
}
