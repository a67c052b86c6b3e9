/**
 * KRPC, the datagrams of the DHT (BEP 5, with fields of BEP 32, 33, 42, 43, 44, 51): read and written directly, since the few fixed
 * shapes make it 3 to 9 times faster than by the package. The walk is that of the bencode door, and a property test keeps
 * both in agreement.
 */
import type { Address } from '../core/address.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'
import { type BencodeLimits, TOKEN } from './bencode-cursor.ts'
import type { NodeInfo } from './compact.ts'
import { type HashSample, soundSample } from './hash-sample.ts'
import { KrpcCursor, WANT } from './krpc-cursor.ts'
import { type ItemFields, ItemReader } from './krpc-item.ts'

export type KrpcMessage = KrpcQuery | KrpcResponse | KrpcError

export interface KrpcQuery {
  readonly kind: 'query'
  /** At most 64 bytes, to be echoed as they are. */
  readonly transaction: Uint8Array
  /** Latin-1, as sent; empty when it was no string. */
  readonly method: string
  /** The sender answers no queries (BEP 43). */
  readonly readOnly: boolean
  /** Set: to be answered by error 203 with this text, which holds nothing that the remote sent. */
  readonly fault: string | undefined
  /** Zeros when `fault` is set. */
  readonly id: Id
  /** What the sender wants to be near: `target`, else `info_hash`, whatever the method (BEP 51 refers to this). */
  readonly target: Id | undefined
  readonly infoHash: Id | undefined
  readonly token: Uint8Array | undefined
  /** 1 to 65535. */
  readonly port: number | undefined
  readonly impliedPort: boolean
  /** Asked for by `want` (BEP 32); neither when it is absent or useless. */
  readonly want4: boolean
  readonly want6: boolean
  /** BEP 33. */
  readonly seed: boolean
  readonly noSeed: boolean
  readonly scrape: boolean
  /** Of `get` and `put` (BEP 44). */
  readonly item: ItemFields | undefined
}

export interface KrpcResponse {
  readonly kind: 'response'
  readonly transaction: Uint8Array
  /** Absent: `r` or its `id` was malformed, the call has failed. */
  readonly id: Id | undefined
  readonly nodes: readonly NodeInfo[]
  readonly nodes6: readonly NodeInfo[]
  readonly values: readonly Address[]
  /** At most 128 bytes, may be empty. */
  readonly token: Uint8Array | undefined
  /** Of 256 bytes (BEP 33): of those that seed, and of the others; one with every bit set is none. */
  readonly seedFilter: Uint8Array | undefined
  readonly peerFilter: Uint8Array | undefined
  /** BEP 51; `undefined`: the remote knows no samples. */
  readonly sample: HashSample | undefined
  /** BEP 44. */
  readonly item: ItemFields | undefined
  /** Our address as the remote sees it (BEP 42). */
  readonly ip: Address | undefined
}

export interface KrpcError {
  readonly kind: 'error'
  readonly transaction: Uint8Array
  /** 0 when malformed. */
  readonly code: number
  /** Printable. */
  readonly message: string
  readonly ip: Address | undefined
}

/** Longer datagrams are dropped before they are looked into (BEP 44 replies exceed the 1024 bytes of BEP 32). */
const LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: 4_096 }
const LONGEST_TRANSACTION = 64
const LONGEST_TOKEN = 128
const LONGEST_MESSAGE = 100
const TOPIC_LENGTH = 20
const NONE: readonly never[] = []

/** Texts of error 203: constant, and short, so that an answer is no longer than its query. */
const FAULT = {
  method: 'Bad method',
  arguments: 'Bad arguments',
  id: 'Bad id',
  target: 'Bad target',
  infoHash: 'Bad info_hash',
  token: 'Bad token',
  port: 'Bad port',
  order: 'Keys not sorted',
  value: 'Bad v',
  signed: 'Bad k, sig or seq',
  seq: 'Bad seq',
} as const

const cursor = new KrpcCursor()
const itemReader = new ItemReader()

/** The arguments of a query as they are met, before it is known that it is one: so they are walked over once. */
const args = {
  id: undefined as Id | undefined,
  wanted: undefined as Id | undefined,
  infoHash: undefined as Id | undefined,
  token: undefined as Uint8Array | undefined,
  port: undefined as number | undefined,
  impliedPort: false,
  want: 0,
  seed: false,
  noSeed: false,
  scrape: false,
  item: undefined as ItemFields | undefined,
}

