import { type BencodeLimits, type BencodeValue, decode, encode } from '../../src/codec/bencode.ts'
import { readNodes, readPeers } from '../../src/codec/compact.ts'
import type { HashSample } from '../../src/codec/hash-sample.ts'
import type { KrpcMessage } from '../../src/codec/krpc.ts'
import type { ItemFields } from '../../src/codec/krpc-item.ts'
import { type Address, addressFromCompact } from '../../src/core/address.ts'
import { equalBytes, toLatin1 } from '../../src/core/bytes.ts'
import { decodeUtf8, printable } from '../../src/core/utf8.ts'
import { scanValue } from './vectors.ts'

const LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: 4_096 }

/** The reader of KRPC messages as one would write it on top of the bencode door: slow, plain, and the measure of the fast one. */
export function referenceKrpc(bytes: Uint8Array): KrpcMessage | undefined | 'inexact' {
  if (scanValue(bytes, 0, LIMITS) !== bytes.length) return undefined
  const root = decode(bytes, LIMITS)
  if (root === undefined) return 'inexact'
  if (!(root instanceof Map)) return undefined
  const transaction = stringOf(root.get('t'), 64)
  const kind = stringOf(root.get('y'), 1)
  if (transaction === undefined || kind?.length !== 1) return undefined
  const ip = addressOf(root.get('ip'))
  switch (toLatin1(kind)) {
    case 'q':
      return stringOf(root.get('c'), 20)?.length === 20
        ? undefined
        : queryOf(root, transaction, equalBytes(encode(root), bytes))
    case 'r':
      return responseOf(dictOf(root.get('r')), transaction, ip)
    case 'e':
      return errorOf(root.get('e'), transaction, ip)
    default:
      return undefined
  }
}

type Dict = Map<string, BencodeValue>

function queryOf(root: Dict, transaction: Uint8Array, sorted: boolean): KrpcMessage {
  const name = stringOf(root.get('q'), 4_096)
  const method = name === undefined ? undefined : toLatin1(name)
  const a = dictOf(root.get('a'))
  const id = stringOf(a?.get('id'), 20, 20)
  const target = stringOf(a?.get('target'), 20, 20)
  const infoHash = stringOf(a?.get('info_hash'), 20, 20)
  const token = stringOf(a?.get('token'), 4_096)
  const number = a?.get('port')
  const port = typeof number === 'number' && number >= 1 && number <= 65_535 ? number : undefined
  const impliedPort = isSet(a?.get('implied_port'))
  const hashed = method === 'get_peers' || method === 'announce_peer'
  const item = itemFieldsOf(a)
  let fault: string | undefined
  if (method === undefined) fault = 'Bad method'
  else if (a === undefined) fault = 'Bad arguments'
  else if (id === undefined) fault = 'Bad id'
  else if (['find_node', 'sample_infohashes', 'get'].includes(method) && target === undefined)
    fault = 'Bad target'
  else if (hashed && infoHash === undefined) fault = 'Bad info_hash'
  else if (method === 'announce_peer' && token === undefined) fault = 'Bad token'
  else if (method === 'announce_peer' && port === undefined && !impliedPort) fault = 'Bad port'
  else if (method === 'get' && item?.isFaulty === true) fault = 'Bad seq'
  else if (method === 'put') {
    const { value, publicKey, signature, seq } = item ?? {}
    if (token === undefined) fault = 'Bad token'
    else if (!sorted) fault = 'Keys not sorted'
    else if (value === undefined) fault = 'Bad v'
    else if (item?.isFaulty === true) fault = 'Bad k, sig or seq'
    else if (publicKey !== undefined && (signature === undefined || seq === undefined || seq < 0n))
      fault = 'Bad k, sig or seq'
  }
  const list = a?.get('want')
  const want = (Array.isArray(list) ? list : []).map((item) =>
    item instanceof Uint8Array ? toLatin1(item) : '',
  )
  return {
    kind: 'query',
    transaction,
    method: method ?? '',
    readOnly: isSet(root.get('ro')),
    fault,
    id: fault === undefined ? id! : new Uint8Array(20),
    target: hashed ? infoHash : (target ?? infoHash),
    infoHash,
    token,
    port,
    impliedPort,
    want4: want.includes('n4'),
    want6: want.includes('n6'),
    seed: isSet(a?.get('seed')),
    noSeed: isSet(a?.get('noseed')),
    scrape: isSet(a?.get('scrape')),
    item,
  }
}

