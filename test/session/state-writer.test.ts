import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1 } from '../../src/core/bytes.ts'
import type { Failure, StatePort, Ticket } from '../../src/session/ports.ts'
import { StateWriter } from '../../src/session/state-writer.ts'
import { Tickets } from '../../src/session/tickets.ts'

const FULL: Failure = { code: 'storage/full', message: 'The disk is full.' }

/** A writer, and what it asks of its state folder. */
function writer(unreadable: ReadonlyMap<string, Failure> = new Map(), owned = true) {
  const tickets = new Tickets()
  const written: string[] = []
  const failures: Failure[] = []
  const waiting: { ticket: Ticket; name: string }[] = []
  const state = {
    replace: (ticket, name) => {
      written.push(name)
      waiting.push({ ticket, name })
    },
  } as Pick<StatePort, 'replace'> as StatePort
  const files = new StateWriter({
    ports: { state },
    tickets,
    owned,
    unreadable,
    failed: (failure) => failures.push(failure),
  })
  let done = 0
  const write = (name: string, isFull = false): void => {
    files.write(0, name, latin1('bytes'), () => {
      done += 1
    })
    for (const { ticket } of waiting.splice(0)) {
      tickets.complete(0, ticket, isFull ? { ok: false, failure: FULL } : { ok: true, value: undefined })
    }
  }
  return { write, written, failures, finished: () => done }
}

describe('a state file', () => {
  it('that cannot be saved is told of once, and again when it could be meanwhile', () => {
    const { write, failures, finished } = writer()
    for (const isFull of [true, true, false, true]) write('a', isFull)
    assert.deepEqual(failures, [FULL, FULL])
    assert.equal(finished(), 4)
  })

  it('is told of whatever becomes of the others', () => {
    const { write, failures } = writer()
    for (const _ of [1, 2, 3]) {
      write('a', true)
      write('b')
    }
    assert.deepEqual(failures, [FULL])
  })

  it('that could not be read is never written, nor is one of another process', () => {
    const { write, written, finished } = writer(new Map([['a', FULL]]))
    write('a')
    write('b')
    assert.deepEqual([written, finished()], [['b'], 2])
    const other = writer(new Map(), false)
    other.write('b')
    assert.deepEqual([other.written, other.finished()], [[], 1])
  })
})
