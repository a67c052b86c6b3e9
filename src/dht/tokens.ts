import type { Address } from '../core/address.ts'
import { equalConstantTime } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import type { Rng } from '../core/rng.ts'
import { type Micros, SECOND } from '../core/time.ts'

const TOKEN_LENGTH = 8
const SECRET_LENGTH = 20
/** With two, a token lives one to two periods, and BEP 5 asks for two at every phase of the rotation. */
const SECRETS = 3

/**
 * Tokens (BEP 5, "get_peers"): a keyed hash of the asker's IP and the info-hash, so nothing is stored. Good for two
 * rotation periods at least, for three at most.
 */
export class Tokens {
  readonly #secret: Rng
  readonly #mac: (key: Uint8Array, bytes: Uint8Array) => Uint8Array
  readonly #period: Micros
  readonly #start: Micros
  /** Newest first; made when the first token is. */
  readonly #secrets: Uint8Array[] = []
  #rotations = 0

  /** `period` in seconds. */
  constructor(
    now: Micros,
    secret: Rng,
    mac: (key: Uint8Array, bytes: Uint8Array) => Uint8Array,
    period: number,
  ) {
    this.#secret = secret
    this.#mac = mac
    this.#period = period * SECOND
    this.#start = now
  }

  /** Eight bytes for `asker`, of use for `infoHash` alone. */
  issue(now: Micros, asker: Address, infoHash: Id): Uint8Array {
    this.#rotate(now)
    return this.#make(this.#secrets[0]!, bound(asker, infoHash))
  }

  /** Whether `token` was issued to the IP of `asker` for `infoHash` and has not expired. */
  accepts(now: Micros, asker: Address, infoHash: Id, token: Uint8Array): boolean {
    if (token.length !== TOKEN_LENGTH) return false
    this.#rotate(now)
    const input = bound(asker, infoHash)
    return this.#secrets.some((secret) => equalConstantTime(this.#make(secret, input), token))
  }

  #make(secret: Uint8Array, input: Uint8Array): Uint8Array {
    return this.#mac(secret, input).subarray(0, TOKEN_LENGTH)
  }

  #rotate(now: Micros): void {
    const rotations = Math.floor((now - this.#start) / this.#period)
    const due = this.#secrets.length === 0 ? SECRETS : Math.min(rotations - this.#rotations, SECRETS)
    for (let i = 0; i < due; i++) {
      const fresh = new Uint8Array(SECRET_LENGTH)
      this.#secret.fill(fresh)
      this.#secrets.unshift(fresh)
    }
    this.#secrets.length = SECRETS
    this.#rotations = Math.max(this.#rotations, rotations)
  }
}

function bound(asker: Address, infoHash: Id): Uint8Array {
  const input = new Uint8Array(asker.bytes.length + ID_LENGTH)
  input.set(asker.bytes)
  input.set(infoHash, asker.bytes.length)
  return input
}
