import assert from 'node:assert/strict'
import { type BencodeDict, decode } from '../../src/codec/bencode.ts'
import { BencodeCursor } from '../../src/codec/bencode-cursor.ts'
import { decodeKrpc, type KrpcMessage, type KrpcQuery } from '../../src/codec/krpc.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { DhtPolicies } from '../../src/dht/dht-init.ts'
import { type DhtEvent, DhtNode } from '../../src/dht/dht-node.ts'
import type { Sister } from '../../src/dht/identity/sister.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { expand } from '../../src/probe/notation.ts'
import { dice } from './dice.ts'

export interface Sent {
  readonly to: Address
  readonly bytes: Uint8Array
  readonly message: KrpcMessage
}

export interface SentQuery extends Sent {
  readonly message: KrpcQuery
}

export interface LoneNodeInit {
  readonly family?: 4 | 6
  /** Default: `OWN_ID`. */
  readonly id?: Id
  /** Present: its id follows its address, away from these. */
  readonly others?: () => readonly Id[]
  /** Its node of the other family. */
  readonly sister?: () => Sister
  readonly options?: Partial<DhtOptions>
  readonly policies?: DhtPolicies
}

const MACROS: Readonly<Record<string, string>> = {
  A: '2:id20:abcdefghij0123456789',
  ih: '9:info_hash20:mnopqrstuvwxyz123456',
  tg: '6:target20:mnopqrstuvwxyz123456',
  z: '1:t2:aa1:y1:qe',
}

/** The id of the asker in the packets of `packet`. */
export const ASKER_ID: Id = latin1('abcdefghij0123456789')
export const INFO_HASH: Id = latin1('mnopqrstuvwxyz123456')
export const OWN_ID: Id = latin1('NNNNNNNNNNNNNNNNNNNN')

/** A packet in the notation of the conformance tables: `<A>` and so on, `{n*x}` for n times x; Latin-1, so `\xNN` is a byte. */
export function packet(text: string): Uint8Array {
  return expand(text, (name) => MACROS[name] ?? `<${name}>`)
}

/** One node, fed with raw bytes, and all that it sends. */
export class LoneNode {
  now: Micros = 0
  readonly sent: Sent[] = []
  readonly events: DhtEvent[] = []
  readonly node: DhtNode

  constructor({ family = 4, id = OWN_ID, others, sister, options, policies }: LoneNodeInit = {}) {
    this.node = new DhtNode({
      now: 0,
      family,
      id,
      others,
      sister,
      secret: dice(1),
      dice: dice(2),
      crypto: nodeCrypto,
      effects: {
        reserve: (length) => new Uint8Array(length),
        send: (to, bytes) => {
          const message = decodeKrpc(bytes, family)
          assert.ok(message, 'what we send can be read')
          const walk = new BencodeCursor(bytes, 0, { depth: 8, tokens: 1000, length: 4096 })
          assert.ok(walk.skip() && walk.at === bytes.length && !walk.irregular, 'and is canonical')
          const holdsItem = message.kind === 'response' && message.item?.value !== undefined
          assert.ok(
            bytes.length <=
              (holdsItem ? (family === 4 ? 1472 : 1232) : message.kind === 'query' ? 1472 : 1024),
          )
          this.sent.push({ to, bytes, message })
        },
        event: (event) => this.events.push(event),
      },
      ...(options === undefined ? {} : { options }),
      ...(policies === undefined ? {} : { policies }),
    })
  }

  /** Feeds a datagram; all that is sent before the call returns. At most one of them is no query of our own. */
  receive(from: Address, bytes: Uint8Array): Sent[] {
    const before = this.sent.length
    const lent = bytes.slice()
    this.node.receive(this.now, from, lent)
    lent.fill(0xee)
    const sent = this.sent.slice(before)
    const answers = sent.filter(({ message }) => message.kind !== 'query')
    assert.ok(answers.length <= 1)
    for (const { to } of answers) assert.equal(to, from)
    return sent
  }

  /** The answer to a datagram, decoded; `undefined` when there is none. */
  ask(from: Address, bytes: Uint8Array): BencodeDict | undefined {
    const answer = this.receive(from, bytes).find(({ message }) => message.kind !== 'query')
    if (answer === undefined) return undefined
    const value = decode(answer.bytes, { depth: 8, tokens: 1000, length: 4096 })
    assert.ok(value instanceof Map)
    return value
  }

  /** Lets time pass, ticking whenever the node asks for it. */
  run(until: Micros): void {
    for (let at = this.node.nextDeadline(); at <= until; at = this.node.nextDeadline()) {
      this.now = Math.max(this.now, at)
      this.node.tick(this.now)
      assert.ok(this.node.nextDeadline() > this.now, 'a deadline after a tick lies in the future')
    }
    this.now = until
  }

  /** Lets time pass second by second, in which those of `ids` (by endpoint) answer what they are asked with their id alone. */
  runAmong(ids: ReadonlyMap<string, Id>, until: Micros): void {
    let seen = this.sent.length
    while (this.now < until) {
      this.run(Math.min(until, this.now + SECOND))
      const queries = this.queries(seen)
      seen = this.sent.length
      for (const query of queries) {
        const id = ids.get(query.to.text)
        if (id !== undefined) this.reply(query, id)
      }
    }
  }

  /** Queries sent since `before` (an earlier `sent.length`). */
  queries(before = 0): SentQuery[] {
    return this.sent.slice(before).filter((sent): sent is SentQuery => sent.message.kind === 'query')
  }

  /** Answers a query of the node: `body` is what follows the id in `r`. */
  reply(query: Sent, id: Id, body: Uint8Array = new Uint8Array(0), from: Address = query.to): Sent[] {
    return this.receive(from, response(query, id, body))
  }

  /** Asks `from`, which answers as `id` and says (in bencode) that we are at `ip` (BEP 42). */
  told(from: Address, id: Id, ip: string): void {
    this.node.ping(this.now, from, () => {})
    const { transaction } = this.queries().at(-1)!.message
    this.receive(
      from,
      concatBytes([latin1(`d2:ip${ip}1:rd2:id20:`), id, latin1('e1:t4:'), transaction, latin1('1:y1:re')]),
    )
  }

  /** Makes `id` at `address` a contact: it answers a ping. */
  befriend(id: Id, address: Address): void {
    const before = this.sent.length
    this.node.ping(this.now, address, () => {})
    this.run(this.now + SECOND)
    for (const query of this.queries(before)) if (query.to === address) this.reply(query, id)
  }

  /** Lets `id` at `address` ask something, and answer when it is verified for that. */
  visit(id: Id, address: Address): void {
    const before = this.sent.length
    this.receive(address, concatBytes([latin1('d1:ad2:id20:'), id, latin1('e1:q4:ping1:t1:z1:y1:qe')]))
    this.run(this.now + SECOND)
    for (const query of this.queries(before)) if (query.to === address) this.reply(query, id)
  }
}

export function response(
  query: Sent,
  id: Uint8Array,
  body: Uint8Array,
  transaction: Uint8Array = query.message.transaction,
): Uint8Array {
  return concatBytes([
    latin1(`d1:rd2:id${id.length}:`),
    id,
    body,
    latin1(`e1:t${transaction.length}:`),
    transaction,
    latin1('1:y1:re'),
  ])
}
