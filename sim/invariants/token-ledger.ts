import { BencodeCursor, type BencodeLimits, TOKEN } from '../../src/codec/bencode-cursor.ts'
import { type Address, sameAddress } from '../../src/core/address.ts'
import { MINUTE, type Micros } from '../../src/core/time.ts'
import { chained } from '../engine/fingerprint.ts'
import type { Stage } from '../experiment/stage.ts'
import type { Site } from '../network/site.ts'
import type { Accuse, Invariant } from './invariant.ts'
import { IssuedTokens } from './issued-tokens.ts'

/** Tokens are good for three periods of five minutes at most, by clocks that run up to a tenth too slow. */
const LONGEST_LIFE: Micros = 17 * MINUTE
const HASH_LENGTH = 20
const LONGEST_TOKEN = 64
const LIMITS: BencodeLimits = { depth: 4, tokens: 200, length: 1_500 }
/** Where the second key of `a` begins in a query as nodes write it, after `d1:ad2:id20:` and the id. */
const SECOND_KEY = 32
/** How queries with an info-hash go on there: `9:info_hash`, `12:implied_port`. */
const NINE = 0x39
const ONE = 0x31
const RESPONSE = 0x72

/**
 * An announcement is accepted only with a token that the node itself gave to that IP for that info-hash, in its time. Watches the
 * datagrams: a query that may lead to either is kept until the machine that gets it answers, in the same event.
 *
 * It looks only at queries as nodes write them (sorted keys); what is written otherwise is let pass.
 */
export class TokenLedger implements Invariant {
  readonly name = 'stored only with a valid token'
  readonly #stage: Stage<unknown>
  readonly #accuse: Accuse
  readonly #issued = new IssuedTokens(LONGEST_LIFE)
  /** By host: whether its answers are held to the rule. */
  readonly #isHonest: Uint8Array
  readonly #cursor = new BencodeCursor()
  /** Who is being asked, and by whom; the rest of the question below. */
  #asked: Site | undefined
  #asker: Address | undefined
  #event = 0
  readonly #infoHash = new Uint8Array(HASH_LENGTH)
  readonly #token = new Uint8Array(LONGEST_TOKEN)
  /** -1: it asks for a token. */
  #tokenLength = -1

  constructor(stage: Stage<unknown>, accuse: Accuse) {
    this.#stage = stage
    this.#accuse = accuse
    this.#isHonest = new Uint8Array(stage.members.length + 1)
    for (const { host, group } of stage.members) {
      this.#isHonest[host.index] = group.isHostile !== true && group.machine !== 'own' ? 1 : 0
    }
    stage.world.udp.tap({
      delivered: (site, from, _to, bytes) => this.#hear(site, from, bytes),
      sent: (site, _from, to, bytes) => {
        if (site === this.#asked) this.#answer(to, bytes)
      },
    })
  }

  inspect(): void {}

  #hear(site: Site, from: Address, bytes: Uint8Array): void {
    const next = bytes[SECOND_KEY]
    if ((next !== NINE && next !== ONE) || bytes[3] !== 0x61 /* a */) return
    if (this.#isHonest[site.index] !== 1 || !this.#readQuery(bytes)) return
    this.#asked = site
    this.#asker = from
    this.#event = this.#stage.world.scheduler.events
  }

  #answer(to: Address, bytes: Uint8Array): void {
    const { scheduler } = this.#stage.world
    const isAnswer = this.#event === scheduler.events && sameAddress(to, this.#asker!)
    // The last key is `y`. A node may ask the asker something in turn.
    if (!isAnswer || bytes[bytes.length - 2] === 0x71 /* q */) return
    const site = this.#asked!
    this.#asked = undefined
    if (bytes[bytes.length - 2] !== RESPONSE) return
    if (this.#tokenLength < 0) {
      const length = this.#readToken(bytes)
      if (length > 0) this.#issued.add(scheduler.now, this.#keyOf(site, to, length))
    } else if (!this.#issued.has(scheduler.now, this.#keyOf(site, to, this.#tokenLength))) {
      const member = this.#stage.members[site.index - 1]!
      const text = `host ${site.index} took an announcement of ${to.host} with a token that it had not given to it for that`
      this.#accuse(this.name, text, member)
    }
  }

  /** Keeps what a get_peers or an announce_peer asks; false when it is neither. */
  #readQuery(bytes: Uint8Array): boolean {
    const cursor = this.#cursor
    cursor.reset(bytes, 0, LIMITS)
    // Into the message, over the key `a`, into its dictionary.
    for (let step = 0; step < 3; step++) cursor.step()
    let hasHash = false
    this.#tokenLength = -1
    while (cursor.step() === TOKEN.key) {
      const isHash = cursor.is('info_hash')
      const isToken = !isHash && cursor.is('token')
      const value = cursor.step()
      if (value !== TOKEN.string) {
        cursor.finish(value)
        continue
      }
      const { start, end } = cursor
      if (isHash && end - start === HASH_LENGTH) {
        hasHash = true
        for (let i = 0; i < HASH_LENGTH; i++) this.#infoHash[i] = bytes[start + i]!
      } else if (isToken) {
        this.#tokenLength = Math.min(end - start, LONGEST_TOKEN)
        for (let i = 0; i < this.#tokenLength; i++) this.#token[i] = bytes[start + i]!
      }
    }
    if (!hasHash || cursor.step() !== TOKEN.key || !cursor.is('q') || cursor.step() !== TOKEN.string)
      return false
    return cursor.is(this.#tokenLength < 0 ? 'get_peers' : 'announce_peer')
  }

  /** Keeps the token of a response; its length, 0 when there is none. */
  #readToken(bytes: Uint8Array): number {
    const cursor = this.#cursor
    cursor.reset(bytes, 0, LIMITS)
    cursor.step()
    while (cursor.step() === TOKEN.key) {
      if (!cursor.is('r')) cursor.skip()
      else if (cursor.step() !== TOKEN.dict) return 0
      else break
    }
    while (cursor.step() === TOKEN.key) {
      const isToken = cursor.is('token')
      if (!cursor.skip()) return 0
      if (!isToken) continue
      const length = Math.min(cursor.end - cursor.start, LONGEST_TOKEN)
      for (let i = 0; i < length; i++) this.#token[i] = bytes[cursor.start + i]!
      return length
    }
    return 0
  }

  /** Of answerer, IP of the asker, info-hash and token. */
  #keyOf(site: Site, asker: Address, length: number): number {
    let key = chained(0, site.index)
    for (let i = 0; i < asker.bytes.length; i++) key = chained(key, asker.bytes[i]!)
    for (let i = 0; i < HASH_LENGTH; i++) key = chained(key, this.#infoHash[i]!)
    for (let i = 0; i < length; i++) key = chained(key, this.#token[i]!)
    return key
  }
}
