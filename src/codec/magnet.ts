/** Magnet links (BEP 9, with BEP 52 hashes and BEP 53 file selection) and info-hashes as people write them. */
import { splitEndpoint } from '../core/address.ts'
import { equalBytes, fromHex, toHex, toLatin1 } from '../core/bytes.ts'
import { usageError } from '../core/errors.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { decodeUtf8, encodeUtf8, printable } from '../core/utf8.ts'
import { type FileRange, formatFileRanges, MOST_RANGES, parseFileRanges } from './file-ranges.ts'
import { addTracker, addWebSeed } from './trackers.ts'

export interface Endpoint {
  /** A literal address or a name. */
  readonly host: string
  readonly port: number
}

export interface Magnet {
  /** `btih`; else the first 20 bytes of `btmh`. */
  readonly infoHash: Id
  /** `btmh`: the SHA-256 of the info dictionary, 32 bytes. */
  readonly v2Hash: Uint8Array | undefined
  /** For display alone (`dn`): printable, but no safe path. */
  readonly name: string | undefined
  /** Peers to dial at once (`x.pe`). */
  readonly peers: readonly Endpoint[]
  /** Files wanted (`so`), counted as in the info dictionary, pads included; empty: all. */
  readonly select: readonly FileRange[]
  /** In their order, each a tier of its own (`tr`). */
  readonly trackers: readonly string[]
  /** Web servers that have the content (`ws`, BEP 19). */
  readonly webSeeds: readonly string[]
  /** Sentences for a person about what was odd but borne. */
  readonly warnings: readonly string[]
}

const LONGEST_LINK = 65_536
const LONGEST_NAME = 255
const MOST_PEERS = 64
const HASH_PREFIX = 'urn:btih:'
const MULTIHASH_PREFIX = 'urn:btmh:'
/** Of a multihash: SHA-256, of 32 bytes. */
const SHA256_PREFIX = '1220'
const PERCENT = 0x25
/** Printable ASCII but `%` and `+`. */
const PLAIN = /^[ -$&-*,-~]*$/
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Twenty bytes from 40 hexadecimal or 32 base32 digits of either case; `undefined` for anything else. */
export function parseInfoHash(text: string): Id | undefined {
  if (text.length === 40) return fromHex(text)
  return text.length === 32 ? fromBase32(text) : undefined
}

/** Throws a usage error with a code `magnet/...` when there is no one info-hash to be had; all else that is odd is borne. */
export function parseMagnet(text: string): Magnet {
  const draft = new MagnetDraft()
  const { fields, wasEscaped } = magnetFields(text)
  if (wasEscaped) draft.warn('The link was escaped for HTML (&amp;); it is read as if it were not.')
  for (const [key, value] of fields) draft.add(key, value)
  return draft.finish()
}

/**
 * Keys, in lower case and without a number at their end, and values of a magnet link. Throws a usage error when it is none.
 * `wasEscaped`: for HTML.
 */
