import assert from 'node:assert/strict'
import type { Address } from '../../src/core/address.ts'
import { latin1, toHex, toLatin1 } from '../../src/core/bytes.ts'
import { randomId } from '../../src/core/id.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import { DhtNode } from '../../src/dht/dht-node.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { expand } from '../../src/probe/notation.ts'
import { Reply } from '../../src/probe/reply.ts'
import type { FuzzTarget } from '../fuzz/target.ts'
import { dice } from './dice.ts'
import { queryCorpus, REPLIES, tokenUses } from './fuzz-corpus.ts'
import { OWN_ID } from './lone-node.ts'
import { mutate } from './mutate.ts'
import { address, globalAddress } from './virtual-dht.ts'

/** Queries of the node whose answers are still made up. */
const ASKED = 64
/** Bytes out for one in: of get_peers, and of a get (rows 2.37 and 7.37). */
const RATIO = 11.1
const ITEM_RATIO = 16.6

interface Asked {
  readonly to: Address
  readonly query: Reply
}

/**
 * A node under mutated datagrams, in virtual time: queries from thousands of addresses, and answers to what it asks itself. Throws
 * with the datagram that did it when the node throws, answers twice, answers somebody else, or sends too much for too little.
 */
export class Fuzzer implements FuzzTarget {
  /** Datagrams fed; of them those that were answered; and answers fed to its own queries. */
  fed = 0
  answered = 0
  replies = 0
  readonly #family: 4 | 6
  readonly #rng: Rng
  readonly #corpus = queryCorpus()
  readonly #asked: Asked[] = []
  /** Tokens that were given, and whose they are. */
  readonly #uses: { readonly from: Address; readonly bytes: Uint8Array }[] = []
  readonly #node: DhtNode
  #now: Micros = 0
  /** What goes out while a datagram is fed. */
  #out: { readonly to: Address; readonly bytes: Uint8Array }[] = []

