import { EMPTY, toLatin1 } from '../core/bytes.ts'

/** Caps on one value, checked while its bytes are walked and before anything is allocated for them. */
export interface BencodeLimits {
  /** Nested lists and dictionaries; 1 allows a flat one. */
  readonly depth: number
  /** Strings, integers, lists, dictionaries and keys. */
  readonly tokens: number
  /** Bytes of input. */
  readonly length: number
  /**
   * Bear what has one clear meaning but no canonical form: leading zeros, negative zero, a key named twice (the last one
   * counts). For metainfo, whose hash is that of its bytes as found (BEP 3).
   */
  readonly lenient?: boolean
}

/** What `BencodeCursor.step` stood on. */
export const TOKEN = {
  bad: 0,
  string: 1,
  integer: 2,
  list: 3,
  dict: 4,
  key: 5,
  close: 6,
} as const
export type Token = (typeof TOKEN)[keyof typeof TOKEN]

const NOTHING: BencodeLimits = { depth: 0, tokens: 0, length: 0 }

const LIST = 0
const AWAITS_KEY = 1
const AWAITS_VALUE = 2

/** More digits than 64 bits need are an attack (BEP 5 and BEP 44 stay within them). */
const INTEGER_DIGITS = 20
/** A length of more digits is longer than any input. */
const LENGTH_DIGITS = 10

/**
 * A strict, iterative walk over bencoded bytes (BEP 3), one token a step. It allocates nothing for sorted input, never
 * recurses, and refuses anything that two parsers could read in two ways: overruns, leading zeros, negative zero,
 * duplicate keys, keys that are no strings. Unsorted keys are borne, since many programs send them.
 *
 * Reusable: `reset` begins a new walk. Once a step was bad, the walk is over.
 */
export class BencodeCursor {
  bytes: Uint8Array = EMPTY
  /** Offset of the next token. */
  at = 0
  /** Content of the string or key just passed. */
  start = 0
  end = 0
  /** The integer just passed; rounded when it is beyond 2^53. */
  integer = 0
  /** How many lists and dictionaries are open. */
  level = 0
  /** What passed is not in canonical form: keys are unsorted, or something passed that only a lenient walk bears. */
  irregular = false
  /** An integer passed that a double does not hold exactly. */
  inexact = false
  /** A key passed that is not printable ASCII, or is `__proto__`. */
  oddKeys = false
  #tokens = 0
  #depth = 0
  #limit = 0
  #lenient = false
  /** Per level: what comes next. Level 0 is the input, which behaves as a list. */
  readonly #state: number[] = [LIST]
  /** Per level: where its keys begin in `#keys`. */
  readonly #base: number[] = [0]
  /** Per level: its keys, once they turned out to be unsorted. */
  readonly #seen: (Set<string> | undefined)[] = [undefined]
  /** Spans of the keys of all open dictionaries. */
  readonly #keys: number[] = []
  #top = 0

  constructor(bytes: Uint8Array = EMPTY, start = 0, limits: BencodeLimits = NOTHING) {
    this.reset(bytes, start, limits)
  }

  /** Begins a walk at `start`. */
  reset(bytes: Uint8Array, start: number, limits: BencodeLimits): void {
    this.bytes = bytes
    this.at = start
    this.level = 0
    this.irregular = false
    this.inexact = false
    this.oddKeys = false
    this.#tokens = limits.tokens
    this.#depth = limits.depth
    this.#limit = bytes.length - start > limits.length ? start : bytes.length
    this.#lenient = limits.lenient === true
    this.#top = 0
  }

  /** Passes one token. `TOKEN.bad` at the end of the input, too. */
  step(): Token {
    if (this.at >= this.#limit) return TOKEN.bad
    const byte = this.bytes[this.at]!
    const state = this.#state[this.level]!
    if (byte === 0x65 /* e */) return this.#close(state)
    if (--this.#tokens < 0) return this.#fail()
    if (state === AWAITS_KEY) return this.#string() && this.#key() ? TOKEN.key : this.#fail()
    if (state === AWAITS_VALUE) this.#state[this.level] = AWAITS_KEY
    if (byte === 0x69 /* i */) return this.#integer() ? TOKEN.integer : this.#fail()
    if (byte === 0x6c /* l */) return this.#open(LIST) ? TOKEN.list : this.#fail()
    if (byte === 0x64 /* d */) return this.#open(AWAITS_KEY) ? TOKEN.dict : this.#fail()
    return this.#string() ? TOKEN.string : this.#fail()
  }

  /** Passes one whole value; false when it is malformed. */
  skip(): boolean {
    return this.finish(this.step())
  }

  /** Passes the rest of the value that `token` began; false when it is malformed or began none. */
  finish(token: Token): boolean {
    if (token !== TOKEN.list && token !== TOKEN.dict) return token === TOKEN.string || token === TOKEN.integer
    const outside = this.level - 1
    while (this.level > outside) if (this.step() === TOKEN.bad) return false
    return true
  }

  /** Whether the string or key just passed reads `name` (ASCII). */
  is(name: string): boolean {
    if (this.end - this.start !== name.length) return false
    for (let i = 0; i < name.length; i++) {
      if (this.bytes[this.start + i] !== name.charCodeAt(i)) return false
    }
    return true
  }

  #fail(): Token {
    this.#limit = 0
    return TOKEN.bad
  }

  #open(state: number): boolean {
    if (this.level >= this.#depth) return false
    this.at += 1
    this.level += 1
    this.#state[this.level] = state
    this.#base[this.level] = this.#top
    this.#seen[this.level] = undefined
    return true
  }

  #close(state: number): Token {
    if (this.level === 0 || state === AWAITS_VALUE) return this.#fail()
    this.at += 1
    this.#top = this.#base[this.level]!
    this.level -= 1
    return TOKEN.close
  }

