import { matchingPrefix, PROTOCOL_PREFIX } from '../codec/wire.ts'
import { concatBytes, copyBytes, EMPTY, equalBytes } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { AcceptedHandshake, type AcceptedInit } from '../mse/accepted-handshake.ts'
import { EncryptedStream } from './encrypted-stream.ts'
import type { Stream } from './stream.ts'

export interface AcceptedStreamInit {
  /** Whether a stream in the clear will do. */
  readonly clear: boolean
  handshake(now: Micros): Omit<AcceptedInit, 'send'>
}

/** A stream that was accepted: by its first twenty bytes it is in the clear, or begins with a key. */
export class AcceptedStream extends EncryptedStream {
  readonly #init: AcceptedStreamInit
  /** What may begin either. */
  #first: Uint8Array = EMPTY
  #handshake: AcceptedHandshake | undefined

  constructor(below: Stream, init: AcceptedStreamInit) {
    super(below)
    this.#init = init
  }

  /** Whether what was encrypted for one torrent may speak of this one. */
  concerns(infoHash: Id): boolean {
    return this.#handshake?.infoHash === undefined || equalBytes(this.#handshake.infoHash, infoHash)
  }

  override opened(): void {
    // Accepted streams are open from the start.
  }

  protected override heard(now: Micros, view: Uint8Array): void {
    if (this.#handshake !== undefined) {
      this.#shakeHands(now, this.#handshake, view)
      return
    }
    const first = this.#first.length === 0 ? view : concatBytes([this.#first, view])
    if (matchingPrefix(first, first.length) < first.length) {
      this.#first = EMPTY
      this.#handshake = new AcceptedHandshake({
        ...this.#init.handshake(now),
        send: (bytes) => this.say(bytes),
      })
      this.#shakeHands(now, this.#handshake, first)
    } else if (first.length < PROTOCOL_PREFIX.length) this.#first = copyBytes(first)
    else if (this.#init.clear) this.begin(now, undefined, first)
    else this.fail(now, 'mse/in-the-clear')
  }

  #shakeHands(now: Micros, handshake: AcceptedHandshake, view: Uint8Array): void {
    const at = handshake.push(view)
    this.below.flush()
    const { outcome } = handshake
    if (typeof outcome === 'object') this.begin(now, outcome, view.subarray(at))
    else if (outcome !== undefined) this.fail(now, `mse/${outcome}`)
  }
}
