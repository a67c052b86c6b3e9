/** The framer alone: what any stream of frames, cut anywhere, makes it say. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MESSAGE } from '../../src/codec/wire.ts'
import { concatBytes, toHex } from '../../src/core/bytes.ts'
import { Framer, type FrameSink } from '../../src/peer/framer.ts'
import { uint32 } from '../support/hostile-peer.ts'

const MAX_FRAME = 8192
const SKIPPED = 99

/** Writes down what it is told; bytes of one block as one. */
class Listener implements FrameSink {
  readonly said: string[] = []
  /** Views as they were handed over. */
  readonly views: Uint8Array[] = []
  /** Whether to stop after the call that says so. */
  stopAt = ''
  readonly framer: Framer = new Framer(this, MAX_FRAME)
  #block = ''

  keepAlive(): void {
    this.#say('keep-alive')
  }

  tooLong(): void {
    this.#say('too-long')
  }

  admit(_now: number, id: number, length: number, first: number): 'assemble' | 'skip' {
    this.#say(`admit ${id} ${length} ${first}`)
    return id === SKIPPED ? 'skip' : 'assemble'
  }

  frame(_now: number, id: number, payload: Uint8Array): void {
    this.views.push(payload)
    this.#say(`frame ${id} ${toHex(payload)}`)
  }

  blockHead(_now: number, piece: number, begin: number, length: number): void {
    this.#block = ''
    this.#say(`head ${piece} ${begin} ${length}`)
  }

  blockBytes(_now: number, bytes: Uint8Array): void {
    this.views.push(bytes)
    this.#block += toHex(bytes)
    if (this.stopAt === 'bytes') this.framer.stop()
  }

  blockEnd(): void {
    this.#say(`end ${this.#block}`)
  }

  #say(what: string): void {
    this.said.push(what)
    if (what.split(' ')[0] === this.stopAt) this.framer.stop()
  }
}

interface Frame {
  readonly bytes: Uint8Array
  readonly says: readonly string[]
}

function plain(id: number, payload: Uint8Array): Frame {
  const admit = `admit ${id} ${payload.length} -1`
  const bytes = concatBytes([uint32(1 + payload.length), Uint8Array.of(id), payload])
  return { bytes, says: id === SKIPPED ? [admit] : [admit, `frame ${id} ${toHex(payload)}`] }
}

function block(piece: number, begin: number, payload: Uint8Array): Frame {
  const head = [uint32(9 + payload.length), Uint8Array.of(MESSAGE.piece), uint32(piece, begin)]
  const says = [`head ${piece} ${begin} ${payload.length}`]
  if (payload.length > 0) says.push(`end ${toHex(payload)}`)
  return { bytes: concatBytes([...head, payload]), says }
}

function extended(payload: Uint8Array): Frame {
  const { bytes } = plain(MESSAGE.extended, payload)
  const says = [`admit 20 ${payload.length} ${payload[0]}`, `frame 20 ${toHex(payload)}`]
  return { bytes, says }
}

const KEEP_ALIVE: Frame = { bytes: new Uint8Array(4), says: ['keep-alive'] }
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
const frame = fc.oneof(
  fc.constant(KEEP_ALIVE),
  fc.tuple(fc.constantFrom(0, 4, 5, 17, SKIPPED), bytes(0, 100)).map(([id, payload]) => plain(id, payload)),
  // Too short for the head of a block, or to have an extended id.
  bytes(0, 7).map((payload) => plain(MESSAGE.piece, payload)),
  fc.constant(plain(MESSAGE.extended, new Uint8Array(0))),
  fc.tuple(fc.nat(), fc.nat(), bytes(0, 300)).map((parts) => block(...parts)),
  bytes(1, 200).map(extended),
)

