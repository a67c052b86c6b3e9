import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Lane } from '../../src/host/lane.ts'

test('a lane runs so many at a time, in their order, and goes on when one fails', async () => {
  const lane = new Lane(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const results = Promise.allSettled(
    Array.from({ length: 5 }, (_, i) =>
      lane.run(async () => {
        begun.push(i)
        await new Promise<void>((end) => ends.push(end))
        if (i === 0) throw new Error('the first')
        return i
      }),
    ),
  )
  await setImmediate()
  assert.deepEqual(begun, [0, 1])
  ends[0]!()
  await setImmediate()
  assert.deepEqual(begun, [0, 1, 2])
  for (let i = 1; i < 5; i++) {
    ends[i]!()
    await setImmediate()
  }
  assert.deepEqual(
    (await results).map((result) => (result.status === 'fulfilled' ? result.value : 'failed')),
    ['failed', 1, 2, 3, 4],
  )
  assert.equal(await lane.run(async () => 'free again'), 'free again')
})

test('a lane is drained when all that was given before has ended, and not what came later', async () => {
  const lane = new Lane(1)
  const ends: (() => void)[] = []
  const work = (): Promise<void> => new Promise((end) => ends.push(end))
  for (let i = 0; i < 3; i++) void lane.run(work)
  let isDrained = false
  const drained = lane.drained().then(() => {
    isDrained = true
  })
  void lane.run(work)
  for (let i = 0; i < 3; i++) {
    await setImmediate()
    assert.equal(isDrained, false)
    ends[i]!()
  }
  await drained
  assert.equal(ends.length, 4)
})
