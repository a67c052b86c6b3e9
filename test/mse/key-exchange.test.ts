import assert from 'node:assert/strict'
import { createDiffieHellman } from 'node:crypto'
import { describe, it } from 'node:test'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { KEY_LENGTH, KeyExchange } from '../../src/mse/key-exchange.ts'
import { dice } from '../support/dice.ts'

const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'

/** `p` less `by`, or more when that is below 0. */
function nearPrime(by: bigint): Uint8Array {
  return fromHex((BigInt(`0x${PRIME}`) - by).toString(16).padStart(2 * KEY_LENGTH, '0'))!
}

describe('the exchange of keys', () => {
  it('comes to what OpenSSL comes to', () => {
    const openssl = createDiffieHellman(PRIME, 'hex', 2)
    for (let seed = 1; seed <= 20; seed++) {
      const secret = new Uint8Array(20)
      dice(seed).fill(secret)
      const own = new KeyExchange(dice(seed))
      const other = new KeyExchange(dice(1000 + seed))
      openssl.setPrivateKey(secret)
      assert.equal(toHex(own.publicKey()), openssl.generateKeys('hex').padStart(2 * KEY_LENGTH, '0'))
      const shared = own.agree(other.publicKey())!
      assert.equal(shared.length, KEY_LENGTH)
      assert.equal(
        toHex(shared),
        toHex(openssl.computeSecret(other.publicKey())).padStart(2 * KEY_LENGTH, '0'),
      )
      assert.deepEqual(other.agree(own.publicKey()), shared)
    }
  })

  it('HS22: refuses keys by which everybody knows the secret', () => {
    const own = new KeyExchange(dice(1))
    const small = (value: number): Uint8Array => {
      const bytes = new Uint8Array(KEY_LENGTH)
      bytes[KEY_LENGTH - 1] = value
      return bytes
    }
    for (const key of [small(0), small(1), nearPrime(1n), nearPrime(0n), nearPrime(-1n)])
      assert.equal(own.agree(key), undefined, toHex(key))
    assert.equal(own.agree(new Uint8Array(KEY_LENGTH).fill(0xff)), undefined)
    assert.ok(own.agree(small(2)))
    assert.ok(own.agree(nearPrime(2n)))
  })

  it('pads short numbers with zeros', () => {
    const zero = { u32: () => 0, fill: (into: Uint8Array) => void into.fill(0) }
    assert.equal(toHex(new KeyExchange(zero).publicKey()), '1'.padStart(2 * KEY_LENGTH, '0'))
  })
})