/**
 * The message of a datagram; `undefined`: drop it without an answer. All that is kept of the datagram is copied.
 *
 * `loneEighteen` says what a single string of 18 bytes in `values` is: one IPv6 peer, or (on a host without IPv6) three
 * IPv4 ones in the old concatenated form.
 */
export function decodeKrpc(bytes: Uint8Array, loneEighteen: 4 | 6 = 6): KrpcMessage | undefined {
  cursor.reset(bytes, 0, LIMITS)
  if (cursor.step() !== TOKEN.dict) return undefined
  forgetArguments()
  let kind = 0
  let transaction: Uint8Array | undefined
  let method: string | undefined
  let hasArguments = false
  let response = -1
  let error = -1
  let ip: Address | undefined
  let readOnly = false
  let topic = false
  let token = cursor.step()
  for (; token === TOKEN.key; token = cursor.step()) {
    if (cursor.is('y')) kind = cursor.passExactly(1) ? bytes[cursor.start]! : 0
    else if (cursor.is('t')) transaction = cursor.passCopy(LONGEST_TRANSACTION)
    else if (cursor.is('q')) method = cursor.passMethod()
    else if (cursor.is('a')) hasArguments = readArguments()
    else if (cursor.is('r')) response = cursor.passOpen(TOKEN.dict)
    else if (cursor.is('e')) error = cursor.passOpen(TOKEN.list)
    else if (cursor.is('ip')) ip = cursor.passAddress()
    else if (cursor.is('ro')) readOnly = cursor.passFlag()
    else if (cursor.is('c')) topic = cursor.passExactly(TOPIC_LENGTH)
    else cursor.skip()
  }
  if (token !== TOKEN.close || cursor.at !== bytes.length || transaction === undefined) return undefined
  if (kind === 0x71 /* q */) {
    // Queries that belong to a topic overlay (BEP 50) must not reach the main table.
    const sorted = !cursor.irregular
    return topic ? undefined : readQuery(hasArguments, transaction, method, readOnly, sorted)
  }
  if (kind === 0x72 /* r */) return readResponse(bytes, response, transaction, ip, loneEighteen)
  return kind === 0x65 /* e */ ? readError(bytes, error, transaction, ip) : undefined
}

function forgetArguments(): void {
  args.id = args.wanted = args.infoHash = undefined
  args.token = undefined
  args.port = undefined
  args.impliedPort = args.seed = args.noSeed = args.scrape = false
  args.want = 0
  args.item = undefined
}

/** Passes the value of `a`; whether it is a dictionary. */
function readArguments(): boolean {
  itemReader.reset()
  let token = cursor.step()
  if (token !== TOKEN.dict) {
    cursor.finish(token)
    return false
  }
  for (token = cursor.step(); token === TOKEN.key; token = cursor.step()) {
    if (cursor.is('id')) args.id = cursor.passId()
    else if (cursor.is('target')) args.wanted = cursor.passId()
    else if (cursor.is('info_hash')) args.infoHash = cursor.passId()
    else if (cursor.is('token')) args.token = cursor.passCopy(LIMITS.length)
    else if (cursor.is('port')) args.port = cursor.passPort()
    else if (cursor.is('implied_port')) args.impliedPort = cursor.passFlag()
    else if (cursor.is('want')) args.want = cursor.passWant()
    else if (cursor.is('seed')) args.seed = cursor.passFlag()
    else if (cursor.is('noseed')) args.noSeed = cursor.passFlag()
    else if (cursor.is('scrape')) args.scrape = cursor.passFlag()
    else if (!itemReader.pass(cursor)) cursor.skip()
  }
  args.item = itemReader.fields
  return true
}

