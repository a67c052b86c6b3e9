import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'
import { Credit } from '../../src/core/credit.ts'
import { ByteRing } from '../../src/utp/byte-ring.ts'
import { Receiving } from '../../src/utp/receiving.ts'
import { seqDistance, seqPlus } from '../../src/utp/sequence.ts'

describe('sequence numbers', () => {
  it('go round after 65,535', () => {
    assert.equal(seqPlus(65_535, 1), 0)
    assert.equal(seqPlus(0, -1), 65_535)
    assert.deepEqual(
      [
        seqDistance(1, 65_535),
        seqDistance(65_535, 1),
        seqDistance(5, 5),
        seqDistance(32_767, 0),
        seqDistance(32_768, 0),
      ],
      [2, -2, 0, 32_767, -32_768],
    )
  })
})

describe('the bytes of a stream that may be asked for again', () => {
  it('are found by their place, whatever is added, released and cut', () => {
    const step = fc.tuple(
      fc.constantFrom('reserve', 'append', 'release', 'cut', 'read'),
      fc.nat(9_000),
      fc.nat(9_000),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ring = new ByteRing()
        let begin = 0
        let model: number[] = []
        let next = 1
        for (const [action, one, other] of steps) {
          if (action === 'reserve' || action === 'append') {
            const bytes = Uint8Array.from({ length: one }, () => (next = (next * 5 + 1) & 0xff))
            if (action === 'append') ring.append(bytes)
            else ring.reserve(one).set(bytes)
            model.push(...bytes)
          } else if (action === 'release') {
            const count = Math.min(one, model.length)
            begin += count
            model = model.slice(count)
            ring.release(begin)
          } else if (action === 'cut') {
            model = model.slice(0, Math.min(one, model.length))
            ring.cut(begin + model.length)
          } else {
            const from = Math.min(one, model.length)
            const length = Math.min(other, model.length - from)
            const into = new Uint8Array(length + 2)
            ring.copy(begin + from, length, into, 1)
            assert.deepEqual([...into], [0, ...model.slice(from, from + length), 0])
          }
          assert.deepEqual([ring.end, ring.length], [begin + model.length, model.length])
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the receiving side', () => {
  /** Packet n carries its own number twice, or nothing when n is a multiple of 7. */
  const payloadOf = (n: number): Uint8Array =>
    n % 7 === 0 ? new Uint8Array(0) : Uint8Array.of(n & 0xff, n >> 8)

  it('delivers each packet once and in order, whatever comes, and says what it has', () => {
    const step = fc.tuple(fc.constantFrom('next', 'ahead', 'pause', 'resume', 'far'), fc.nat(70))
    fc.assert(
      fc.property(fc.nat(65_535), fc.array(step, { maxLength: 120 }), (start, steps) => {
        const credit = new Credit(1_000_000)
        const receiving = new Receiving(start, credit)
        const has = new Set<number>()
        let upTo = 0
        const delivered: Uint8Array[] = []
        const drain = (): void => {
          delivered.push(...receiving.ready.map((view) => view.slice()))
          receiving.delivered()
        }
        for (const [action, n] of steps) {
          if (action === 'pause') receiving.pause()
          else if (action === 'resume') {
            receiving.resume()
            drain()
          } else {
            const number = action === 'next' ? upTo + 1 : action === 'ahead' ? upTo + 2 + n : upTo + 1_025 + n
            const payload = payloadOf(number)
            const intake = receiving.take(seqPlus(start, number), payload, false)
            const expected = has.has(number)
              ? 'twice'
              : action === 'next'
                ? 'in-order'
                : action === 'far'
                  ? 'refused'
                  : 'ahead'
            assert.equal(intake, expected)
            if (intake === 'in-order' || intake === 'ahead') has.add(number)
            while (has.has(upTo + 1)) upTo += 1
            drain()
            payload.fill(0xee)
          }
          assert.equal(receiving.ack, seqPlus(start, upTo))
          const length = receiving.maskLength
          assert.equal(length % 4, 0)
          const mask = new Uint8Array(length)
          receiving.writeMask(mask, 0, length)
          for (let bit = 0; bit < 8 * length; bit++) {
            assert.equal((mask[bit >> 3]! >> (bit & 7)) & 1, has.has(upTo + 2 + bit) ? 1 : 0)
          }
          assert.equal(
            length > 0,
            [...has].some((number) => number > upTo),
          )
        }
        receiving.resume()
        drain()
        const expected = Array.from({ length: upTo }, (_, index) => payloadOf(index + 1))
        assert.deepEqual(concatBytes(delivered), concatBytes(expected))
        receiving.clear()
        assert.equal(credit.drawn, 0)
      }),
      { numRuns: 300 },
    )
  })

  it('ends with the last packet, and takes none after it', () => {
    const receiving = new Receiving(65_534, new Credit(1_000))
    assert.equal(receiving.take(1, new Uint8Array(0), true), 'ahead')
    assert.equal(receiving.take(2, Uint8Array.of(9), false), 'refused')
    assert.equal(receiving.ended, false)
    receiving.take(65_535, Uint8Array.of(1), false)
    receiving.take(0, Uint8Array.of(2), false)
    assert.ok(receiving.ended)
    assert.deepEqual(receiving.ready, [Uint8Array.of(1), Uint8Array.of(2)])
  })

  it('keeps no more than its window and what all may keep together, and says so while nobody reads', () => {
    const credit = new Credit(3_000)
    const receiving = new Receiving(0, credit)
    assert.equal(receiving.window, 1024 * 1024)
    assert.equal(receiving.take(2, new Uint8Array(1_000), false), 'ahead')
    assert.equal(receiving.window, 1024 * 1024 - 1_000)
    const other = new Receiving(0, credit)
    assert.equal(other.take(2, new Uint8Array(1_500), false), 'ahead')
    assert.equal(receiving.take(3, new Uint8Array(501), false), 'refused')
    receiving.pause()
    assert.equal(receiving.window, 500)
    assert.equal(receiving.take(1, new Uint8Array(501), false), 'refused')
    assert.equal(receiving.take(1, new Uint8Array(400), false), 'in-order')
    assert.deepEqual([receiving.ack, receiving.window, credit.drawn], [2, 100, 2_900])
    receiving.clear()
    other.clear()
    assert.equal(credit.drawn, 0)
  })
})
