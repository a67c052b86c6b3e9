import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { coarser, type DigestTable, EpochDigests } from '../../../sim/engine/epoch-digests.ts'
import { Scheduler } from '../../../sim/engine/scheduler.ts'
import { SECOND } from '../../../src/core/time.ts'

const NOTHING = '0'.repeat(16)

interface Happening {
  readonly second: number
  readonly host: number
  readonly value: number
}

function tableOf(happenings: readonly Happening[], cellLimit?: number): DigestTable {
  const scheduler = new Scheduler()
  scheduler.epochs = new EpochDigests(cellLimit)
  const kind = scheduler.register('event', () => {})
  for (const { second, host, value } of happenings) {
    scheduler.schedule(second * SECOND, host, 0, kind, value, undefined)
  }
  scheduler.runUntil(1_000 * SECOND)
  return scheduler.epochs.table()
}

const PLAIN: readonly Happening[] = Array.from({ length: 60 }, (_, i) => {
  return { second: i / 4, host: (i * 701) % 3_000, value: i }
})

describe('epoch digests', () => {
  it('have a row for each second and a cell for each 1,024 hosts', () => {
    const { epochSeconds, groupSize, rows } = tableOf(PLAIN)
    assert.equal(epochSeconds, 1)
    assert.equal(groupSize, 1_024)
    assert.equal(rows.length, 15)
    for (const row of rows) {
      assert.equal(row.length, 3)
      for (const cell of row) assert.match(cell, /^[0-9a-f]{16}$/)
    }
  })

  it('tell the second and the group in which one event differs, and only those', () => {
    const other = PLAIN.map((happening, i) => (i === 30 ? { ...happening, value: 1_000 } : happening))
    const before = tableOf(PLAIN).rows
    const after = tableOf(other).rows
    const differing = before.flatMap((row, epoch) =>
      row.flatMap((cell, group) => (cell === after[epoch]![group] ? [] : [`${epoch}/${group}`])),
    )
    assert.deepEqual(differing, [`7/${PLAIN[30]!.host >> 10}`])
  })

  it('tell two events that changed places', () => {
    const pair = (first: number, second: number): DigestTable =>
      tableOf([
        { second: 0.1, host: 1, value: first },
        { second: 0.2, host: 1, value: second },
      ])
    assert.notDeepEqual(pair(1, 2), pair(2, 1))
  })

  it('leave zeros where nothing happened', () => {
    const { rows } = tableOf([
      { second: 0, host: 1, value: 1 },
      { second: 2, host: 1_500, value: 1 },
    ])
    assert.equal(rows.length, 3)
    assert.deepEqual(rows[1], [NOTHING, NOTHING])
    assert.deepEqual([rows[0]![0] === NOTHING, rows[0]![1] === NOTHING], [false, true])
    assert.deepEqual([rows[2]![0] === NOTHING, rows[2]![1] === NOTHING], [true, false])
  })

  it('join epochs when the cells are used up, to what joining them afterwards gives', () => {
    const fine = tableOf(PLAIN)
    const coarse = tableOf(PLAIN, 13)
    assert.equal(coarse.epochSeconds, 4)
    assert.deepEqual(coarse, coarser(coarser(fine)))
  })
})
