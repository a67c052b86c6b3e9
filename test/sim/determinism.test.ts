import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { catalogue } from '../../sim/experiment/catalogue.ts'
import type { DigestRun } from './digest-runs.ts'
import { differences, digestsOf } from './digests-of.ts'
import type { PlantedLine } from './planted-hooks.ts'

/** Virtual seconds of each scenario. */
const HORIZON = 60

const STRAY: Readonly<Record<string, PlantedLine>> = {
  'a look at the wall clock': {
    file: 'src/core/rng.ts',
    find: 'Math\\.round\\(value',
    replacement: 'Math.round(performance.now() + value',
  },
  'an order that is drawn by nobody': {
    file: 'src/dht/answering/responder.ts',
    find: 'table\\.nearestGood\\(now,\\s*target,\\s*from\\)',
    replacement: '[...$&].sort(() => Math.random() - 0.5)',
  },
}

describe('a run in another process, with another queue', () => {
  let byHeap: readonly DigestRun[] = []
  let byWheel: readonly DigestRun[] = []

  before(async () => {
    ;[byHeap, byWheel] = await Promise.all([
      digestsOf({ queue: 'heap', horizon: HORIZON }),
      digestsOf({ queue: 'wheel', horizon: HORIZON }),
    ])
  })

  for (const { name } of catalogue) {
    it(`has the same digest: ${name}`, () => {
      const [one, other] = [byHeap, byWheel].map((runs) => runs.filter(({ scenario }) => scenario === name))
      assert.equal(one!.length, 1)
      assert.ok(one![0]!.events > 0)
      assert.deepEqual(differences(one!, other!), [])
    })
  }
})

describe('a run that is no function of its seed', () => {
  const runsWith = (planted: PlantedLine): Promise<readonly (readonly DigestRun[])[]> => {
    const request = { queue: 'wheel', horizon: 20, scenarios: ['bootstrap'], planted } as const
    return Promise.all([digestsOf(request), digestsOf(request)])
  }

  for (const [what, planted] of Object.entries(STRAY)) {
    it(`is noticed by its digest: ${what}`, async () => {
      const [one, other] = await runsWith(planted)
      const found = differences(one!, other!)
      assert.equal(found.length, 1)
      assert.match(found[0]!, /^bootstrap: \S+ after \d+ events, and \S+ after \d+ events$/)
    })
  }

  it('is not suspected where a line was changed and means the same', async () => {
    const [line] = Object.values(STRAY)
    const [one, other] = await runsWith({ ...line!, replacement: '$& * 1' })
    assert.deepEqual(differences(one!, other!), [])
  })
})
