/** Torrents that change (BEP 46): a link names a key, whose item in the DHT (BEP 44) names the info-hash of the day. */
import { fromHex, toHex } from '../core/bytes.ts'
import { usageError } from '../core/errors.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { decode } from './bencode.ts'
import { KEY_LENGTH, LONGEST_SALT, LONGEST_VALUE } from './item.ts'
import { magnetFields } from './magnet.ts'

/** Where the item lies. */
export interface ItemPlace {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** At most 64 bytes; empty: none. */
  readonly salt: Uint8Array
}

const KEY_PREFIX = 'urn:btpk:'

/** The key and salt of a link `magnet:?xs=urn:btpk:...&s=...`. Throws a usage error with a code `magnet/...`. */
export function parseItemLink(text: string): ItemPlace {
  let publicKey: Uint8Array | undefined
  let salt: Uint8Array = new Uint8Array(0)
  for (const [key, value] of magnetFields(text).fields) {
    if (key === 'xs' && value.toLowerCase().startsWith(KEY_PREFIX)) {
      const bytes = fromHex(value.slice(KEY_PREFIX.length))
      if (bytes?.length !== KEY_LENGTH) {
        throw usageError(
          'magnet/bad-key',
          'The key of the magnet link (xs=urn:btpk:) needs 64 hexadecimal digits.',
        )
      }
      publicKey = bytes
    } else if (key === 's') {
      const bytes = fromHex(value)
      if (bytes === undefined || bytes.length > LONGEST_SALT) {
        throw usageError(
          'magnet/bad-salt',
          'The salt of the magnet link (s) is at most 64 bytes in hexadecimal digits.',
        )
      }
      salt = bytes
    }
  }
  if (publicKey === undefined) {
    throw usageError(
      'magnet/no-key',
      'The magnet link has no key: it needs xs=urn:btpk: and 64 hexadecimal digits.',
    )
  }
  return { publicKey, salt }
}

/** The link of an item: parsing it gives an equal place. */
export function formatItemLink({ publicKey, salt }: ItemPlace): string {
  const link = `magnet:?xs=${KEY_PREFIX}${toHex(publicKey)}`
  return salt.length === 0 ? link : `${link}&s=${toHex(salt)}`
}

/** The info-hash that an item's value (bencoded) names; `undefined`: it is no such item. */
export function namedInfoHash(value: Uint8Array): Id | undefined {
  const dict = decode(value, { depth: 8, tokens: 500, length: LONGEST_VALUE })
  const infoHash = dict instanceof Map ? dict.get('ih') : undefined
  return infoHash instanceof Uint8Array && infoHash.length === ID_LENGTH ? infoHash : undefined
}
