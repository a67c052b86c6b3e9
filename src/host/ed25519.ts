/** Ed25519 (RFC 8032) by `node:crypto`, for raw keys. No clock, socket or file. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { concatBytes, fromHex, toHex } from '../core/bytes.ts'
import { plainBytes } from './plain-bytes.ts'

const KEY_LENGTH = 32
/** DER around a raw key (RFC 8410): a seed as PKCS #8, a public key as SPKI. */
const PRIVATE_HEAD = fromHex('302e020100300506032b657004220420')!
const PUBLIC_HEAD = fromHex('302a300506032b6570032100')!
/**
 * The points of small order, as y with the sign bit cleared: 1, -1, 0, two of order 8, and what is beyond the field's prime for 0 and 1. With such a key
 * one signature fits every message, and OpenSSL accepts it.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** The public key of a seed of 32 bytes. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' })
  return plainBytes(der).slice(PUBLIC_HEAD.length)
}

export function signBytes(seed: Uint8Array, bytes: Uint8Array): Uint8Array {
  return plainBytes(sign(null, bytes, privateKey(seed)))
}

/** False for keys of small order, too. */
export function verifyBytes(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_LENGTH || isOfSmallOrder(publicKey)) return false
  const key = createPublicKey({
    key: concatBytes([PUBLIC_HEAD, publicKey]) as Buffer,
    format: 'der',
    type: 'spki',
  })
  return verify(null, bytes, key, signature)
}

function isOfSmallOrder(publicKey: Uint8Array): boolean {
  const y = Uint8Array.from(publicKey)
  y[KEY_LENGTH - 1]! &= 0x7f
  return SMALL_ORDER.has(toHex(y))
}

function privateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: concatBytes([PRIVATE_HEAD, seed]) as Buffer, format: 'der', type: 'pkcs8' })
}
