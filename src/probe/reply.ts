import { BencodeCursor, type BencodeLimits, TOKEN, type Token } from '../codec/bencode-cursor.ts'
import { copyBytes, toLatin1 } from '../core/bytes.ts'

/** A bencoded value with its integers whole: what a node says may be beyond 2^53 (BEP 44, `seq`). */
export type ReplyValue = Uint8Array | bigint | readonly ReplyValue[] | ReplyFields
/** Keys are Latin-1. */
export type ReplyFields = ReadonlyMap<string, ReplyValue>

/** Anything that fits a datagram is read, to say what is wrong with it. */
const LIMITS: BencodeLimits = { depth: 32, tokens: 20_000, length: 65_536, lenient: true }

/** A datagram of the node under test, read as leniently as can be. */
export class Reply {
  readonly bytes: Uint8Array
  /** The dictionary that it is; empty when it is none. */
  readonly root: ReplyFields
  /** It is one whole value in canonical form. */
  readonly canonical: boolean
  /** The bytes of each value of `r`, as they came. */
  readonly raw: ReadonlyMap<string, Uint8Array>

  /** `datagram` is lent. */
  constructor(datagram: Uint8Array) {
    this.bytes = copyBytes(datagram)
    const cursor = new BencodeCursor(this.bytes, 0, LIMITS)
    const raw = new Map<string, Uint8Array>()
    const value = readValue(cursor, cursor.step(), (path, start) => {
      if (path.startsWith('r ')) raw.set(path.slice(2), this.bytes.subarray(start, cursor.at))
    })
    this.root = value instanceof Map ? value : new Map()
    this.canonical = value instanceof Map && cursor.at === this.bytes.length && !cursor.irregular
    this.raw = raw
  }

  /** `q`, `r`, `e`, or whatever else `y` says; empty when it says nothing. */
  get kind(): string {
    const kind = this.root.get('y')
    return kind instanceof Uint8Array ? toLatin1(kind) : ''
  }

  get transaction(): Uint8Array | undefined {
    const transaction = this.root.get('t')
    return transaction instanceof Uint8Array ? transaction : undefined
  }

  /** `r`, of a response. */
  get fields(): ReplyFields | undefined {
    const fields = this.root.get('r')
    return this.kind === 'r' && fields instanceof Map ? fields : undefined
  }

  /** The number of an error; `undefined` when it is none, or malformed. */
  get code(): number | undefined {
    const error = this.root.get('e')
    if (this.kind !== 'e' || !Array.isArray(error)) return undefined
    const [code, message] = error as readonly ReplyValue[]
    return typeof code === 'bigint' && message instanceof Uint8Array ? Number(code) : undefined
  }

  /** What it is, in a few words. */
  get summary(): string {
    if (this.kind === 'e') return this.code === undefined ? 'a malformed error' : `error ${this.code}`
    if (this.kind === 'r') return this.fields === undefined ? 'a malformed response' : contents(this.fields)
    return this.kind === 'q' ? 'a query' : 'something that is no KRPC message'
  }
}

/** Keys that are shown. */
const SHOWN = 10

function contents(fields: ReplyFields): string {
  const names = [...fields.keys()].slice(0, SHOWN).map(printableKey)
  const more = fields.size > SHOWN ? ' and more' : ''
  return `a response with ${names.join(', ') || 'nothing in it'}${more}`
}

function printableKey(key: string): string {
  return key.replace(/[^\x21-\x7e]/g, '?').slice(0, 20)
}

/** `seen`: called past each value of a dictionary in the first two levels, with its path and where it starts. */
function readValue(
  cursor: BencodeCursor,
  token: Token,
  seen: (path: string, start: number) => void,
  path = '',
  level = 0,
): ReplyValue | undefined {
  if (token === TOKEN.string) return cursor.bytes.subarray(cursor.start, cursor.end)
  if (token === TOKEN.dict) {
    const dict = new Map<string, ReplyValue>()
    let next = cursor.step()
    for (; next === TOKEN.key; next = cursor.step()) {
      const key = toLatin1(cursor.bytes, cursor.start, cursor.end)
      const start = cursor.at
      const inner = level === 0 ? key : `${path} ${key}`
      const value = readAt(cursor, seen, inner, level + 1)
      if (value === undefined) return undefined
      if (level < 2) seen(inner, start)
      dict.set(key, value)
    }
    return next === TOKEN.close ? dict : undefined
  }
  if (token !== TOKEN.list) return undefined
  const list: ReplyValue[] = []
  while (cursor.bytes[cursor.at] !== END) {
    const value = readAt(cursor, seen, path, 9)
    if (value === undefined) return undefined
    list.push(value)
  }
  return cursor.step() === TOKEN.close ? list : undefined
}

const END = 0x65

function readAt(
  cursor: BencodeCursor,
  seen: (path: string, start: number) => void,
  path: string,
  level: number,
): ReplyValue | undefined {
  const start = cursor.at
  const token = cursor.step()
  // Between its marks, so that no digit is lost.
  if (token === TOKEN.integer) return BigInt(toLatin1(cursor.bytes, start + 1, cursor.at - 1))
  return readValue(cursor, token, seen, path, level)
}
