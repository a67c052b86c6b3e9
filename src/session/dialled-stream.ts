import type { ErrorCode } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { DialledHandshake } from '../mse/dialled-handshake.ts'
import type { HandshakeInit } from '../mse/handshake-init.ts'
import { EncryptedStream } from './encrypted-stream.ts'
import type { Stream } from './stream.ts'

/** How a peer is spoken to. */
export type Way = 'encrypted' | 'clear'

export interface DialledStreamInit {
  readonly handshake: Pick<HandshakeInit, 'secret' | 'sha1' | 'methods'>
  readonly infoHash: Id
  /** What to try; the next once the remote has ended one without a word, as who understands nothing does. */
  readonly ways: readonly Way[]
  /** Begins a stream to the remote. */
  dial(): Stream
  /** The way that the remote has answered; `undefined`: none. */
  answered(way: Way | undefined): void
}

/** A stream that we dial, encrypted or not. */
export class DialledStream extends EncryptedStream {
  readonly #init: DialledStreamInit
  #tries = 0
  #handshake: DialledHandshake | undefined
  #open = false
  /** The remote has said something, on this way. */
  #answered = false
  #announced = false

  constructor(init: DialledStreamInit) {
    super(init.dial())
    this.#init = init
  }

  override opened(now: Micros): void {
    this.#open = true
    if (this.#way === 'clear') this.tryPlain()
    else {
      this.#handshake = new DialledHandshake({
        ...this.#init.handshake,
        infoHash: this.#init.infoHash,
        initial: () => this.takeSaid(),
        send: (bytes) => this.say(bytes),
      })
      this.below.flush()
    }
    if (this.#announced) return
    this.#announced = true
    this.reader?.opened(now)
  }

  override ended(now: Micros, reason: ErrorCode): void {
    if (this.over) return
    if (this.#open && !this.#answered) {
      if (this.#tries + 1 < this.#init.ways.length) {
        this.#tries += 1
        this.#open = false
        this.moveTo(this.#init.dial())
        return
      }
      this.#init.answered(undefined)
    }
    super.ended(now, reason)
  }

  override close(now: boolean): void {
    // Its time is over: another way is tried the next time.
    if (!this.over && this.#open && !this.#answered)
      this.#init.answered(this.#way === 'encrypted' ? 'clear' : undefined)
    super.close(now)
  }

  protected override heard(now: Micros, view: Uint8Array): void {
    this.#answered = true
    if (this.#handshake === undefined || this.#way === 'clear') {
      this.#init.answered('clear')
      this.begin(now, undefined, view)
      return
    }
    const handshake = this.#handshake
    const at = handshake.push(view)
    this.below.flush()
    const { outcome } = handshake
    if (outcome === undefined) return
    this.#handshake = undefined
    if (typeof outcome === 'object') {
      this.#init.answered('encrypted')
      this.begin(now, outcome, view.subarray(at))
      return
    }
    // It speaks, but not this.
    if (outcome === 'bad-key' || outcome === 'no-sync') this.#init.answered('clear')
    this.fail(now, `mse/${outcome}`)
  }

  get #way(): Way {
    return this.#init.ways[this.#tries]!
  }
}
