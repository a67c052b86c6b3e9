import type { Address } from '../core/address.ts'
import { readUint16, writeUint16 } from '../core/bytes.ts'
import type { Rng } from '../core/rng.ts'
import { SIP_KEY_LENGTH, SipHash } from '../core/sip-hash.ts'
import { seqPlus } from './sequence.ts'

/** The dialler's first packets may come in another order, or the very first be lost. */
const FIRST_PACKETS = 4

/**
 * The number that our first packet to a dialler will have: a keyed hash of who dialled and how. It comes back in what the dialler
 * acknowledges, so nothing is kept of a SYN before its sender has shown that it gets our answers (as RFC 4987 does for TCP).
 */
export class SynCookie {
  readonly #hash: SipHash
  readonly #input: Uint8Array = new Uint8Array(22)
  readonly #output: Uint8Array = new Uint8Array(8)

  constructor(secret: Rng) {
    const key = new Uint8Array(SIP_KEY_LENGTH)
    secret.fill(key)
    this.#hash = new SipHash(key)
  }

  /** The number for a SYN of `from` with connection id `id` and sequence number `seq`. */
  of(from: Address, id: number, seq: number): number {
    const input = this.#input.subarray(0, from.bytes.length + 6)
    input.set(from.bytes)
    writeUint16(input, input.length - 6, from.port)
    writeUint16(input, input.length - 4, id)
    writeUint16(input, input.length - 2, seq)
    this.#hash.write(input, this.#output, 0)
    return readUint16(this.#output, 0)
  }

  /** The sequence number of the SYN, if a packet `seq` that acknowledges `ack` is of a dialler whom we have answered; -1: it is not. */
  synOf(from: Address, id: number, seq: number, ack: number): number {
    const first = seqPlus(ack, 1)
    for (let before = 1; before <= FIRST_PACKETS; before++) {
      const syn = seqPlus(seq, -before)
      if (this.of(from, id, syn) === first) return syn
    }
    return -1
  }
}
