/** Writes KRPC messages (BEP 5) in canonical form: keys in raw byte order, numbers without padding. */
import type { Address } from '../core/address.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { nodeLength, peerLength, type SharedNode, writePeer } from './compact.ts'
import type { HashSample } from './hash-sample.ts'
import type { Item } from './item.ts'

export type QueryMethod =
  | 'ping'
  | 'find_node'
  | 'get_peers'
  | 'announce_peer'
  | 'get'
  | 'put'
  | 'sample_infohashes'

export interface QueryParts {
  readonly method: QueryMethod
  readonly transaction: Uint8Array
  readonly id: Id
  /** We answer no queries (BEP 43). */
  readonly readOnly: boolean
  /** Client letters and version, 4 bytes. */
  readonly version: Uint8Array
  /** The `info_hash` of `get_peers` and `announce_peer`, the `target` of the others. */
  readonly target?: Id | undefined
  readonly token?: Uint8Array | undefined
  readonly port?: number | undefined
  readonly impliedPort?: boolean | undefined
  /** BEP 33. */
  readonly seed?: boolean | undefined
  readonly scrape?: boolean | undefined
  /** BEP 44: what is put; */
  readonly item?: Item | undefined
  /** only over this `seq`; */
  readonly cas?: bigint | undefined
  /** and for `get`, what is known already. */
  readonly seq?: bigint | undefined
  /** BEP 32; left out when empty. */
  readonly want?: readonly (4 | 6)[]
}

export interface ResponseParts {
  readonly transaction: Uint8Array
  readonly id: Id
  readonly version: Uint8Array
  /** The asker, told to itself (BEP 42). */
  readonly ip: Address
  readonly nodes?: readonly SharedNode[] | undefined
  readonly nodes6?: readonly SharedNode[] | undefined
  readonly token?: Uint8Array | undefined
  /** Peers of the family of `ip`, in compact form. */
  readonly values?: Uint8Array | undefined
  /** Filters of 256 bytes (BEP 33): of those that seed, and of the others. */
  readonly seedFilter?: Uint8Array | undefined
  readonly peerFilter?: Uint8Array | undefined
  /** BEP 51. */
  readonly samples?: HashSample | undefined
  /** BEP 44; its salt is not told. */
  readonly item?: Item | undefined
  /** That of an item that is not told. */
  readonly seq?: bigint | undefined
  /** Bytes of the whole datagram; values and samples that do not fit are left out. */
  readonly maxLength: number
}

export interface ErrorParts {
  readonly transaction: Uint8Array
  readonly version: Uint8Array
  /** Left out where it is absent. */
  readonly ip: Address | undefined
  /** 201 generic, 202 server, 203 protocol, 204 unknown method. */
  readonly code: number
  /** ASCII. */
  readonly message: string
}

/** Writes a query at the beginning of `into` (room for 1500 bytes); its length. */
export function writeQuery(into: Uint8Array, query: QueryParts): number {
  const { cas, item } = query
  let at = putText(into, 0, cas === undefined ? 'd1:ad2:id' : `d1:ad3:casi${cas}e2:id`)
  at = putString(into, at, query.id)
  if (query.impliedPort) at = putText(into, at, '12:implied_porti1e')
  const isHash = query.method === 'get_peers' || query.method === 'announce_peer'
  if (query.target !== undefined && isHash) {
    at = putString(into, putText(into, at, '9:info_hash'), query.target)
  }
  const signed = item?.signed
  if (signed !== undefined) at = putString(into, putText(into, at, '1:k'), signed.publicKey)
  if (query.port !== undefined) at = putText(into, at, `4:porti${query.port}e`)
  if (signed !== undefined && signed.salt.length > 0)
    at = putString(into, putText(into, at, '4:salt'), signed.salt)
  if (query.scrape === true) at = putText(into, at, '6:scrapei1e')
  if (query.seed !== undefined) at = putText(into, at, query.seed ? '4:seedi1e' : '4:seedi0e')
  if (query.seq !== undefined) at = putText(into, at, `3:seqi${query.seq}e`)
  if (signed !== undefined)
    at = putString(into, putText(into, at, `3:seqi${signed.seq}e3:sig`), signed.signature)
  if (query.target !== undefined && !isHash) {
    at = putString(into, putText(into, at, '6:target'), query.target)
  }
  if (query.token !== undefined) at = putString(into, putText(into, at, '5:token'), query.token)
  if (item !== undefined) at = putBytes(into, putText(into, at, '1:v'), item.value)
  if (query.want !== undefined && query.want.length > 0) {
    at = putText(into, at, '4:wantl')
    for (const family of query.want) at = putText(into, at, family === 4 ? '2:n4' : '2:n6')
    at = putText(into, at, 'e')
  }
  at = putText(into, at, `e1:q${query.method.length}:${query.method}`)
  if (query.readOnly) at = putText(into, at, '2:roi1e')
  return putTail(into, at, query.transaction, query.version, 'q')
}

