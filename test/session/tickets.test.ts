import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Tickets } from '../../src/session/tickets.ts'

describe('tickets', () => {
  it('complete once; a second completion and an unknown one are counted and dropped', () => {
    const tickets = new Tickets()
    const seen: unknown[] = []
    const ticket = tickets.issue((now, value, failure) => seen.push([now, value, failure]))
    tickets.complete(7, ticket, { ok: true, value: 'yes' })
    tickets.complete(8, ticket, { ok: true, value: 'again' })
    tickets.complete(9, 999, { ok: false, failure: { code: 'storage/io', message: 'no' } })
    assert.deepEqual(seen, [[7, 'yes', undefined]])
    assert.equal(tickets.unknown, 2)
    assert.equal(tickets.size, 0)
  })

  it('hand a failure on', () => {
    const tickets = new Tickets()
    const failure = { code: 'storage/full', message: 'The disk is full.' } as const
    let seen: unknown
    const ticket = tickets.issue((_now, _value, why) => {
      seen = why
    })
    tickets.complete(1, ticket, { ok: false, failure })
    assert.equal(seen, failure)
  })
})
