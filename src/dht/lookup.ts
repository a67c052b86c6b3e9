import type { NodeInfo } from '../codec/compact.ts'
import { type Address, acceptsFrom, limitKey, sameAddress, subnetKey } from '../core/address.ts'
import { equalBytes } from '../core/bytes.ts'
import { compareDistance, type Id } from '../core/id.ts'
import { MILLISECOND, type Micros, SECOND } from '../core/time.ts'
import type { Agenda, Timed } from './agenda.ts'
import type { Counters } from './counters.ts'
import { Call } from './lookup-call.ts'
import type {
  LookupEnd,
  LookupHandle,
  LookupObserver,
  LookupRequest,
  LookupResult,
  TokenHolder,
  Unasked,
} from './lookup-request.ts'
import { holdersAmong, nearestOf, Step } from './lookup-step.ts'
import type { DhtOptions } from './options.ts'
import type { Question } from './outbox.ts'
import type { CallFailure, Querier, Reply } from './querier.ts'
import type { SampleRests } from './sample-rests.ts'
import { ScrapeTally } from './scrape-tally.ts'
import { WalkLog } from './walk-log.ts'

export interface LookupParts {
  readonly ownId: Id
  readonly family: 4 | 6
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly counters: Counters
  readonly querier: Pick<Querier, 'ask' | 'isReflector'>
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly sampleRests: SampleRests
  /** Whether an address is one of ours. */
  isOwn(address: Address): boolean
}

/** After a query was refused for want of room. */
const RETRY: Micros = 100 * MILLISECOND
/** KRPC error: the method is not known (BEP 5). */
const METHOD_UNKNOWN = 204
/** Addresses that one id may be named at: the one that answers first wins. */
const MAX_NAMESAKES = 3

/**
 * One iterative walk towards a target (BEP 5, "Overview"). It asks the nearest nodes that it knows of, a few at once; a slow
 * one frees its place while its late reply still counts. It ends when the eight nearest that answered have nobody nearer
 * left to hear from, or by budget or deadline. One query per IP; of each subnet only so many before the others.
 */
