import { type BencodeLimits, type BencodeValue, decode } from '../codec/bencode.ts'
import { type Item, LONGEST_SALT, LONGEST_VALUE, mutableTarget } from '../codec/item.ts'
import { parseInfoHash } from '../codec/magnet.ts'
import { namedInfoHash, parseItemLink } from '../codec/mutable-torrent.ts'
import { EMPTY, equalBytes, fromHex, toHex } from '../core/bytes.ts'
import { usageError } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import { encodeUtf8 } from '../core/utf8.ts'
import type { CryptoPort } from '../session/ports.ts'

/** An item of the DHT (BEP 44). Its hash or signature has been checked. */
export interface FoundItem {
  /** Lower-case hex, as all else that is named in hex. */
  readonly target: string
  /** Texts are bytes; `undefined`: it holds a number beyond 2^53, and only `bytes` has it. */
  readonly value: BencodeValue | undefined
  /** The value as it is kept: bencoded, at most 1000 bytes. */
  readonly bytes: Uint8Array
  /** Of a mutable item alone: its key (hex), salt, version and signature (hex). */
  readonly publicKey?: string
  readonly salt?: Uint8Array
  readonly seq?: bigint
  readonly signature?: string
  /** It names a torrent (BEP 46), in hex. */
  readonly infoHash?: string
}

export interface GetOptions {
  /** With which a mutable item was put. */
  readonly salt?: string | Uint8Array
  readonly signal?: AbortSignal
}

/** For reading values. */
export const VALUE_LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: LONGEST_VALUE }

export function foundItem(target: Id, { value, signed }: Item): FoundItem {
  const common = { target: toHex(target), value: decode(value, VALUE_LIMITS), bytes: value }
  if (signed === undefined) return common
  const { publicKey, salt, seq, signature } = signed
  const named = namedInfoHash(value)
  return {
    ...common,
    ...{ publicKey: toHex(publicKey), salt, seq, signature: toHex(signature) },
    ...(named === undefined ? {} : { infoHash: toHex(named) }),
  }
}

/**
 * Where an item is looked for: a target (40 hex or 32 base32 digits), a public key (64 hex digits) or a link `magnet:?xs=urn:btpk:...` (BEP 46). Throws a
 * usage error.
 */
export function itemPlace(
  text: string,
  salt: string | Uint8Array | undefined,
  { sha1 }: CryptoPort,
): { readonly target: Id; readonly salt: Uint8Array } {
  const given = saltOf(salt)
  const target = parseInfoHash(text)
  if (target !== undefined) return { target, salt: given }
  if (/^magnet:/i.test(text)) {
    const place = parseItemLink(text)
    if (salt !== undefined && !equalBytes(given, place.salt))
      throw usageError('item/salt', 'The magnet link names another salt.')
    return { target: mutableTarget(sha1, place.publicKey, place.salt), salt: place.salt }
  }
  const publicKey = text.length === 64 ? fromHex(text) : undefined
  if (publicKey === undefined) {
    throw usageError(
      'item/target',
      'An item is named by its target (40 hex digits), its public key (64), or a link magnet:?xs=urn:btpk:...',
    )
  }
  return { target: mutableTarget(sha1, publicKey, given), salt: given }
}

/** The bytes of a salt. Throws a usage error when there are too many. */
export function saltOf(salt: string | Uint8Array = EMPTY): Uint8Array {
  const bytes = typeof salt === 'string' ? encodeUtf8(salt) : salt
  if (bytes.length <= LONGEST_SALT) return bytes
  throw usageError('item/salt', `A salt has at most ${LONGEST_SALT} bytes, this one has ${bytes.length}.`)
}
