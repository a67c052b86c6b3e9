import type { KrpcQuery } from '../../codec/krpc.ts'
import { type Address, withPort } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { Sister } from '../identity/sister.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import type { Answer, AnswerFields } from './answer.ts'
import type { HashSampler } from './hash-sampler.ts'
import { ItemKeeper, type ItemKeeperParts } from './item-keeper.ts'
import type { PeerStore } from './peer-store.ts'

/** Decides what a query is answered with: the one place where a node may be made to lie. */
export interface Responder {
  /** `undefined`: not at all. */
  answer(now: Micros, from: Address, query: KrpcQuery): Answer | undefined
}

/** What a responder may draw upon. */
export interface ResponderParts extends ItemKeeperParts {
  readonly family: 4 | 6
  /** Our node of the other family (BEP 32). */
  readonly sister: (() => Sister | undefined) | undefined
  readonly table: RoutingTable
  readonly store: PeerStore
  readonly sampler: HashSampler
}

/** More values than fit beside eight nodes in 1024 bytes, in either family. */
const VALUES = { 4: 100, 6: 48 } as const

const PONG: Answer = { kind: 'response', fields: {} }
const BAD_TOKEN: Answer = { kind: 'error', code: 203, message: 'Bad token' }
const FULL: Answer = { kind: 'error', code: 202, message: 'Server full' }
const UNKNOWN: Answer = { kind: 'error', code: 204, message: 'Method Unknown' }

/** Answers as BEP 5, 33, 44 and 51 say, naming to each asker only what its scope allows. */
export class HonestResponder implements Responder {
  readonly #parts: ResponderParts
  readonly #items: ItemKeeper

  constructor(parts: ResponderParts) {
    this.#parts = parts
    this.#items = new ItemKeeper(parts)
  }

  answer(now: Micros, from: Address, query: KrpcQuery): Answer | undefined {
    if (query.fault !== undefined) return { kind: 'error', code: 203, message: query.fault }
    switch (query.method) {
      case 'ping':
        return PONG
      case 'get_peers':
        return this.#peers(now, from, query, query.infoHash!)
      case 'announce_peer':
        return this.#announce(now, from, query, query.infoHash!)
      case 'get':
        return this.#get(now, from, query, query.target!)
      case 'put':
        return this.#items.put(now, from, query)
      case 'sample_infohashes':
        return this.#samples(now, from, query, query.target!)
      default:
        // A method that we do not know but that has a target is answered like find_node (BEP 51, forward rule).
        return query.target === undefined ? UNKNOWN : this.#nodes(now, from, query, query.target)
    }
  }

  #nodes(now: Micros, from: Address, query: KrpcQuery, target: Id): Answer {
    return { kind: 'response', fields: this.#near(now, from, query, target) }
  }

  #peers(now: Micros, from: Address, query: KrpcQuery, infoHash: Id): Answer {
    const { family, store, tokens } = this.#parts
    const token = tokens.issue(now, from, infoHash)
    const values = store.sample(now, infoHash, VALUES[family], from.scope, query.noSeed)
    const { nodes, nodes6 } = this.#near(now, from, query, infoHash)
    const scraped = query.scrape ? store.scrape(now, infoHash) : undefined
    // A spread here would cost as much as all the rest of the answer.
    const fields: AnswerFields = { nodes, nodes6, token, values }
    return { kind: 'response', fields: scraped === undefined ? fields : { ...fields, ...scraped } }
  }

  #get(now: Micros, from: Address, query: KrpcQuery, target: Id): Answer | undefined {
    const found = this.#items.get(now, from, query)
    if (found === undefined) return undefined
    return { kind: 'response', fields: { ...this.#near(now, from, query, target), ...found } }
  }

  #samples(now: Micros, from: Address, query: KrpcQuery, target: Id): Answer {
    const { sampler } = this.#parts
    return {
      kind: 'response',
      fields: { ...this.#near(now, from, query, target), samples: sampler.sample(now, from.scope) },
    }
  }

  #announce(now: Micros, from: Address, query: KrpcQuery, infoHash: Id): Answer {
    const { counters, store, tokens } = this.#parts
    if (query.token === undefined || !tokens.accepts(now, from, infoHash, query.token)) return BAD_TOKEN
    const peer = query.impliedPort || query.port === undefined ? from : withPort(from, query.port)
    if (store.add(now, infoHash, peer, query.seed)) return PONG
    counters.drop('peers-full')
    return FULL
  }

  /** Nodes of our own family unless only the other's were asked for, and of the other's if they were (BEP 32, "want"). */
  #near(now: Micros, from: Address, query: KrpcQuery, target: Id): AnswerFields {
    const { family, table } = this.#parts
    const [wantsOwn, wantsOther] = family === 4 ? [query.want4, query.want6] : [query.want6, query.want4]
    const own = wantsOwn || !wantsOther ? table.nearestGood(now, target, from) : undefined
    // Beside filters of BEP 33 there is no room for both.
    const isAlone = !wantsOther || (own !== undefined && query.scrape)
    const other = isAlone ? undefined : this.#parts.sister?.()?.nearest(now, target, from)
    return family === 4 ? { nodes: own, nodes6: other } : { nodes: other, nodes6: own }
  }
}
