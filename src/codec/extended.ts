/** Extension messages: the extension handshake (BEP 10) and metadata exchange (BEP 9). Payloads begin after the extension id. */
import { concatBytes, EMPTY } from '../core/bytes.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'
import { type BencodeLimits, type EncodableValue, encode } from './bencode.ts'
import { type DictFields, readFields } from './dict-fields.ts'

/** Extensions that we know of; others in a remote's `m` are not even kept. */
const EXTENSIONS = ['ut_metadata', 'ut_pex', 'lt_donthave', 'upload_only'] as const
export type ExtensionName = (typeof EXTENSIONS)[number]

/** The largest info dictionary that is fetched or read: 32 MiB. */
export const METADATA_LIMIT: number = 32 * 1_024 * 1_024

export interface ExtendedHandshake {
  /** The remote's id of each known extension that it names: 1 to 255, 0 disables. Later handshakes only add to earlier ones. */
  readonly ids: ReadonlyMap<ExtensionName, number>
  /** Bytes of the info dictionary, 1 to 32 Mi. */
  readonly metadataSize: number | undefined
  /** How many requests the remote queues, 1 or more. */
  readonly requestQueue: number | undefined
  /** Where the remote listens, 1 to 65535. */
  readonly port: number | undefined
  /** Printable, at most 64 characters. */
  readonly client: string | undefined
  /** Our address as the remote sees it, 4 or 16 bytes. */
  readonly yourIp: Uint8Array | undefined
  /** BEP 21. */
  readonly uploadOnly: boolean | undefined
  /** The remote likes streams to be encrypted. */
  readonly encrypts: boolean | undefined
}

/** Room for thousands of extensions that nobody knows. */
const HANDSHAKE_LIMITS: BencodeLimits = { depth: 16, tokens: 65_536, length: 256 * 1_024 }
/** A block of 16 KiB and its dictionary. */
const METADATA_MESSAGE_LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: 17 * 1_024 }

const HANDSHAKE_FIELDS: ReadonlySet<string> = new Set([
  'e',
  'm',
  'metadata_size',
  'p',
  'reqq',
  'upload_only',
  'v',
  'yourip',
])
const EXTENSION_FIELDS: ReadonlySet<string> = new Set(EXTENSIONS)
const METADATA_FIELDS: ReadonlySet<string> = new Set(['msg_type', 'piece', 'total_size'])

/** `undefined`: not one whole dictionary, to be ignored. A field of a wrong type or size counts as absent. */
export function decodeExtendedHandshake(payload: Uint8Array): ExtendedHandshake | undefined {
  const fields = readFields(payload, 0, HANDSHAKE_FIELDS, HANDSHAKE_LIMITS)
  if (fields === undefined || fields.end !== payload.length) return undefined
  const client = fields.bytes('v')
  const yourIp = fields.bytes('yourip')
  const uploadOnly = fields.integer('upload_only')
  const encrypts = fields.integer('e')
  const map = fields.span('m')
  return {
    ids: readIds(map && readFields(payload, map.start, EXTENSION_FIELDS, HANDSHAKE_LIMITS)),
    metadataSize: within(fields.integer('metadata_size'), 1, METADATA_LIMIT),
    requestQueue: within(fields.integer('reqq'), 1, Number.MAX_SAFE_INTEGER),
    port: within(fields.integer('p'), 1, 65_535),
    client: client && printable(decodeUtf8(client)),
    yourIp: yourIp?.length === 4 || yourIp?.length === 16 ? yourIp : undefined,
    uploadOnly: uploadOnly === undefined ? undefined : uploadOnly !== 0,
    encrypts: encrypts === undefined ? undefined : encrypts !== 0,
  }
}

/** What we say of ourselves; absent fields are left out. */
export interface OwnHandshake {
  /** Our ids, by which the remote will address its messages. */
  readonly ids: Readonly<Partial<Record<ExtensionName, number>>>
  readonly metadataSize?: number | undefined
  readonly requestQueue?: number | undefined
  readonly port?: number | undefined
  readonly client?: string | undefined
  readonly yourIp?: Uint8Array | undefined
  readonly uploadOnly?: boolean | undefined
  readonly encrypts?: boolean | undefined
}

export function encodeExtendedHandshake(own: OwnHandshake): Uint8Array {
  return encode({
    e: own.encrypts === true ? 1 : undefined,
    m: own.ids,
    metadata_size: own.metadataSize,
    p: own.port,
    reqq: own.requestQueue,
    upload_only: own.uploadOnly === undefined ? undefined : Number(own.uploadOnly),
    v: own.client,
    yourip: own.yourIp,
  })
}

export type MetadataMessage =
  | { readonly kind: 'request'; readonly piece: number }
  | {
      readonly kind: 'data'
      readonly piece: number
      /** As claimed; may disagree with the handshake's. */
      readonly totalSize: number | undefined
      /** A view of what stands behind the dictionary. */
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'reject'; readonly piece: number }
  /** A `msg_type` that BEP 9 does not name: to be ignored. */
  | { readonly kind: 'unknown' }

const METADATA_KINDS = ['request', 'data', 'reject'] as const

/** `undefined`: malformed. A `piece` may have any value, -1 standing for those beyond 2^53. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | undefined {
  const fields = readFields(payload, 0, METADATA_FIELDS, METADATA_MESSAGE_LIMITS)
  const type = fields && integerOf(fields, 'msg_type')
  if (fields === undefined || type === undefined) return undefined
  const kind = METADATA_KINDS[type]
  if (kind === undefined) return { kind: 'unknown' }
  const piece = integerOf(fields, 'piece')
  if (piece === undefined) return undefined
  if (kind !== 'data') return { kind, piece }
  return { kind, piece, totalSize: integerOf(fields, 'total_size'), bytes: payload.subarray(fields.end) }
}

export function encodeMetadataMessage(message: Exclude<MetadataMessage, { kind: 'unknown' }>): Uint8Array {
  const data = message.kind === 'data'
  const dict: EncodableValue = {
    msg_type: METADATA_KINDS.indexOf(message.kind),
    piece: message.piece,
    total_size: data ? message.totalSize : undefined,
  }
  return concatBytes([encode(dict), data ? message.bytes : EMPTY])
}

/** Two extensions must not share an id (BEP 10): the one that `EXTENSIONS` has first keeps it, so that nothing goes astray. */
function readIds(map: DictFields | undefined): Map<ExtensionName, number> {
  const ids = new Map<ExtensionName, number>()
  const taken = new Set<number>()
  for (const name of EXTENSIONS) {
    const id = within(map?.integer(name), 0, 255)
    if (id === undefined || taken.has(id)) continue
    if (id !== 0) taken.add(id)
    ids.set(name, id)
  }
  return ids
}

/** The integer `key`; those that no double holds are outside every range that matters here, as -1 is. */
function integerOf(fields: DictFields, key: string): number | undefined {
  return fields.isInteger(key) ? (fields.integer(key) ?? -1) : undefined
}

function within(value: number | undefined, low: number, high: number): number | undefined {
  return value !== undefined && value >= low && value <= high ? value : undefined
}
