import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from '../../src/core/address.ts'
import type { Frame } from '../../src/session/recording.ts'
import { decodeFrames, encodeFrame, fromPlain, RECORD_MAGIC, toPlain } from '../../src/session/recording.ts'

const frame: fc.Arbitrary<Frame> = fc.record(
  {
    what: fc.constantFrom('datagram', 'chunk', 'command', 'event'),
    now: fc.nat(),
    fields: fc.array(fc.oneof(fc.integer(), fc.string(), fc.boolean())),
    bytes: fc.uint8Array({ maxLength: 300 }),
  },
  { noNullPrototype: true },
)

function file(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([...RECORD_MAGIC, ...frames.flatMap((bytes) => [...bytes])])
}

describe('a record', () => {
  it('gives back the frames that were put in, in order', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        assert.deepEqual([...decodeFrames(file(frames.map((item) => encodeFrame(item))))], frames)
      }),
    )
  })

  it('ends at a torn frame and keeps all before it', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.nat(), (frames, cut) => {
        const encoded = frames.map((item) => encodeFrame(item))
        const whole = file(encoded)
        const end = RECORD_MAGIC.length + (cut % (whole.length - RECORD_MAGIC.length))
        let kept = 0
        for (
          let at = RECORD_MAGIC.length;
          kept < encoded.length && at + encoded[kept]!.length <= end;
          kept++
        ) {
          at += encoded[kept]!.length
        }
        assert.deepEqual([...decodeFrames(whole.subarray(0, end))], frames.slice(0, kept))
      }),
    )
  })

  it('RS12: ends at a damaged frame and keeps all before it', () => {
    const good: Frame = { what: 'command', now: 1, fields: [7], bytes: new Uint8Array(3) }
    const damaged = (text: string): Uint8Array => {
      const length = text.length
      return Uint8Array.from([0, 0, 0, 4 + length, 0, 0, 0, length, ...Buffer.from(text)])
    }
    for (const text of [
      '["command",1,[7',
      '7',
      '["command",null,[],0,[]]',
      '["command",1,[],4294967296,[[0,4294967296]]]',
      '["command",1,[],9,[[5,2]]]',
      '["command",1,[],4,[[0,2.5]]]',
      '["command",1,[],8,[]]',
      '["command",1,[{"$":"n","v":"x"}],0,[]]',
      '["command",1,[{"$":"a"}],0,[]]',
    ]) {
      const frames = [encodeFrame(good), damaged(text), encodeFrame(good)]
      assert.deepEqual([...decodeFrames(file(frames))], [good], text)
    }
  })

  it('leaves holes out and gives zeros in their place', () => {
    const bytes = new Uint8Array(1000).fill(9)
    const encoded = encodeFrame({ what: 'chunk', now: 5, fields: [2], bytes }, [
      [10, 410],
      [500, 900],
    ])
    assert.ok(encoded.length < 320)
    const expected = bytes.slice().fill(0, 10, 410).fill(0, 500, 900)
    assert.deepEqual(
      [...decodeFrames(file([encoded]))],
      [{ what: 'chunk', now: 5, fields: [2], bytes: expected }],
    )
  })

  it('carries bytes, addresses, infinities and absent values through JSON', () => {
    const value = {
      bytes: Uint8Array.of(1, 2, 255),
      address: parseAddress('2001:db8::1', 6881),
      limit: Number.POSITIVE_INFINITY,
      absent: undefined,
      list: [1, 'a', null, { deep: Uint8Array.of(0) }],
    }
    assert.deepEqual(fromPlain(JSON.parse(JSON.stringify(toPlain(value)))), value)
  })
})