  constructor(seed: number, family: 4 | 6 = 4) {
    this.#family = family
    const rng = dice(seed)
    this.#rng = rng
    this.#node = new DhtNode({
      now: 0,
      family,
      id: OWN_ID,
      secret: dice(seed + 1),
      dice: dice(seed + 2),
      crypto: nodeCrypto,
      effects: {
        reserve: (length) => new Uint8Array(length),
        send: (to, bytes) => this.#out.push({ to, bytes: bytes.slice() }),
        event: () => {},
      },
    })
    this.#node.start(0, [])
    for (let i = 0; i < 30; i++) this.#node.addNode(0, this.#global(60_000 + i), 'node')
  }

  get stats(): ReturnType<DhtNode['stats']> {
    return this.#node.stats(this.#now)
  }

  summary(): string {
    const { hashes, peers, nodes } = this.stats
    return `${this.answered} answered, ${this.replies} replies fed; kept: ${nodes} nodes, ${peers} peers of ${hashes} info-hashes`
  }

  /** Feeds one datagram. `clock`: called before and after the node has it. */
  step(clock: () => void = () => {}): void {
    const { from, bytes } = this.#next()
    const lent = bytes.slice()
    this.#out = []
    try {
      clock()
      this.#node.receive(this.#now, from, lent)
      clock()
    } catch (error) {
      throw new Error(`${String(error)} at ${describe(from, bytes)}`, { cause: error })
    }
    this.fed += 1
    this.#judge(from, bytes)
    this.#pass()
  }

  /** What the node sent for it. */
  #judge(from: Address, bytes: Uint8Array): void {
    let answers = 0
    for (const sent of this.#out) {
      const reply = new Reply(sent.bytes)
      if (reply.kind === 'q') {
        this.#ask(sent.to, reply)
        continue
      }
      answers += 1
      this.#keepToken(from, reply, bytes)
      assert.equal(sent.to, from, `it answers somebody else at ${describe(from, bytes)}`)
      const ratio = reply.fields?.has('v') === true ? ITEM_RATIO : RATIO
      assert.ok(
        sent.bytes.length <= ratio * bytes.length,
        `${sent.bytes.length} bytes for ${describe(from, bytes)}`,
      )
      assert.ok(reply.canonical, `what is not canonical for ${describe(from, bytes)}`)
    }
    assert.ok(answers <= 1, `${answers} answers for ${describe(from, bytes)}`)
    this.answered += answers
  }

  #keepToken(from: Address, { fields }: Reply, query: Uint8Array): void {
    const token = fields?.get('token')
    if (!(token instanceof Uint8Array)) return
    const target = /(?:9:info_hash|6:target)20:([\s\S]{20})/.exec(toLatin1(query))?.[1] ?? ''
    for (const bytes of tokenUses(target, toLatin1(token))) {
      if (this.#uses.length >= ASKED) this.#uses.shift()
      this.#uses.push({ from, bytes })
    }
  }

  /** Time passes; now and then the node has something to look for. */
  #pass(): void {
    this.#now += 5 * MILLISECOND
    this.#out = []
    while (this.#node.nextDeadline() <= this.#now) this.#node.tick(this.#now)
    if (this.fed % 100 === 0) {
      const want = (['peers', 'samples'] as const)[below(this.#rng, 2)]!
      const request = { target: randomId(this.#rng), want, deadline: this.#now + 5 * SECOND }
      this.#node.lookup(this.#now, request, { peers: () => {}, done: () => {} })
    }
    for (const { to, bytes } of this.#out) this.#ask(to, new Reply(bytes))
  }

  #ask(to: Address, query: Reply): void {
    if (this.#asked.length >= ASKED) this.#asked.shift()
    this.#asked.push({ to, query })
  }

  #next(): { readonly from: Address; readonly bytes: Uint8Array } {
    const rng = this.#rng
    const asked = below(rng, 2) === 0 ? this.#asked.pop() : undefined
    const other = this.#corpus[below(rng, this.#corpus.length)]!
    if (asked !== undefined) {
      this.replies += 1
      const bytes = this.#replyTo(asked)
      return { from: asked.to, bytes: below(rng, 2) === 0 ? bytes : mutate(bytes, other, rng) }
    }
    const use = below(rng, 16) === 0 ? this.#uses.pop() : undefined
    if (use !== undefined) return below(rng, 2) === 0 ? use : { ...use, bytes: mutate(use.bytes, other, rng) }
    const seed = this.#corpus[below(rng, this.#corpus.length)]!
    return { from: this.#sender(), bytes: below(rng, 8) === 0 ? seed : mutate(seed, other, rng) }
  }

  /** From the open network, or from a machine to which no limit applies. */
  #sender(): Address {
    const rng = this.#rng
    if (this.#family === 6 || below(rng, 2) === 0) return this.#global(below(rng, 60_000))
    return address(`127.0.${below(rng, 4)}.${1 + below(rng, 50)}`, 1024 + below(rng, 4))
  }

  #global(index: number): Address {
    if (this.#family === 4) return globalAddress(index)
    return address(`2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::9`)
  }

  #replyTo({ query, to }: Asked): Uint8Array {
    const rng = this.#rng
    const transaction = toLatin1(query.transaction ?? new Uint8Array(0))
    const text = REPLIES[below(rng, REPLIES.length)]!
    const own =
      this.#family === 4
        ? text
        : text.replace(/5:nodes(\d+):/, (_, length) => `6:nodes6${(Number(length) / 26) * 38}:`)
    return expand(own, (name) => {
      if (name === 't') return `${transaction.length}:${transaction}`
      const node = name === 'n' ? this.#global(below(rng, 60_000)) : to
      const id = toLatin1(nodeCrypto.sha1(latin1(node.text)))
      return name === 'n' ? `${id}${toLatin1(node.bytes)}\x1a\xe1` : id
    })
  }
}

function describe(from: Address, bytes: Uint8Array): string {
  return `${bytes.length} bytes from ${from.text}: ${toHex(bytes.subarray(0, 2000))}`
}
