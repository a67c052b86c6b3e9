import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  atLeast,
  atMost,
  close,
  type Figure,
  type JudgedRow,
  judge,
  leftOut,
  near,
  type Row,
  told,
} from '../../../sim/validation/row.ts'

const ROW: Row = { name: 'a-row', claim: 'it is so', source: 'somebody', isQuick: true, measure: () => [] }

function verdict(figures: readonly Figure[], change: Partial<Row> = {}): JudgedRow {
  return judge({ ...ROW, ...change }, figures, 12)
}

function missOf(figure: Figure): number {
  return verdict([figure]).figures[0]!.miss
}

describe('a figure', () => {
  it('is near its target up to a share of it, on either side', () => {
    assert.equal(missOf(near('x', 2.19, 2, 0.1)), 0)
    assert.equal(missOf(near('x', 1.81, 2, 0.1)), 0)
    assert.equal(missOf(near('x', 2.5, 2, 0.1)), 0.25)
    assert.equal(missOf(near('x', 1.5, 2, 0.1)), -0.25)
  })

  it('is close to its target up to a distance', () => {
    assert.equal(missOf(close('x', 0.22, 0.19, 0.04)), 0)
    assert.ok(Math.abs(missOf(close('x', 0.38, 0.19, 0.04)) - 1) < 1e-9)
    assert.equal(missOf(close('x', 0.01, 0, 0.03)), 0)
  })

  it('holds at its bound, and misses by the share beyond', () => {
    assert.equal(missOf(atLeast('x', 0.8, 0.8)), 0)
    assert.equal(missOf(atLeast('x', 0.4, 0.8)), -0.5)
    assert.equal(missOf(atMost('x', 0.02, 0.02)), 0)
    assert.equal(missOf(atMost('x', 3, 2)), 0.5)
  })

  it('that is told holds whatever it is; one that is no number holds nowhere', () => {
    assert.equal(verdict([told('x', -7)]).status, 'reproduced')
    assert.equal(verdict([atLeast('x', Number.NaN, 0)]).status, 'missed')
  })

  it('that misses a target of nothing misses without end', () => {
    assert.equal(missOf(atMost('x', 1, 0)), Number.POSITIVE_INFINITY)
  })
})

describe('a row', () => {
  const why = { text: 'it is known', about: ['queries'], upTo: 0.2 }

  it('is reproduced when all its figures hold', () => {
    assert.equal(verdict([near('a', 1, 1, 0.1), atMost('b', 1, 2)]).status, 'reproduced')
  })

  it('is missed when one does not, and nobody knows why', () => {
    const row = verdict([near('a', 1, 1, 0.1), near('b', 2, 1, 0.1)])
    assert.equal(row.status, 'missed')
    assert.deepEqual(
      row.figures.map(({ holds }) => holds),
      [true, false],
    )
  })

  it('is explained when what misses is what somebody found out, and says so then alone', () => {
    const explained = verdict([near('queries at 10', 1.15, 1, 0.1)], { explanations: [why] })
    assert.equal(explained.status, 'explained')
    assert.deepEqual(explained.why, ['it is known'])
    const held = verdict([near('queries at 10', 1.05, 1, 0.1)], { explanations: [why] })
    assert.equal(held.status, 'reproduced')
    assert.deepEqual(held.why, [])
  })

  it('is missed when it misses by more than the explanation reaches, or in something else', () => {
    const more = verdict([near('queries at 10', 1.3, 1, 0.1)], { explanations: [why] })
    assert.equal(more.status, 'missed')
    const other = verdict([near('hops at 10', 1.15, 1, 0.1)], { explanations: [why] })
    assert.equal(other.status, 'missed')
    const nothing = verdict([near('queries at 10', Number.NaN, 1, 0.1)], { explanations: [why] })
    assert.equal(nothing.status, 'missed')
  })

  it('is pending while it waits for something, whatever its figures', () => {
    const row = verdict([near('a', 5, 1, 0.1)], { waitsFor: 'The DHT' })
    assert.equal(row.status, 'pending')
    assert.equal(row.waitsFor, 'The DHT')
  })

  it('can be left out', () => {
    assert.equal(leftOut(ROW).status, 'left out')
  })
})