export class Lookup implements LookupHandle, Timed {
  readonly #parts: LookupParts
  readonly #request: LookupRequest
  readonly #observer: LookupObserver
  readonly #finished: (now: Micros, result: LookupResult, holders: readonly TokenHolder[]) => void
  readonly #started: Micros
  readonly #until: Micros
  readonly #budget: number
  /** Nearest first. */
  readonly #steps: Step[] = []
  readonly #hosts = new Set<string>()
  readonly #subnets = new Map<string, number>()
  readonly #found = new Set<string>()
  readonly #scrape: ScrapeTally | undefined
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
  ) {
    this.#parts = parts
    this.#request = request
    this.#observer = observer
    this.#finished = finished
    this.#started = now
    this.#until = now + (request.deadline ?? parts.options.lookupDeadline * SECOND)
    this.#budget = request.budget ?? parts.options.lookupBudget
    this.#scrape = request.scrape ? new ScrapeTally(parts.sha1, parts.options.lookupPeers) : undefined
    this.#log = request.explain ? new WalkLog() : undefined
    parts.agenda.set(this, this.#until)
  }

  /** Starts from these, in any order. */
  begin(now: Micros, seeds: readonly NodeInfo[]): void {
    for (const seed of seeds) this.#add(seed, undefined)
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
      this.#place(step, reply)
      const named = this.#parts.family === 4 ? reply.nodes : reply.nodes6
      for (const node of nearestOf(named, this.#request.target, this.#parts.options.nodesPerReply))
        this.#add(node, step)
      this.#log?.answered(now, step, named.length, reply.values.length)
      this.#scrape?.add(reply)
      if (this.#request.want === 'peers') this.report(now, reply.values, step.address)
    }
    if (call.isSampling && reply.sample !== undefined)
      this.#observer.sampled?.(now, step.address, reply.sample)
    this.#advance(now)
  }

  failed(now: Micros, call: Call, why: CallFailure, code: number): void {
    const { step } = call
    this.#settle(call)
    if (call.isSampling && code === METHOD_UNKNOWN) this.#parts.sampleRests.answered(now, step.address)
    if (this.#ended) return
    // Who does not answer this may well know nodes.
    if (call.isSampling && why === 'error' && this.#queries < this.#budget && this.#ask(now, step)) return
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

  /** The step counts under the id that answered; others that claim this id are out. */
  #place(step: Step, reply: Reply): void {
    this.#remove(step)
    step.id = reply.id
    step.state = 'answered'
    step.token = reply.token
    let at = this.#position(step.id)
    while (at > 0 && equalBytes(this.#steps[at - 1]!.id, step.id)) {
      const other = this.#steps[at - 1]!
      if (other.state === 'answered') return
      if (other.state === 'fresh') {
        this.#log?.dropped(other, 'same-id')
        this.#steps.splice(at - 1, 1)
      }
      at -= 1
    }
    this.#steps.splice(at, 0, step)
  }

  #add(node: NodeInfo, by: Step | undefined): void {
    const { id, address } = node
    const at = this.#position(id)
    const unfit = this.#unfit(node, by, at)
    if (unfit !== undefined) {
      if (unfit !== 'known') this.#log?.refused(node, by, unfit)
      return
    }
    const step = new Step(id, address)
    this.#steps.splice(at, 0, step)
    this.#log?.added(step, by)
    if (this.#steps.length > this.#parts.options.lookupCandidates) {
      const farthest = this.#steps.pop()!
      this.#log?.dropped(farthest, 'too-far')
    }
  }

  /** Why a node that belongs `at` among the steps is not to be asked, if so. */
  #unfit({ id, address }: NodeInfo, by: Step | undefined, at: number): Unasked | 'known' | undefined {
    const { ownId, family, options, querier } = this.#parts
    if (by !== undefined && !acceptsFrom(by.address, address)) return 'scope'
    if (address.family !== family || !address.usable) return 'unusable'
    if (equalBytes(id, ownId) || this.#parts.isOwn(address) || querier.isReflector(address)) return 'self'
    let namesakes = 0
    for (let i = at - 1; i >= 0 && equalBytes(this.#steps[i]!.id, id); i--) {
      const other = this.#steps[i]!
      if (other.state === 'answered' || sameAddress(other.address, address)) return 'known'
      namesakes += 1
    }
    if (namesakes >= MAX_NAMESAKES) return 'same-id'
    return at >= options.lookupCandidates ? 'too-far' : undefined
  }

  /** Behind all steps that are as near as `id`, or nearer. */
  #position(id: Id): number {
    let low = 0
    let high = this.#steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareDistance(this.#request.target, id, this.#steps[middle]!.id) < 0) high = middle
      else low = middle + 1
    }
    return low
  }

  #remove(step: Step): void {
    const at = this.#steps.indexOf(step)
    if (at >= 0) this.#steps.splice(at, 1)
  }

  #advance(now: Micros): void {
    while (this.#pending < this.#parts.options.lookupParallelism && this.#queries < this.#budget) {
      const step = this.#next()
      if (step === undefined) break
      if (!this.#ask(now, step)) {
        this.#parts.agenda.set(this, Math.min(now + RETRY, this.#until))
        return
      }
    }
    if (this.#queries >= this.#budget && this.#pending === 0 && this.#next() !== undefined)
      this.#end(now, 'budget')
    else if (this.#isOver()) this.#end(now, this.#responses > 0 ? 'closest' : 'no-nodes')
    else if (this.#pending === 0 && this.#responses > 0) this.#observer.lingering?.(now)
  }

  /**
   * The nearest to be asked; one of a crowded subnet only when there is no other. Before a walk ends without a slow node
   * that is near enough to count, this is asked again: datagrams get lost.
   */
  #next(): Step | undefined {
    const { bucketSize, lookupPerSubnet } = this.#parts.options
    let responders = 0
    let crowded: Step | undefined
    let again: Step | undefined
    for (let i = 0; i < this.#steps.length; i++) {
      const step = this.#steps[i]!
      if (step.state === 'answered' && ++responders >= bucketSize) return again
      if (this.#mayRepeat(step)) again ??= step
      if (step.state !== 'fresh') continue
      if (this.#hosts.has(limitKey(step.address))) {
        this.#log?.dropped(step, 'same-ip')
        this.#steps.splice(i--, 1)
      } else if ((this.#subnets.get(subnetKey(step.address)) ?? 0) < lookupPerSubnet) return step
      else crowded ??= step
    }
    return again ?? (this.#pending === 0 ? crowded : undefined)
  }

  #ask(now: Micros, step: Step): boolean {
    const { want, target, scrape = false } = this.#request
    const { querier, sampleRests } = this.#parts
    // Who is silent is asked for nodes the second time: it may know no samples.
    const isSampling = want === 'samples' && step.attempts === 0 && sampleRests.mayAsk(now, step.address)
    const method = want === 'peers' ? 'get_peers' : isSampling ? 'sample_infohashes' : 'find_node'
    const question: Question = { method, target, scrape }
    const call = new Call(this, step, isSampling)
    if (!querier.ask(now, step.address, step.id, question, call)) return false
    if (isSampling) sampleRests.asked(now, step.address)
    this.#log?.asked(now, step)
    this.#queries += 1
    this.#pending += 1
    step.outstanding += 1
    if (step.attempts++ === 0) {
      this.#hosts.add(limitKey(step.address))
      const subnet = subnetKey(step.address)
      this.#subnets.set(subnet, (this.#subnets.get(subnet) ?? 0) + 1)
    }
    step.state = 'asked'
    return true
  }

  #mayRepeat(step: Step): boolean {
    return step.state === 'slow' && step.attempts < this.#parts.options.lookupAttempts
  }

  /** Nothing is left to hear from that is nearer than the eighth responder; slow ones are waited for while there are fewer. */
  #isOver(): boolean {
    let responders = 0
    let hasSlow = false
    for (const step of this.#steps) {
      if (step.state === 'answered' && ++responders >= this.#parts.options.bucketSize) return true
      if (step.state === 'fresh' || step.state === 'asked' || this.#mayRepeat(step)) return false
      if (step.state === 'slow') hasSlow = true
    }
    return !hasSlow && this.#pending === 0
  }

  #end(now: Micros, ended: LookupEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#parts.agenda.delete(this)
    const nearest = this.#steps
      .filter((step) => step.state === 'answered')
      .slice(0, this.#parts.options.bucketSize)
    const result: LookupResult = {
      target: this.#request.target,
      queries: this.#queries,
      responses: this.#responses,
      timeouts: this.#timeouts,
      peers: this.#found.size,
      closest: nearest.map(({ id, address }) => ({ id, address })),
      elapsed: now - this.#started,
      announced: 0,
      ended,
      suspicious: ended === 'budget',
      ...(this.#scrape === undefined ? {} : { scraped: this.#scrape.result }),
      ...(this.#log === undefined ? {} : { walk: this.#log.steps }),
    }
    this.#finished(now, result, holdersAmong(this.#steps, this.#parts.options.bucketSize))
    // What is still outstanding refers to the walk until its hard timeout.
    this.#steps.length = 0
  }
}
