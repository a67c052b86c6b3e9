/** Hashes and randomness of `node:crypto`. No clock, socket or file: virtual time uses this file too. */
import { createCipheriv, hash } from 'node:crypto'
import { concatBytes, latin1, readUint32 } from '../core/bytes.ts'
import type { Rng } from '../core/rng.ts'
import type { CryptoPort, RandomPort } from '../session/ports.ts'
import { publicKeyOf, signBytes, verifyBytes } from './ed25519.ts'

export const nodeCrypto: CryptoPort = {
  sha1: (bytes) => digest('sha1', bytes),
  sha256: (bytes) => digest('sha256', bytes),
  publicKey: publicKeyOf,
  sign: signBytes,
  verify: verifyBytes,
}

/** In one call, and as text: 0.5 us for a few bytes, where a hash object takes 2 and is seen twice by the collector. */
function digest(algorithm: string, bytes: Uint8Array): Uint8Array {
  return latin1(hash(algorithm, bytes, 'binary'))
}

/** Both streams of randomness, made from one seed: a recorded run repeats its draws. */
export function randomFrom(seed: Uint8Array): RandomPort {
  return {
    secret: keystream(concatBytes([latin1('secret'), seed])),
    dice: dice(concatBytes([latin1('dice'), seed])),
  }
}

/** One call of the cipher a draw would cost 2.7 us; from a pool it is 32 ns. */
const POOL_LENGTH = 4096
const ZEROS = new Uint8Array(POOL_LENGTH)

/** What a stranger cannot guess: the AES-256-CTR keystream under the SHA-256 of `seed`. */
export function keystream(seed: Uint8Array): Rng {
  const cipher = createCipheriv('aes-256-ctr', nodeCrypto.sha256(seed), new Uint8Array(16))
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  return {
    u32() {
      if (at + 4 > pool.length) refill()
      at += 4
      return readUint32(pool, at - 4)
    },
    fill(into) {
      for (let done = 0; done < into.length; ) {
        if (at === pool.length) refill()
        const taken = pool.subarray(at, at + into.length - done)
        into.set(taken, done)
        at += taken.length
        done += taken.length
      }
    },
  }
  function refill(): void {
    pool = cipher.update(ZEROS)
    at = 0
  }
}

/** Fast and guessable: xoshiro128** (Blackman and Vigna, 2018) from the SHA-256 of `seed`. */
export function dice(seed: Uint8Array): Rng {
  return new Xoshiro(nodeCrypto.sha256(seed))
}

/** A class, since simulated hosts have three each: 56 bytes, where closures over the four words took 250. */
class Xoshiro implements Rng {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(state: Uint8Array) {
    this.#a = readUint32(state, 0) | 0
    this.#b = readUint32(state, 4) | 0
    this.#c = readUint32(state, 8) | 0
    this.#d = readUint32(state, 12) | 1
  }

  u32(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }

  fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; ) {
      for (let word = this.u32(), k = 0; k < 4 && i < into.length; k++, word >>>= 8) into[i++] = word
    }
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}
