import type { NodeInfo } from '../../codec/compact.ts'
import type { Item } from '../../codec/item.ts'
import { type Address, acceptsFrom } from '../../core/address.ts'
import { EMPTY } from '../../core/bytes.ts'
import { MILLISECOND, type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Question } from '../asking/outbox.ts'
import type { CallFailure, Querier, Reply } from '../asking/querier.ts'
import type { Counters } from '../counters.ts'
import { Candidates, type CandidatesParts } from './candidates.ts'
import { ItemSearch, type ItemSearchParts } from './item-search.ts'
import { Call } from './lookup-call.ts'
import type {
  LookupEnd,
  LookupHandle,
  LookupObserver,
  LookupRequest,
  LookupResult,
  TokenHolder,
} from './lookup-request.ts'
import { holdersAmong, nearestOf, type Step } from './lookup-step.ts'
import { Pace } from './pace.ts'
import type { SampleRests } from './sample-rests.ts'
import { ScrapeTally } from './scrape-tally.ts'
import { type Guard, Vigil, type VigilParts } from './vigil.ts'
import { WalkLog } from './walk-log.ts'

export interface LookupParts extends CandidatesParts, ItemSearchParts, VigilParts {
  readonly agenda: Agenda
  readonly counters: Counters
  readonly querier: Pick<Querier, 'ask' | 'isReflector' | 'reaches'>
  readonly sampleRests: SampleRests
}

const METHODS = { peers: 'get_peers', nodes: 'find_node', samples: 'find_node', item: 'get' } as const
/** Stands for an item that is not the newest. */
const OLDER: Item = { value: EMPTY }
/** After a query was refused for want of room. */
const RETRY: Micros = 100 * MILLISECOND
/** KRPC error: the method is not known (BEP 5). */
const METHOD_UNKNOWN = 204

/**
 * One iterative walk towards a target (BEP 5, "Overview"). It asks the nearest nodes that it knows of, a few at once; a slow
 * one frees its place while its late reply still counts. It ends when the eight nearest that answered have nobody nearer
 * left to hear from, or by budget or deadline. One query per IP; of each subnet only so many before the others. When the eight
 * are improbably near, somebody may have put them there: then it goes on to everybody in a radius that holds honest nodes too.
 */
export class Lookup implements LookupHandle, Timed {
  readonly #parts: LookupParts
  readonly #request: LookupRequest
  readonly #observer: LookupObserver
  readonly #finished: (now: Micros, result: LookupResult, holders: readonly TokenHolder[]) => void
  readonly #started: Micros
  readonly #until: Micros
  readonly #budget: number
  readonly #vigil: Vigil | undefined
  readonly #pace: Pace
  readonly #candidates: Candidates
  readonly #found = new Set<string>()
  readonly #scrape: ScrapeTally | undefined
  readonly #items: ItemSearch | undefined
  readonly #log: WalkLog | undefined
  #queries = 0
  #responses = 0
  #timeouts = 0
  /** Asked and not slow. */
  #pending = 0
  #ended = false