function readQuery(
  hasArguments: boolean,
  transaction: Uint8Array,
  method: string | undefined,
  readOnly: boolean,
  sorted: boolean,
): KrpcQuery {
  const { id, wanted, infoHash, token, port, impliedPort, want, seed, noSeed, scrape, item } = args
  let fault: string | undefined
  if (method === undefined) fault = FAULT.method
  else if (!hasArguments) fault = FAULT.arguments
  else if (id === undefined) fault = FAULT.id
  else if (method === 'find_node' || method === 'sample_infohashes' || method === 'get') {
    if (wanted === undefined) fault = FAULT.target
    else if (method === 'get' && item?.isFaulty) fault = FAULT.seq
  } else if (method === 'put') fault = token === undefined ? FAULT.token : faultOfItem(item, sorted)
  else if (method === 'get_peers') fault = infoHash === undefined ? FAULT.infoHash : undefined
  else if (method === 'announce_peer') {
    if (infoHash === undefined) fault = FAULT.infoHash
    else if (token === undefined) fault = FAULT.token
    else if (port === undefined && !impliedPort) fault = FAULT.port
  }
  const byInfoHash = method === 'get_peers' || method === 'announce_peer'
  return {
    kind: 'query',
    transaction,
    method: method ?? '',
    readOnly,
    fault,
    id: fault === undefined ? id! : new Uint8Array(ID_LENGTH),
    target: byInfoHash ? infoHash : (wanted ?? infoHash),
    infoHash,
    token,
    port,
    impliedPort,
    want4: (want & WANT.ipv4) !== 0,
    want6: (want & WANT.ipv6) !== 0,
    seed,
    noSeed,
    scrape,
    item,
  }
}

/** What is wrong with the arguments of a `put` (BEP 44), whatever their values. */
function faultOfItem(item: ItemFields | undefined, sorted: boolean): string | undefined {
  // What has to be signed or hashed again must have one form alone.
  if (!sorted) return FAULT.order
  if (item?.value === undefined) return FAULT.value
  if (item.isFaulty) return FAULT.signed
  const { publicKey, signature, seq } = item
  const isWhole = signature !== undefined && seq !== undefined && seq >= 0n
  return publicKey === undefined || isWhole ? undefined : FAULT.signed
}

function readResponse(
  bytes: Uint8Array,
  at: number,
  transaction: Uint8Array,
  ip: Address | undefined,
  loneEighteen: 4 | 6,
): KrpcResponse {
  let id: Id | undefined
  let nodes: readonly NodeInfo[] = NONE
  let nodes6: readonly NodeInfo[] = NONE
  let values: readonly Address[] = NONE
  let token: Uint8Array | undefined
  let seedFilter: Uint8Array | undefined
  let peerFilter: Uint8Array | undefined
  let hashes: Uint8Array | undefined
  let total = 0
  let interval = 0
  itemReader.reset()
  if (at >= 0) enter(bytes, at)
  while (at >= 0 && cursor.step() === TOKEN.key) {
    if (cursor.is('id')) id = cursor.passId()
    else if (cursor.is('nodes')) nodes = cursor.passNodes(4)
    else if (cursor.is('nodes6')) nodes6 = cursor.passNodes(6)
    else if (cursor.is('values')) values = cursor.passValues(loneEighteen)
    else if (cursor.is('token')) token = cursor.passCopy(LONGEST_TOKEN)
    else if (cursor.is('samples')) hashes = cursor.passCopy(LIMITS.length)
    else if (cursor.is('num')) total = cursor.passCount()
    else if (cursor.is('interval')) interval = cursor.passCount()
    else if (cursor.is('BFpe')) peerFilter = cursor.passFilter()
    // Some write the key of the other filter so.
    else if (cursor.is('BFsd') || cursor.is('BFse')) seedFilter = cursor.passFilter()
    else if (!itemReader.pass(cursor)) cursor.skip()
  }
  return {
    kind: 'response',
    transaction,
    id,
    nodes,
    nodes6,
    values,
    token,
    seedFilter,
    peerFilter,
    sample: hashes === undefined ? undefined : soundSample(hashes, total, interval),
    item: itemReader.fields,
    ip,
  }
}

function readError(
  bytes: Uint8Array,
  at: number,
  transaction: Uint8Array,
  ip: Address | undefined,
): KrpcError {
  const malformed: KrpcError = {
    kind: 'error',
    transaction,
    code: 0,
    message: '',
    ip,
  }
  if (at < 0) return malformed
  enter(bytes, at)
  if (cursor.step() !== TOKEN.integer) return malformed
  const code = cursor.integer
  if (cursor.step() !== TOKEN.string) return malformed
  const text = decodeUtf8(cursor.bytes.subarray(cursor.start, cursor.end))
  return {
    kind: 'error',
    transaction,
    code,
    message: printable(text, LONGEST_MESSAGE),
    ip,
  }
}

/** Walks into the list or dictionary at `at`, which has been walked over before and is well-formed. */
function enter(bytes: Uint8Array, at: number): void {
  cursor.reset(bytes, at, LIMITS)
  cursor.step()
}