export function magnetFields(text: string): {
  readonly fields: readonly (readonly [key: string, value: string])[]
  readonly wasEscaped: boolean
} {
  const link = text.trim()
  if (link.length > LONGEST_LINK) {
    throw usageError('magnet/too-long', 'The magnet link is longer than 64 KiB.')
  }
  if (!/^magnet:\?/i.test(link)) {
    throw usageError('magnet/not-a-magnet', 'This is not a magnet link: it does not begin with "magnet:?".')
  }
  const query = link.slice('magnet:?'.length).replace(/#.*$/s, '')
  const plain = query.replace(/&amp;/gi, '&')
  const fields: [string, string][] = []
  for (const part of plain.split('&')) {
    const equals = part.indexOf('=')
    if (equals <= 0) continue
    // Keys may be numbered: xt.1, tr.2.
    const key = unescapeValue(part.slice(0, equals))
      .toLowerCase()
      .replace(/\.\d+$/, '')
    fields.push([key, unescapeValue(part.slice(equals + 1))])
  }
  return { fields, wasEscaped: plain !== query }
}

/** The link for `magnet`: parsing it gives an equal one (warnings apart). */
export function formatMagnet(magnet: Omit<Magnet, 'warnings'>): string {
  const { infoHash, v2Hash } = magnet
  const parts: string[] = []
  if (v2Hash === undefined || !isShortOf(infoHash, v2Hash)) parts.push(`xt=${HASH_PREFIX}${toHex(infoHash)}`)
  if (v2Hash !== undefined) parts.push(`xt=${MULTIHASH_PREFIX}${SHA256_PREFIX}${toHex(v2Hash)}`)
  if (magnet.name !== undefined) parts.push(`dn=${escapeValue(magnet.name)}`)
  for (const url of magnet.trackers) parts.push(`tr=${escapeValue(url)}`)
  for (const url of magnet.webSeeds) parts.push(`ws=${escapeValue(url)}`)
  for (const { host, port } of magnet.peers) {
    parts.push(`x.pe=${escapeValue(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)}`)
  }
  if (magnet.select.length > 0) {
    parts.push(`so=${formatFileRanges(magnet.select)}`)
  }
  return `magnet:?${parts.join('&')}`
}

/** Whether a torrent of that SHA-256 is known by `infoHash` in swarm and DHT (BEP 52, "infohash"). */
export function isShortOf(infoHash: Id, v2Hash: Uint8Array): boolean {
  return equalBytes(infoHash, v2Hash.subarray(0, ID_LENGTH))
}

class MagnetDraft {
  readonly #warnings = new Set<string>()
  readonly #trackers: string[] = []
  readonly #webSeeds: string[] = []
  readonly #peers: Endpoint[] = []
  readonly #select: FileRange[] = []
  #infoHash: Id | undefined
  #v2Hash: Uint8Array | undefined
  #name: string | undefined
  #otherHashes = false

  warn(sentence: string): void {
    this.#warnings.add(sentence)
  }

  add(key: string, value: string): void {
    if (key === 'xt') this.#topic(value)
    else if (key === 'dn') this.#name ??= printable(value, LONGEST_NAME) || undefined
    else if (key === 'tr') addTracker(this.#trackers, value)
    else if (key === 'ws') addWebSeed(this.#webSeeds, value)
    else if (key === 'x.pe') this.#peer(value)
    else if (key === 'so') this.#selection(value)
  }

  finish(): Magnet {
    const infoHash = this.#infoHash ?? this.#v2Hash?.slice(0, ID_LENGTH)
    if (infoHash === undefined) {
      throw this.#otherHashes
        ? usageError(
            'magnet/no-hash',
            'The magnet link has no BitTorrent hash (xt=urn:btih:... or xt=urn:btmh:1220...).',
          )
        : usageError(
            'magnet/no-topic',
            'The magnet link has no hash: it needs xt=urn:btih: and 40 hexadecimal digits.',
          )
    }
    return {
      infoHash,
      v2Hash: this.#v2Hash,
      name: this.#name,
      peers: this.#peers,
      select: this.#select,
      trackers: this.#trackers,
      webSeeds: this.#webSeeds,
      warnings: [...this.#warnings],
    }
  }

  #topic(value: string): void {
    const kind = value.slice(0, HASH_PREFIX.length).toLowerCase()
    if (kind === MULTIHASH_PREFIX) {
      const digits = value.slice(MULTIHASH_PREFIX.length)
      // Of another function it is another kind of hash.
      if (digits.startsWith(SHA256_PREFIX)) this.#v2Hash = theOnly(this.#v2Hash, parseMultihash(digits))
      else this.#otherHashes = true
      return
    }
    if (kind !== HASH_PREFIX) {
      this.#otherHashes = true
      return
    }
    const digits = value.slice(HASH_PREFIX.length)
    const infoHash = parseInfoHash(digits)
    if (infoHash === undefined) {
      throw usageError(
        'magnet/bad-hash',
        `The hash of the magnet link (xt) has ${digits.length} digits or a wrong one: it needs 40 hexadecimal or 32 base32 digits.`,
      )
    }
    this.#infoHash = theOnly(this.#infoHash, infoHash)
  }

  #peer(value: string): void {
    const peer = splitEndpoint(value)
    if (peer === undefined) this.warn('A peer address (x.pe) is not host:port and is ignored.')
    else if (this.#peers.length < MOST_PEERS) this.#peers.push(peer)
  }

  #selection(value: string): void {
    const { ranges, odd } = parseFileRanges(value)
    if (odd > 0) this.warn('A part of the file selection (so) is no index or range and is ignored.')
    for (const range of ranges) if (this.#select.length < MOST_RANGES) this.#select.push(range)
  }
}

function theOnly(before: Uint8Array | undefined, hash: Uint8Array): Uint8Array {
  if (before === undefined || equalBytes(before, hash)) return hash
  throw usageError('magnet/ambiguous', 'The magnet link names two different hashes.')
}

/** The 32 bytes of the hash. */
function parseMultihash(digits: string): Uint8Array {
  const hash = fromHex(digits.slice(SHA256_PREFIX.length))
  if (hash?.length === 32) return hash
  throw usageError(
    'magnet/bad-hash',
    `The hash of the magnet link (xt=urn:btmh:) has ${digits.length} digits or a wrong one: it needs 68 hexadecimal digits.`,
  )
}

/** A plus sign is a space, `%XX` a byte of UTF-8; a malformed escape stands for itself. */
function unescapeValue(text: string): string {
  if (PLAIN.test(text)) return text
  const bytes = encodeUtf8(text.replaceAll('+', ' '))
  let length = 0
  for (let at = 0; at < bytes.length; length++) {
    const escaped =
      bytes[at] === PERCENT ? fromHex(toLatin1(bytes, at + 1, Math.min(at + 3, bytes.length))) : undefined
    const valid = escaped?.length === 1
    // Never longer than what was read, so it can be written in place.
    bytes[length] = valid ? escaped[0]! : bytes[at]!
    at += valid ? 3 : 1
  }
  return decodeUtf8(bytes.subarray(0, length))
}

/** Everything but letters, digits and `-._~:/` as `%XX`. */
function escapeValue(text: string): string {
  let escaped = ''
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte)
    escaped += /[\w.~:/-]/.test(character) ? character : `%${toHex(Uint8Array.of(byte)).toUpperCase()}`
  }
  return escaped
}

/** RFC 4648, without padding: 32 digits of five bits are 20 bytes. */
function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * 5) / 8)
  let bits = 0
  let held = 0
  let at = 0
  for (const digit of text.toLowerCase()) {
    const value = BASE32.indexOf(digit)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >> bits
  }
  return bytes
}
