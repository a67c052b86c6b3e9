import { toLatin1 } from '../core/bytes.ts'
import { type BencodeValue, decodePrefix } from './bencode.ts'
import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'

export interface Span {
  readonly start: number
  readonly end: number
}

/** No key that a specification names is longer; of longer ones no text is made. */
const LONGEST_NAME = 32

/** The wanted entries of one dictionary, each decoded when it is asked for. */
export class DictFields {
  /** Offset past the dictionary. */
  readonly end: number
  /** Its bytes are not in canonical form. */
  readonly irregular: boolean
  readonly #bytes: Uint8Array
  readonly #limits: BencodeLimits
  readonly #spans: ReadonlyMap<string, Span>
  readonly #repeated: ReadonlySet<string>

  constructor(
    cursor: BencodeCursor,
    limits: BencodeLimits,
    spans: ReadonlyMap<string, Span>,
    repeated: ReadonlySet<string>,
  ) {
    this.end = cursor.at
    this.irregular = cursor.irregular
    this.#bytes = cursor.bytes
    this.#limits = limits
    this.#spans = spans
    this.#repeated = repeated
  }

  has(key: string): boolean {
    return this.#spans.has(key)
  }

  /** Whether `key` is named more than once (in a lenient walk; the last one counts). */
  isRepeated(key: string): boolean {
    return this.#repeated.has(key)
  }

  /** Where the raw value lies. */
  span(key: string): Span | undefined {
    return this.#spans.get(key)
  }

  /** Decoded; `undefined` when absent, or when an integer in it is beyond 2^53. */
  value(key: string): BencodeValue | undefined {
    const span = this.#spans.get(key)
    return span && decodePrefix(this.#bytes, span.start, this.#limits)?.value
  }

  /** Whether it is an integer of any size. */
  isInteger(key: string): boolean {
    const span = this.#spans.get(key)
    return span !== undefined && this.#bytes[span.start] === 0x69 /* i */
  }

  integer(key: string): number | undefined {
    const value = this.isInteger(key) ? this.value(key) : undefined
    return typeof value === 'number' ? value : undefined
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.value(key)
    return value instanceof Uint8Array ? value : undefined
  }
}

/**
 * Finds the entries `names` of the dictionary at `start` without decoding anything, so that thousands of entries that nobody
 * asked for cost their scan alone; `undefined` when it is malformed or no dictionary.
 */
export function readFields(
  bytes: Uint8Array,
  start: number,
  names: ReadonlySet<string>,
  limits: BencodeLimits,
): DictFields | undefined {
  const cursor = new BencodeCursor(bytes, start, limits)
  if (cursor.step() !== TOKEN.dict) return undefined
  const spans = new Map<string, Span>()
  const repeated = new Set<string>()
  for (;;) {
    const token = cursor.step()
    if (token === TOKEN.close) return new DictFields(cursor, limits, spans, repeated)
    if (token !== TOKEN.key) return undefined
    const key = cursor.end - cursor.start <= LONGEST_NAME ? toLatin1(bytes, cursor.start, cursor.end) : ''
    const from = cursor.at
    if (!cursor.skip()) return undefined
    if (!names.has(key)) continue
    if (spans.has(key)) repeated.add(key)
    spans.set(key, { start: from, end: cursor.at })
  }
}
