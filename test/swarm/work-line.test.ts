import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NEVER } from '../../src/core/time.ts'
import { WorkLine } from '../../src/swarm/work-line.ts'

function lineOf(count: number): WorkLine<number> {
  const line = new WorkLine<number>()
  for (let peer = 0; peer < count; peer++) line.add(peer)
  return line
}

/** Who is asked, and when, until nobody is left. */
function askAll(line: WorkLine<number>): [at: number, peers: number[]][] {
  const asked: [number, number[]][] = []
  for (let at = 1000; at !== NEVER && asked.length < 1000; at = Math.max(at, line.deadline)) {
    const peers = line.next(at)
    if (peers.length === 0) break
    asked.push([at, peers])
  }
  return asked
}

describe('the line of those without work', () => {
  it('asks nobody before work appears', () => {
    const line = lineOf(3)
    assert.deepEqual([line.next(1000), line.deadline], [[], NEVER])
    line.appeared()
    assert.deepEqual([line.next(1000), line.next(1000), line.deadline], [[0, 1, 2], [], NEVER])
  })

  it('asks a few at a time, and everybody once in the end', () => {
    const line = lineOf(1000)
    line.appeared()
    const asked = askAll(line)
    assert.ok(asked.every(([, peers]) => peers.length <= 8))
    assert.deepEqual(
      asked.flatMap(([, peers]) => peers),
      [...lineOf(1000)],
    )
    assert.equal(
      asked.at(-1)![0] - asked[0]![0],
      124 * 10_000,
      'a thousand within a little more than a second',
    )
    assert.equal(line.deadline, NEVER)
  })

  it('asks others at once when one has found something, and begins where it stopped', () => {
    const line = lineOf(20)
    line.appeared()
    assert.deepEqual(line.next(1000), [0, 1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(line.next(1000), [])
    line.delete(3)
    line.found()
    assert.deepEqual(line.next(1000), [8, 9, 10, 11, 12, 13, 14, 15])
    line.appeared()
    assert.deepEqual(line.next(1000), [16, 17, 18, 19, 0, 1, 2, 4])
  })

  it('does not mind who leaves it meanwhile', () => {
    const line = lineOf(20)
    line.appeared()
    line.next(1000)
    for (let peer = 0; peer < 19; peer++) line.delete(peer)
    assert.deepEqual([line.next(20_000), line.next(40_000), line.deadline], [[19], [], NEVER])
    assert.deepEqual([line.size, line.has(19), line.has(0)], [1, true, false])
  })
})
