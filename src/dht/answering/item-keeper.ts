import type { Item } from '../../codec/item.ts'
import { LONGEST_SALT, LONGEST_VALUE, signedBytes, targetOf } from '../../codec/item.ts'
import type { KrpcQuery } from '../../codec/krpc.ts'
import { itemOf } from '../../codec/krpc-item.ts'
import type { Address } from '../../core/address.ts'
import { EMPTY } from '../../core/bytes.ts'
import { TokenBucket } from '../../core/rate.ts'
import type { Micros } from '../../core/time.ts'
import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'
import type { Answer, AnswerFields } from './answer.ts'
import type { ItemStore } from './item-store.ts'
import type { Tokens } from './tokens.ts'

export interface ItemKeeperParts {
  readonly options: DhtOptions
  readonly items: ItemStore
  readonly tokens: Tokens
  readonly counters: Counters
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  /** Whether `signature` (Ed25519) is that of `bytes` by `publicKey`; false for keys that sign everything. */
  readonly verify: (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean
}

const refusal = (code: number, message: string): Answer => ({ kind: 'error', code, message })

const STORED: Answer = { kind: 'response', fields: {} }
const FULL = refusal(202, 'Server full')
const BAD_TOKEN = refusal(203, 'Bad token')
const TOO_LONG = refusal(205, 'v too long')
const BAD_SIGNATURE = refusal(206, 'Bad signature')
const SALT_TOO_LONG = refusal(207, 'salt too long')
const CONFLICT = { cas: refusal(301, 'CAS mismatch'), old: refusal(302, 'seq too low') } as const
/** Values that make an answer much longer than its query. */
const LONG = 512

/** What `get` and `put` are answered with (BEP 44). A signature, or a long answer, is not to be had at the rate of pings. */
export class ItemKeeper {
  readonly #parts: ItemKeeperParts
  #checks: TokenBucket | undefined
  #long: TokenBucket | undefined

  constructor(parts: ItemKeeperParts) {
    this.#parts = parts
  }

  /** What there is, but for the nodes; `undefined`: too much was asked for lately, no answer. */
  get(now: Micros, from: Address, query: KrpcQuery): AnswerFields | undefined {
    const { items, tokens } = this.#parts
    const target = query.target!
    // Who could not put anything here is not told otherwise.
    const token = items.isOpenTo(now, target) ? { token: tokens.issue(now, from, target) } : {}
    const item = items.get(now, target)
    if (item === undefined) return token
    const seq = item.signed?.seq
    const known = query.item?.seq
    if (seq !== undefined && known !== undefined && seq <= known) return { ...token, seq }
    if (item.value.length > LONG && !this.#allowsLong(now, from)) return undefined
    return { ...token, item }
  }

  /** `undefined`: no answer, too many signatures were to be checked lately. */
  put(now: Micros, from: Address, { item: fields, token }: KrpcQuery): Answer | undefined {
    const { counters, items, sha1, tokens } = this.#parts
    const salt = fields!.publicKey === undefined ? EMPTY : (fields!.salt ?? EMPTY)
    const item = itemOf(fields!, salt)!
    const target = targetOf(sha1, item)
    if (!tokens.accepts(now, from, target, token!)) return BAD_TOKEN
    if (item.value.length > LONGEST_VALUE) return TOO_LONG
    if (salt.length > LONGEST_SALT) return SALT_TOO_LONG
    const conflict = items.conflict(now, target, item, fields!.cas)
    if (conflict !== undefined) return CONFLICT[conflict]
    if (item.signed !== undefined && !this.#allowsCheck(now)) {
      counters.drop('signature-limit')
      return undefined
    }
    if (!this.#isSound(item)) return BAD_SIGNATURE
    if (items.put(now, target, item, from)) return STORED
    counters.drop('items-full')
    return FULL
  }

  #isSound({ value, signed }: Item): boolean {
    if (signed === undefined) return true
    const { publicKey, salt, seq, signature } = signed
    return this.#parts.verify(publicKey, signedBytes(salt, seq, value), signature)
  }

  #allowsCheck(now: Micros): boolean {
    const { signatureRate } = this.#parts.options
    this.#checks ??= new TokenBucket(now, signatureRate, 2 * signatureRate)
    return this.#checks.tryTake(now, 1)
  }

  #allowsLong(now: Micros, from: Address): boolean {
    if (from.scope !== 'global') return true
    const { longReplyRate } = this.#parts.options
    this.#long ??= new TokenBucket(now, longReplyRate, 2 * longReplyRate)
    if (this.#long.tryTake(now, 1)) return true
    this.#parts.counters.drop('long-reply-limit')
    return false
  }
}
