import { decode, type EncodableValue, encode } from '../codec/bencode.ts'
import { HIGHEST_SEQ, type Item, LONGEST_VALUE, mutableTarget, signedBytes, targetOf } from '../codec/item.ts'
import { formatItemLink } from '../codec/mutable-torrent.ts'
import { EMPTY, equalBytes, toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import { encodeUtf8 } from '../core/utf8.ts'
import type { CryptoPort } from '../session/ports.ts'
import { type FoundItem, saltOf, VALUE_LIMITS } from './found-item.ts'
import type { Lookup } from './lookup.ts'
import type { WalkRequest } from './walks.ts'

/** How an item is put. Without a key it is immutable: its hash is its target. */
export interface PutOptions {
  /** Seed of an Ed25519 key, 32 bytes: the item is mutable, it can be put again with another value. */
  readonly key?: Uint8Array
  /** At most 64 bytes: one key may have many items. */
  readonly salt?: string | Uint8Array
  /** Only over this version, where there is one. */
  readonly cas?: bigint
  /** The new version; by default one more than the newest found. */
  readonly seq?: bigint
  /** The value is bencoded already. */
  readonly bencoded?: boolean
  /** Puts it again each hour, in this run and, with a state folder, in the next ones, until it is dropped. */
  readonly keep?: boolean
  readonly signal?: AbortSignal
}

export interface PutSummary {
  /** Where it lies, in hex. */
  readonly target: string
  /** How many nodes took it. */
  readonly nodes: number
  /** Of a mutable item. */
  readonly publicKey?: string
  readonly seq?: bigint
  /** Leads there (BEP 46). */
  readonly link?: string
  readonly ms: number
}

/** Begins a walk for an item. */
type Walk = (request: WalkRequest) => Lookup<FoundItem>

/** The text says both "less than" and "at most" 1000: what we send, everybody takes. */
const LONGEST_OWN_VALUE = LONGEST_VALUE - 1
const SEED_LENGTH = 32
/** KRPC errors of BEP 44. */
const CAS_MISMATCH = 301
const SEQ_TOO_LOW = 302

/** Puts `value`; rejects with what stood against it when no node took it. */
export async function putItem(
  value: EncodableValue,
  options: PutOptions,
  walk: Walk,
  crypto: CryptoPort,
): Promise<{ readonly item: Item; readonly summary: PutSummary }> {
  checkVersion('cas', options.cas)
  checkVersion('seq', options.seq)
  const bytes = bencoded(value, options.bencoded === true)
  const item =
    options.key === undefined
      ? immutable(bytes, options)
      : await sign(bytes, options.key, options, walk, crypto)
  const { signed } = item
  const target = targetOf(crypto.sha1, item)
  const salt = signed?.salt ?? EMPTY
  const put = options.cas === undefined ? { item } : { item, cas: options.cas }
  const { announced, refusal = 0, ms } = await walk({ target, want: 'item', salt, put }).result
  options.signal?.throwIfAborted()
  if (announced === 0) throw refused(refusal)
  const common = { target: toHex(target), nodes: announced, ms }
  if (signed === undefined) return { item, summary: common }
  const { publicKey, seq } = signed
  return { item, summary: { ...common, publicKey: toHex(publicKey), seq, link: formatItemLink(signed) } }
}

/** Versions are whole numbers of 64 bits. */
function checkVersion(name: 'cas' | 'seq', version: bigint | undefined): void {
  if (version === undefined || (typeof version === 'bigint' && version >= 0n && version <= HIGHEST_SEQ))
    return
  throw usageError(`item/${name}`, `A version (${name}) is a bigint between 0 and 2^63 - 1.`)
}

function immutable(value: Uint8Array, { salt, cas, seq }: PutOptions): Item {
  if (salt === undefined && cas === undefined && seq === undefined) return { value }
  throw usageError('item/no-key', 'Only an item with a key has a salt or versions.')
}

/** `value` with the version after the newest that is found. */
async function sign(
  value: Uint8Array,
  key: Uint8Array,
  options: PutOptions,
  walk: Walk,
  crypto: CryptoPort,
): Promise<Item> {
  if (!(key instanceof Uint8Array) || key.length !== SEED_LENGTH)
    throw usageError('item/key', 'A key is the seed of 32 bytes of an Ed25519 key.')
  const { cas, signal } = options
  const salt = saltOf(options.salt)
  const publicKey = crypto.publicKey(key)
  const target = mutableTarget(crypto.sha1, publicKey, salt)
  let found: FoundItem | undefined
  for await (const item of walk({ target, want: 'item', salt })) found = item
  signal?.throwIfAborted()
  const last = found?.seq
  if (cas !== undefined && last !== undefined && last !== cas) throw refused(CAS_MISMATCH)
  const isSame = found !== undefined && equalBytes(found.bytes, value)
  // Put again as it is: nobody has to fetch a version that says the same.
  const seq = options.seq ?? (last === undefined ? 1n : isSame ? last : last + 1n)
  checkVersion('seq', seq)
  if (last !== undefined && seq <= last && !(seq === last && isSame)) throw refused(SEQ_TOO_LOW)
  const signature = crypto.sign(key, signedBytes(salt, seq, value))
  return { value, signed: { publicKey, salt, seq, signature } }
}

function bencoded(value: EncodableValue, isBencoded: boolean): Uint8Array {
  const bytes = isBencoded ? canonical(value) : encoded(value)
  if (bytes.length > LONGEST_OWN_VALUE) {
    throw usageError(
      'item/too-long',
      `The value takes ${bytes.length} bytes (bencoded); at most ${LONGEST_OWN_VALUE} can be put.`,
    )
  }
  return bytes
}

/** Others bear no more than some levels of lists and dictionaries, nor do we. */
function encoded(value: EncodableValue): Uint8Array {
  let bytes: Uint8Array | undefined
  try {
    bytes = encode(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  const limits = { ...VALUE_LIMITS, length: bytes?.length ?? 0 }
  if (bytes !== undefined && decode(bytes, limits) !== undefined) return bytes
  throw usageError('item/too-deep', 'The value holds too many lists and dictionaries, one in the other.')
}

function canonical(value: EncodableValue): Uint8Array {
  const bytes = typeof value === 'string' ? encodeUtf8(value) : value
  if (bytes instanceof Uint8Array) {
    const decoded = decode(bytes, { ...VALUE_LIMITS, length: bytes.length })
    if (decoded !== undefined && equalBytes(encode(decoded), bytes)) return bytes
  }
  throw usageError('item/not-bencoded', 'The value is not bencoded, or not in canonical form.')
}

function refused(code: number): LodestoneError {
  if (code === CAS_MISMATCH)
    return new LodestoneError('remote', 'item/cas', 'Another version than that is in the DHT; get it first.')
  if (code === SEQ_TOO_LOW)
    return new LodestoneError(
      'remote',
      'item/outdated',
      'A version as new or newer is in the DHT; get it first.',
    )
  return new LodestoneError(
    'timeout',
    'item/not-stored',
    code === 0 ? 'No node of the DHT took the item.' : `No node of the DHT took the item (error ${code}).`,
  )
}
