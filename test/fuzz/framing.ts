import assert from 'node:assert/strict'
import { concatBytes, toHex } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import { Framer, type FrameSink } from '../../src/peer/framer.ts'
import { message, uint32 } from '../support/hostile-peer.ts'
import type { Format } from './codec-target.ts'

const MOST = 4_096

/** What a stream said: one text a call, the parts of a block joined. */
class Listener implements FrameSink {
  readonly said: string[] = []
  readonly framer: Framer = new Framer(this, MOST)

  keepAlive(): void {
    this.said.push('alive')
  }
  tooLong(): void {
    this.said.push('too long')
    this.framer.stop()
  }
  admit(_now: number, id: number, length: number, first: number): 'assemble' | 'skip' {
    this.said.push(`admit ${id} ${length} ${first}`)
    return id % 5 === 3 ? 'skip' : 'assemble'
  }
  frame(_now: number, id: number, payload: Uint8Array): void {
    this.said.push(`frame ${id} ${toHex(payload)}`)
  }
  blockHead(_now: number, piece: number, begin: number, length: number): void {
    this.said.push(`block ${piece} ${begin} ${length} `)
  }
  blockBytes(_now: number, bytes: Uint8Array): void {
    this.said[this.said.length - 1] += toHex(bytes)
  }
  blockEnd(): void {
    this.said.push('end')
  }
}

/** Cutting a stream into frames (BEP 3): the same whatever the cuts, and no more is held than has arrived. */
export const FRAMES: Format<readonly string[]> = {
  seeds: [
    concatBytes([message(0), message(4, uint32(7)), uint32(0), message(6, uint32(1, 2, 3))]),
    concatBytes([
      message(7, uint32(1, 16_384), new Uint8Array(300).fill(9)),
      message(7, uint32(1, 0)),
      message(7),
    ]),
    concatBytes([
      message(20, Uint8Array.of(2), new Uint8Array(120)),
      message(20),
      message(20, Uint8Array.of(0)),
    ]),
    concatBytes([message(5, new Uint8Array(900).fill(1)), message(3, new Uint8Array(40)), message(1)]),
  ],
  read(bytes, rng) {
    const listener = new Listener()
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + below(rng, below(rng, 2) === 0 ? 8 : 600)
      const chunk = bytes.slice(at, at + length)
      listener.framer.push(0, chunk)
      chunk.fill(0xee)
      at += length
      assert.ok(listener.framer.held <= Math.max(2 * at, 64) && listener.framer.held <= 2 * MOST)
    }
    return listener.said
  },
  check(said, bytes) {
    const whole = new Listener()
    whole.framer.push(0, bytes)
    assert.deepEqual(said, whole.said)
  },
}
