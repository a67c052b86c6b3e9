import type { Address } from '../../core/address.ts'
import { equalConstantTime } from '../../core/bytes.ts'
import { ID_LENGTH, type Id } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import { SIP_KEY_LENGTH, SipHash } from '../../core/sip-hash.ts'
import { type Micros, SECOND } from '../../core/time.ts'

const TOKEN_LENGTH = 8
const HASH_LENGTH = 8
/** With two, a token lives one to two periods, and BEP 5 asks for two at every phase of the rotation. */
const SECRETS = 3

/**
 * Tokens (BEP 5, "get_peers"): a keyed hash of the asker's IP and the info-hash, so nothing is stored. Good for two
 * rotation periods at least, for three at most. The first byte says which secret it is from, so that one hash decides.
 */
export class Tokens {
  readonly #secret: Rng
  readonly #period: Micros
  readonly #start: Micros
  /** Newest first; made when the first token is. */
  readonly #secrets: SipHash[] = []
  /** What the first secret's number is counted from, so that tokens do not tell for how long we have run. */
  #first = 0
  #rotations = 0

  /** `period` in seconds. */
  constructor(now: Micros, secret: Rng, period: number) {
    this.#secret = secret
    this.#period = period * SECOND
    this.#start = now
  }

  /** Eight bytes for `asker`, of use for `infoHash` alone. */
  issue(now: Micros, asker: Address, infoHash: Id): Uint8Array {
    this.#rotate(now)
    return this.#make(0, asker, infoHash, new Uint8Array(TOKEN_LENGTH))
  }

  /** Whether `token` was issued to the IP of `asker` for `infoHash` and has not expired. */
  accepts(now: Micros, asker: Address, infoHash: Id, token: Uint8Array): boolean {
    if (token.length !== TOKEN_LENGTH) return false
    this.#rotate(now)
    const age = (this.#first + this.#rotations - token[0]!) & 0xff
    return age < SECRETS && equalConstantTime(this.#make(age, asker, infoHash, EXPECTED), token)
  }

  #make(age: number, asker: Address, infoHash: Id, into: Uint8Array): Uint8Array {
    this.#secrets[age]!.write(bound(asker, infoHash), HASH, 0)
    into[0] = this.#first + this.#rotations - age
    for (let i = 1; i < TOKEN_LENGTH; i++) into[i] = HASH[i]!
    return into
  }

  #rotate(now: Micros): void {
    const rotations = Math.floor((now - this.#start) / this.#period)
    const isFirst = this.#secrets.length === 0
    if (rotations <= this.#rotations && !isFirst) return
    if (isFirst) this.#first = this.#secret.u32() & 0xff
    const due = isFirst ? SECRETS : Math.min(rotations - this.#rotations, SECRETS)
    for (let i = 0; i < due; i++) {
      const fresh = new Uint8Array(SIP_KEY_LENGTH)
      this.#secret.fill(fresh)
      this.#secrets.unshift(new SipHash(fresh))
    }
    this.#secrets.length = SECRETS
    this.#rotations = Math.max(this.#rotations, rotations)
  }
}

const EXPECTED = new Uint8Array(TOKEN_LENGTH)
const HASH = new Uint8Array(HASH_LENGTH)
/** What a token is bound to, by the family of the asker. */
const BOUND = { 4: new Uint8Array(4 + ID_LENGTH), 6: new Uint8Array(16 + ID_LENGTH) } as const

function bound({ bytes, family }: Address, infoHash: Id): Uint8Array {
  const input = BOUND[family]
  for (let i = 0; i < bytes.length; i++) input[i] = bytes[i]!
  for (let i = 0; i < ID_LENGTH; i++) input[bytes.length + i] = infoHash[i]!
  return input
}