  #string(): boolean {
    const { bytes } = this
    let at = this.at
    let length = 0
    let digit = bytes[at]! - 48
    if (digit === 0 && bytes[at + 1] !== 0x3a) {
      if (!this.#lenient) return false
      this.irregular = true
    }
    while (digit >= 0 && digit <= 9) {
      length = length * 10 + digit
      at += 1
      if (at - this.at > LENGTH_DIGITS || at >= this.#limit) return false
      digit = bytes[at]! - 48
    }
    if (at === this.at || bytes[at] !== 0x3a /* : */ || length > this.#limit - at - 1) return false
    this.start = at + 1
    this.end = at + 1 + length
    this.at = this.end
    return true
  }

  #integer(): boolean {
    const { bytes } = this
    let at = this.at + 1
    const negative = bytes[at] === 0x2d /* - */
    if (negative) at += 1
    const first = at
    let value = 0
    for (; at < this.#limit; at++) {
      const digit = bytes[at]! - 48
      if (digit < 0 || digit > 9) break
      if (at - first >= INTEGER_DIGITS) return false
      value = value * 10 + digit
    }
    if (at === first || at >= this.#limit || bytes[at] !== 0x65 /* e */) return false
    if (bytes[first] === 0x30 && (negative || at - first > 1)) {
      if (!this.#lenient) return false
      this.irregular = true
    }
    if (value > Number.MAX_SAFE_INTEGER) this.inexact = true
    this.integer = negative && value !== 0 ? -value : value
    this.at = at + 1
    return true
  }

  /** Takes note of the key just passed; false when its dictionary has it already. */
  #key(): boolean {
    this.#state[this.level] = AWAITS_VALUE
    if (this.#isOddKey()) this.oddKeys = true
    const seen = this.#seen[this.level]
    if (seen === undefined) {
      const order = this.#top === this.#base[this.level] ? 1 : this.#orderAfterLast()
      this.#keys[this.#top++] = this.start
      this.#keys[this.#top++] = this.end
      return order > 0 || this.#seenEarlier(order)
    }
    return this.#noteUnsorted(seen)
  }

  /** Keys lost their order: from here on this dictionary's keys are kept in a set. */
  #seenEarlier(order: number): boolean {
    this.irregular = true
    if (order === 0) return this.#lenient
    const seen = new Set<string>()
    for (let i = this.#base[this.level]!; i < this.#top - 2; i += 2) {
      seen.add(toLatin1(this.bytes, this.#keys[i]!, this.#keys[i + 1]!))
    }
    this.#seen[this.level] = seen
    return this.#noteUnsorted(seen)
  }

  #noteUnsorted(seen: Set<string>): boolean {
    const size = seen.size
    seen.add(toLatin1(this.bytes, this.start, this.end))
    return seen.size > size || this.#lenient
  }

  /** Positive when the key just passed sorts after the one before it, 0 when they are equal. */
  #orderAfterLast(): number {
    const { bytes } = this
    const last = this.#keys[this.#top - 2]!
    const lastLength = this.#keys[this.#top - 1]! - last
    const length = this.end - this.start
    const shared = Math.min(length, lastLength)
    for (let i = 0; i < shared; i++) {
      const difference = bytes[this.start + i]! - bytes[last + i]!
      if (difference !== 0) return difference
    }
    return length - lastLength
  }

  #isOddKey(): boolean {
    const { bytes } = this
    for (let i = this.start; i < this.end; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return true
    return this.end - this.start === 9 && toLatin1(bytes, this.start, this.end) === '__proto__'
  }
}