function responseOf(r: Dict | undefined, transaction: Uint8Array, ip: Address | undefined): KrpcMessage {
  return {
    kind: 'response',
    transaction,
    id: stringOf(r?.get('id'), 20, 20),
    nodes: readNodes(stringOf(r?.get('nodes'), 4_096) ?? new Uint8Array(0), 4),
    nodes6: readNodes(stringOf(r?.get('nodes6'), 4_096) ?? new Uint8Array(0), 6),
    values: valuesOf(r?.get('values')),
    token: stringOf(r?.get('token'), 128),
    seedFilter: filterOf(r?.get(r.has('BFse') ? 'BFse' : 'BFsd')),
    peerFilter: filterOf(r?.get('BFpe')),
    sample: sampleOf(r),
    item: itemFieldsOf(r),
    ip,
  }
}

/** The value is in canonical form here. */
function itemFieldsOf(dict: Dict | undefined): ItemFields | undefined {
  const keys = ['v', 'k', 'sig', 'salt', 'seq', 'cas']
  if (!keys.some((key) => dict?.has(key))) return undefined
  const v = dict!.get('v')
  const whole = (key: string): bigint | undefined => {
    const value = dict!.get(key)
    return typeof value === 'number' ? BigInt(value) : undefined
  }
  const fields = {
    value: v === undefined ? undefined : encode(v),
    publicKey: stringOf(dict!.get('k'), 32, 32),
    signature: stringOf(dict!.get('sig'), 64, 64),
    salt: stringOf(dict!.get('salt'), 4_096),
    seq: whole('seq'),
    cas: whole('cas'),
  }
  const found = [fields.value, fields.publicKey, fields.signature, fields.salt, fields.seq, fields.cas]
  return { ...fields, isFaulty: keys.some((key, i) => dict!.has(key) && found[i] === undefined) }
}

function sampleOf(r: Dict | undefined): HashSample | undefined {
  const hashes = stringOf(r?.get('samples'), 4_096)
  if (hashes === undefined) return undefined
  const number = (key: string): number => {
    const value = r?.get(key)
    return typeof value === 'number' ? value : 0
  }
  const whole = hashes.length % 20 === 0 ? hashes : new Uint8Array(0)
  const interval = Math.max(0, Math.min(21_600, number('interval')))
  return { hashes: whole, total: Math.max(number('num'), whole.length / 20), interval }
}

function filterOf(value: BencodeValue | undefined): Uint8Array | undefined {
  const filter = stringOf(value, 256, 256)
  return filter?.every((byte) => byte === 0xff) === true ? undefined : filter
}

function valuesOf(value: BencodeValue | undefined): Address[] {
  if (!Array.isArray(value)) return []
  const [first] = value
  if (value.length === 1 && first instanceof Uint8Array && first.length !== 18) return readPeers(first, 4)
  return value.map(addressOf).filter((address) => address !== undefined)
}

function errorOf(
  value: BencodeValue | undefined,
  transaction: Uint8Array,
  ip: Address | undefined,
): KrpcMessage {
  const [code, message] = Array.isArray(value) ? value : []
  if (typeof code !== 'number' || !(message instanceof Uint8Array)) {
    return { kind: 'error', transaction, code: 0, message: '', ip }
  }
  return { kind: 'error', transaction, code, message: printable(decodeUtf8(message), 100), ip }
}

function stringOf(value: BencodeValue | undefined, longest: number, shortest = 0): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length <= longest && value.length >= shortest
    ? value
    : undefined
}

function dictOf(value: BencodeValue | undefined): Dict | undefined {
  return value instanceof Map ? value : undefined
}

function isSet(value: BencodeValue | undefined): boolean {
  return typeof value === 'number' && value !== 0
}

function addressOf(value: BencodeValue | undefined): Address | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  if (value.length === 6) return addressFromCompact(value, 0, 4)
  return value.length === 18 ? addressFromCompact(value, 0, 6) : undefined
}