/** Writes a response at the beginning of `into` (room for `maxLength` bytes and 1500 at least); its length. */
export function writeResponse(into: Uint8Array, response: ResponseParts): number {
  let at = putIp(into, putText(into, 0, 'd'), response.ip)
  at = putText(into, at, '1:rd')
  if (response.peerFilter !== undefined)
    at = putString(into, putText(into, at, '4:BFpe'), response.peerFilter)
  if (response.seedFilter !== undefined)
    at = putString(into, putText(into, at, '4:BFsd'), response.seedFilter)
  at = putString(into, putText(into, at, '2:id'), response.id)
  const { samples, item } = response
  if (samples !== undefined) at = putText(into, at, `8:intervali${samples.interval}e`)
  const signed = item?.signed
  if (signed !== undefined) at = putString(into, putText(into, at, '1:k'), signed.publicKey)
  if (response.nodes !== undefined) at = putNodes(into, putText(into, at, '5:nodes'), response.nodes, 4)
  if (response.nodes6 !== undefined) at = putNodes(into, putText(into, at, '6:nodes6'), response.nodes6, 6)
  if (samples !== undefined) at = putSamples(into, at, samples, endOf(response))
  const seq = signed?.seq ?? response.seq
  if (seq !== undefined) at = putText(into, at, `3:seqi${seq}e`)
  if (signed !== undefined) at = putString(into, putText(into, at, '3:sig'), signed.signature)
  if (response.token !== undefined) at = putString(into, putText(into, at, '5:token'), response.token)
  if (item !== undefined) at = putBytes(into, putText(into, at, '1:v'), item.value)
  const { values, transaction, version } = response
  if (values !== undefined && values.length > 0) {
    at = putValues(into, at, values, peerLength(response.ip.family), endOf(response))
  }
  at = putText(into, at, 'e')
  return putTail(into, at, transaction, version, 'r')
}

/** Writes an error at the beginning of `into` (room for 1500 bytes); its length. */
export function writeError(into: Uint8Array, error: ErrorParts): number {
  let at = putText(into, 0, `d1:eli${error.code}e${error.message.length}:${error.message}e`)
  if (error.ip !== undefined) at = putIp(into, at, error.ip)
  return putTail(into, at, error.transaction, error.version, 'e')
}

/** Where what may be cut must end, so that the rest still fits. */
function endOf({ maxLength, transaction, version }: ResponseParts): number {
  return maxLength - 'ee'.length - tailLength(transaction, version)
}

/** As many hashes as end before `end`. */
function putSamples(into: Uint8Array, start: number, { total, hashes }: HashSample, end: number): number {
  const at = putText(into, start, `3:numi${total}e7:samples`)
  const room = Math.max(0, end - at - `${hashes.length}:`.length)
  const fitting = Math.min(hashes.length, room - (room % ID_LENGTH))
  return putString(into, at, fitting < hashes.length ? hashes.subarray(0, fitting) : hashes)
}

/** As many values as end before `end`; no key when that is none. */
function putValues(into: Uint8Array, start: number, values: Uint8Array, length: number, end: number): number {
  let at = putText(into, start, '6:valuesl')
  const first = at
  const whole = length + (length < 10 ? 2 : 3)
  for (let from = 0; from < values.length && at + whole <= end; from += length) {
    at = putLength(into, at, length)
    for (let i = 0; i < length; i++) into[at + i] = values[from + i]!
    at += length
  }
  return at === first ? start : putText(into, at, 'e')
}

function putNodes(into: Uint8Array, start: number, nodes: readonly SharedNode[], family: 4 | 6): number {
  let at = putLength(into, start, nodes.length * nodeLength(family))
  for (const { compact } of nodes) {
    // Stores one by one are half as dear as a call of `set`.
    for (let i = 0; i < compact.length; i++) into[at + i] = compact[i]!
    at += compact.length
  }
  return at
}

function putIp(into: Uint8Array, at: number, ip: Address): number {
  return writePeer(into, putText(into, at, ip.family === 4 ? '2:ip6:' : '2:ip18:'), ip)
}

function putTail(
  into: Uint8Array,
  start: number,
  transaction: Uint8Array,
  version: Uint8Array,
  kind: 'q' | 'r' | 'e',
): number {
  let at = putString(into, putText(into, start, '1:t'), transaction)
  at = putString(into, putText(into, at, '1:v'), version)
  return putText(into, at, kind === 'r' ? '1:y1:re' : kind === 'q' ? '1:y1:qe' : '1:y1:ee')
}

/** What `putTail` writes. */
function tailLength(transaction: Uint8Array, version: Uint8Array): number {
  return '1:t:1:v:1:y1:re'.length + stringLength(transaction) + stringLength(version)
}

function stringLength(bytes: Uint8Array): number {
  return String(bytes.length).length + bytes.length
}

function putString(into: Uint8Array, start: number, bytes: Uint8Array): number {
  const { length } = bytes
  const at = putLength(into, start, length)
  // Strings are short, and a call of `set` costs as much as fifty stores.
  for (let i = 0; i < length; i++) into[at + i] = bytes[i]!
  return at + length
}

/** The length of a string, digit by digit: text made of a number costs more than most strings. */
function putLength(into: Uint8Array, start: number, length: number): number {
  if (length >= 1000) return putText(into, start, `${length}:`)
  let at = start
  if (length >= 100) into[at++] = 0x30 + Math.floor(length / 100)
  if (length >= 10) into[at++] = 0x30 + (Math.floor(length / 10) % 10)
  into[at] = 0x30 + (length % 10)
  into[at + 1] = 0x3a /* : */
  return at + 2
}

/** What is bencoded already. */
function putBytes(into: Uint8Array, at: number, bytes: Uint8Array): number {
  into.set(bytes, at)
  return at + bytes.length
}

function putText(into: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i)
  return at + text.length
}
