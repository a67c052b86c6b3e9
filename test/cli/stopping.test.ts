import assert from 'node:assert/strict'
import { EventEmitter, getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { orStopped, Stopped, watchSignals } from '../../src/cli/stopping.ts'

describe('signals', () => {
  it('the first one aborts with its name, the second one leaves at once with its code', () => {
    const source = new EventEmitter()
    const stop = new AbortController()
    const left: number[] = []
    watchSignals(source, stop, (code) => left.push(code))
    assert.equal(stop.signal.aborted, false)
    source.emit('SIGINT')
    assert.equal((stop.signal.reason as Stopped).reason, 'SIGINT')
    assert.deepEqual(left, [])
    source.emit('SIGTERM')
    assert.deepEqual(left, [143])
    source.emit('SIGINT')
    assert.deepEqual(left, [143, 130])
    assert.equal((stop.signal.reason as Stopped).reason, 'SIGINT')
  })
})

describe('waiting', () => {
  const forever = new Promise<never>(() => {})

  it('ends with the promise when nobody stops it, and leaves no listener behind', async () => {
    const stop = new AbortController()
    assert.equal(await orStopped(Promise.resolve(1), stop.signal), 1)
    await assert.rejects(orStopped(Promise.reject(new Error('its own')), stop.signal), /its own/)
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), [])
  })

  it('ends with Stopped, at once when it was stopped before, saying what was waited for', async () => {
    const stop = new AbortController()
    const waiting = orStopped(forever, stop.signal, () => 'no peers')
    stop.abort(new Stopped('timeout'))
    const expected = (error: unknown): boolean =>
      error instanceof Stopped && error.reason === 'timeout' && error.why === 'no peers'
    await assert.rejects(waiting, expected)
    await assert.rejects(
      orStopped(forever, stop.signal, () => 'no peers'),
      expected,
    )
  })

  it('is Stopped even when what was waited for failed by the same signal first', async () => {
    const stop = new AbortController()
    const failing = new Promise((_resolve, reject) => {
      stop.signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
    const waiting = orStopped(failing, stop.signal)
    stop.abort(new Stopped('SIGINT'))
    await assert.rejects(waiting, Stopped)
  })
})