describe('the framer', () => {
  it('FR2: says the same of a stream however it is cut, and of each part whether a frame has ended in it', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (frames, cuts) => {
          const stream = concatBytes(frames.map((one) => one.bytes))
          const ends = new Set<number>()
          for (const one of frames) ends.add(Math.max(0, ...ends) + one.bytes.length)
          const places = [...new Set([...cuts.map((cut) => cut % stream.length), 0, stream.length])].sort(
            (a, b) => a - b,
          )
          const listener = new Listener()
          for (const [nth, to] of places.entries()) {
            if (nth === 0) continue
            const from = places[nth - 1]!
            const ended = listener.framer.push(0, stream.slice(from, to))
            assert.equal(
              ended,
              [...ends].some((end) => end > from && end <= to),
              `${from} to ${to}`,
            )
          }
          assert.deepEqual(
            listener.said,
            frames.flatMap((one) => one.says),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('begins where it is told, behind what is not its own', () => {
    const listener = new Listener()
    listener.framer.push(0, concatBytes([new Uint8Array(3), plain(4, uint32(7)).bytes]), 3)
    assert.deepEqual(listener.said, ['admit 4 4 -1', 'frame 4 00000007'])
  })

  it('hands on what lies whole in a chunk as a view of it, and a chunk that is payload alone as it is', () => {
    const { framer, views } = new Listener()
    const whole = plain(5, new Uint8Array(10)).bytes
    framer.push(0, whole)
    assert.equal(views[0]!.buffer, whole.buffer)
    assert.equal(framer.held, 0)
    framer.push(0, block(1, 0, new Uint8Array(30)).bytes.slice(0, 13))
    const payload = new Uint8Array(10)
    framer.push(0, payload)
    assert.equal(views[1], payload)
    assert.equal(framer.held, 0)
  })

  it('holds as much as has come, and little more, of what it puts together; up to 4,096 bytes are kept', () => {
    const held = (length: number, ...parts: readonly number[]): number => {
      const { framer } = new Listener()
      const stream = plain(5, new Uint8Array(length)).bytes
      let at = 0
      for (const part of parts) framer.push(0, stream.slice(at, (at += part)))
      return framer.held
    }
    assert.deepEqual([held(8000, 5), held(8000, 15), held(20, 10)], [0, 64, 20])
    assert.deepEqual([held(8000, 15, 54), held(8000, 15, 55), held(8000, 105, 101)], [64, 128, 201])
    assert.deepEqual([held(4096, 2053, 2048), held(4097, 2053, 2049)], [4096, 0])
  })

  it('says nothing more once it is stopped, from within whatever it says', () => {
    const frames = [
      plain(4, uint32(7)),
      block(1, 2, new Uint8Array(9)),
      KEEP_ALIVE,
      extended(Uint8Array.of(1, 2)),
    ]
    const stream = concatBytes([...frames, ...frames].map((one) => one.bytes))
    const all = frames.flatMap((one) => one.says)
    for (const [nth, said] of all.entries()) {
      const kind = said.split(' ')[0]!
      if (all.findIndex((one) => one.startsWith(kind)) !== nth) continue
      for (const size of [1, 7, stream.length]) {
        const listener = new Listener()
        listener.stopAt = kind
        for (let at = 0; at < stream.length; at += size) listener.framer.push(0, stream.slice(at, at + size))
        assert.deepEqual(
          [listener.said, listener.framer.held],
          [all.slice(0, nth + 1), 0],
          `${kind}, by ${size}`,
        )
      }
    }
  })

  it('ends no block in whose bytes it is stopped', () => {
    const listener = new Listener()
    listener.stopAt = 'bytes'
    listener.framer.push(0, block(1, 2, new Uint8Array(9)).bytes)
    assert.deepEqual(listener.said, ['head 1 2 9'])
  })

  it('takes a frame of the limit, and calls one byte more too long before it has come', () => {
    const longest = new Listener()
    const { bytes: stream, says } = plain(5, new Uint8Array(MAX_FRAME - 1))
    for (const part of [stream.slice(0, 4), stream.slice(4)]) longest.framer.push(0, part)
    assert.deepEqual(longest.said, says)
    const longer = new Listener()
    longer.stopAt = 'too-long'
    longer.framer.push(0, uint32(MAX_FRAME + 1))
    assert.deepEqual(longer.said, ['too-long'])
  })
})