  constructor(
    now: Micros,
    request: LookupRequest,
    parts: LookupParts,
    observer: LookupObserver,
    finished: (now: Micros, result: LookupResult, holders: readonly TokenHolder[]) => void,
    guard?: Guard,
  ) {
    this.#parts = parts
    this.#request = request
    this.#observer = observer
    this.#finished = finished
    this.#started = now
    this.#until = now + (request.deadline ?? parts.options.lookupDeadline * SECOND)
    this.#budget = request.budget ?? parts.options.lookupBudget
    this.#scrape = request.scrape ? new ScrapeTally(parts.sha1, parts.options.lookupPeers) : undefined
    this.#items =
      request.want === 'item' ? new ItemSearch(request.target, request.salt ?? EMPTY, parts) : undefined
    this.#log = request.explain ? new WalkLog() : undefined
    this.#pace = new Pace(parts)
    this.#candidates = new Candidates(request.target, parts, this.#log)
    if (guard !== undefined) this.#vigil = new Vigil(parts, guard, request.target, this.#candidates)
    parts.agenda.set(this, this.#until)
  }

  /** Starts from these, in any order. */
  begin(now: Micros, seeds: readonly NodeInfo[]): void {
    if (this.#ended) return
    for (const seed of seeds) this.#candidates.add(seed, undefined)
    this.#advance(now)
  }

  /** Reports those of `peers` that are new and may be named by `from`. */
  report(now: Micros, peers: readonly Address[], from: Address | undefined): void {
    const fresh: Address[] = []
    for (const peer of peers) {
      if (from !== undefined && !acceptsFrom(from, peer)) continue
      if (this.#found.has(peer.text)) continue
      if (this.#found.size >= this.#parts.options.lookupPeers) {
        this.#parts.counters.drop('lookup-peers-full')
        break
      }
      this.#found.add(peer.text)
      fresh.push(peer)
    }
    if (fresh.length > 0) this.#observer.peers?.(now, fresh, from)
  }

  /** An item of our own store. */
  offer(now: Micros, { value, signed }: Item): void {
    const { publicKey, seq, signature } = signed ?? {}
    const fields = { value, publicKey, seq, signature, salt: undefined, cas: undefined, isFaulty: false }
    if (this.#items?.offered(fields) === 'newer') this.#itemFound(now, this.#items.best!)
  }

  cancel(now: Micros): void {
    this.#end(now, 'cancelled')
  }

  tick(now: Micros): void {
    if (now >= this.#until) this.#end(now, 'deadline')
    else {
      this.#parts.agenda.set(this, this.#until)
      this.#advance(now)
    }
  }

  answered(now: Micros, call: Call, reply: Reply): void {
    const { step } = call
    this.#settle(call)
    if (call.isSampling) this.#parts.sampleRests.answered(now, step.address, reply.sample?.interval)
    if (this.#ended) return
    // One that was asked twice may answer twice: nothing new, and yet the walk may have waited for this alone.
    if (step.state !== 'answered') {
      this.#responses += 1
      if (!this.#learn(now, step, reply)) return
      this.#candidates.place(step, reply)
      const named = this.#parts.family === 4 ? reply.nodes : reply.nodes6
      for (const node of nearestOf(named, this.#request.target, this.#parts.options.nodesPerReply))
        this.#candidates.add(node, step)
      this.#log?.answered(now, step, named.length, reply.values.length)
      this.#scrape?.add(reply)
      if (this.#request.want === 'peers') this.report(now, reply.values, step.address)
    }
    if (call.isSampling && reply.sample !== undefined)
      this.#observer.sampled?.(now, step.address, reply.sample)
    this.#advance(now)
  }

  /** What a node says of the item; false when that ends the walk, or is a lie, which makes the node one that failed. */
  #learn(now: Micros, step: Step, { item: fields }: Reply): boolean {
    const search = this.#items
    if (search === undefined || fields === undefined) return true
    const finding = search.offered(fields)
    if (finding === 'bad') {
      this.#parts.counters.drop('bad-item')
      this.#log?.failed(step)
      step.state = 'failed'
      this.#advance(now)
      return false
    }
    if (finding !== 'none') step.item = finding === 'older' ? OLDER : search.best
    if (finding === 'newer') this.#itemFound(now, search.best!)
    return !this.#ended
  }

  /** What cannot be changed needs no second witness. */
  #itemFound(now: Micros, item: Item): void {
    this.#observer.item?.(now, item)
    if (item.signed === undefined && this.#request.put === undefined) this.#end(now, 'found')
  }

  failed(now: Micros, call: Call, why: CallFailure, code: number): void {
    const { step } = call
    this.#settle(call)
    if (call.isSampling && code === METHOD_UNKNOWN) this.#parts.sampleRests.answered(now, step.address)
    if (this.#ended) return
    // Who does not answer this may well know nodes.
    if (call.isSampling && why === 'error' && this.#mayAsk && this.#ask(now, step)) return
    if (why === 'timeout') this.#timeouts += 1
    else this.#log?.failed(step)
    if (step.state !== 'answered' && (step.outstanding === 0 || why !== 'timeout')) step.state = 'failed'
    this.#advance(now)
  }

  slowed(now: Micros, call: Call): void {
    call.isSlow = true
    this.#pending -= 1
    if (call.step.state === 'asked') call.step.state = 'slow'
    if (!this.#ended) this.#advance(now)
  }

  /** An outstanding query has come to its end. */
  #settle(call: Call): void {
    call.step.outstanding -= 1
    if (!call.isSlow) this.#pending -= 1
  }

  #advance(now: Micros): void {
    while (this.#mayAsk) {
      const settled = this.#queries - this.#pending
      if (this.#pending >= this.#pace.parallelism(settled, this.#responses)) break
      this.#candidates.attempts = this.#pace.attempts(settled, this.#responses)
      const step = this.#candidates.next(this.#pending === 0)
      if (step === undefined) break
      if (!this.#ask(now, step)) {
        this.#parts.agenda.set(this, Math.min(now + RETRY, this.#until))
        return
      }
    }
    if (this.#vigil?.isSweeping) return
    if (!this.#mayAsk && this.#pending === 0 && this.#candidates.next(true) !== undefined)
      this.#end(now, 'budget')
    else if (this.#candidates.isExhausted(this.#pending === 0)) {
      if (this.#vigil?.isDue) this.#widen(now, this.#vigil)
      else this.#end(now, this.#responses > 0 ? 'closest' : 'no-nodes')
    } else if (this.#pending === 0 && this.#responses > 0) this.#observer.lingering?.(now)
  }

  get #mayAsk(): boolean {
    return this.#queries + (this.#vigil?.reserved ?? 0) < this.#budget
  }

  /** The nearest are not to be trusted: those are looked for who live behind them. */
  #widen(now: Micros, vigil: Vigil): void {
    vigil.widen(now, this.#budget - this.#queries, this.#until, (at, result) => {
      this.#queries += result.queries
      this.#responses += result.responses
      this.#timeouts += result.timeouts
      if (this.#ended) return
      for (const node of result.closest) this.#candidates.add(node, undefined)
      this.#advance(at)
    })
  }

  #ask(now: Micros, step: Step): boolean {
    const { want, target, scrape = false } = this.#request
    const { querier, sampleRests } = this.#parts
    if (step.attempts === 0 && !querier.reaches(now, step.address)) return false
    // Who is silent is asked for nodes the second time: it may know no samples.
    const isSampling = want === 'samples' && step.attempts === 0 && sampleRests.mayAsk(now, step.address)
    const method = isSampling ? 'sample_infohashes' : METHODS[want]
    const question: Question = { method, target, scrape }
    const call = new Call(this, step, isSampling)
    if (!querier.ask(now, step.address, step.id, question, call)) return false
    if (isSampling) sampleRests.asked(now, step.address)
    this.#log?.asked(now, step)
    this.#queries += 1
    this.#pending += 1
    this.#candidates.asked(step)
    return true
  }

  #end(now: Micros, ended: LookupEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#parts.agenda.delete(this)
    this.#vigil?.cancel(now)
    const responders = this.#candidates.answered()
    const count = this.#parts.options.bucketSize
    const best = this.#items?.best
    const confidence = this.#vigil?.confidence()
    const result: LookupResult = {
      target: this.#request.target,
      queries: this.#queries,
      responses: this.#responses,
      timeouts: this.#timeouts,
      peers: this.#found.size,
      closest: responders.slice(0, count).map(({ id, address }) => ({ id, address })),
      elapsed: now - this.#started,
      announced: 0,
      ended,
      suspicious: ended === 'budget' || this.#vigil?.isAlarmed(confidence) === true,
      ...(confidence === undefined ? {} : { confidence }),
      ...(this.#scrape === undefined ? {} : { scraped: this.#scrape.result }),
      ...(this.#log === undefined ? {} : { walk: this.#log.steps }),
      ...(best === undefined ? {} : { item: best, copies: this.#items!.copies }),
    }
    this.#finished(
      now,
      result,
      holdersAmong(responders, Math.max(count, this.#vigil?.reach(responders) ?? 0), best),
    )
    this.#candidates.clear()
  }
}
