import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nullPorts } from '../../sim/recorded/null-ports.ts'
import { replay } from '../../sim/recorded/replay.ts'
import { parseAddress } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import { randomFrom } from '../../src/host/crypto.ts'
import { Recorder } from '../../src/session/recorder.ts'
import { decodeFrames } from '../../src/session/recording.ts'
import { Session } from '../../src/session/session.ts'

const SEED = latin1('a seed of thirty-two bytes, or so')
const SENDER = parseAddress('127.0.0.1', 4000)!

/** A session without a network, recorded up to `limit` bytes, that hears a thousand datagrams. */
function record(limit?: number): { readonly bytes: Uint8Array; readonly fulls: number } {
  const parts: Uint8Array[] = []
  let fulls = 0
  const recorder = new Recorder({
    write: (bytes) => parts.push(bytes.slice()),
    full: () => (fulls += 1),
    ...(limit === undefined ? {} : { limit }),
  })
  const session = new Session({
    ports: recorder.watch(nullPorts(randomFrom(SEED))),
    options: {},
    emit: (event) => recorder.event(0, event),
  })
  recorder.start(0, session, {}, SEED)
  for (let i = 1; i <= 1000; i++) recorder.datagram(i * SECOND, 1, SENDER, new Uint8Array(500).fill(i))
  recorder.end(1001 * SECOND)
  return { bytes: concatBytes(parts), fulls }
}

describe('a recorder', () => {
  it('ends the record at its limit, says so once, and lets the run go on', () => {
    const whole = record()
    const cut = record(50_000)
    assert.deepEqual([whole.fulls, cut.fulls], [0, 1])
    assert.ok(whole.bytes.length > 500_000)
    assert.ok(cut.bytes.length < 50_200, `${cut.bytes.length} bytes`)
    const last = [...decodeFrames(cut.bytes)].at(-1)!
    assert.deepEqual([last.what, last.fields], ['end', ['limit']])
    assert.equal(replay(cut.bytes).cut, true)
    assert.equal(replay(cut.bytes).difference, undefined)
  })

  it('marks the end of a run that was stopped', () => {
    const { bytes } = record()
    const frames = [...decodeFrames(bytes)]
    assert.equal(frames.length, 1002)
    assert.deepEqual(frames.at(-1)!.fields, ['closed'])
    assert.equal(replay(bytes).cut, false)
  })
})
