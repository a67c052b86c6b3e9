import type { NodeInfo } from '../../codec/compact.ts'
import { type Address, acceptsFrom, limitKey, sameAddress, subnetKey } from '../../core/address.ts'
import { equalBytes } from '../../core/bytes.ts'
import { commonPrefix, compareDistance, type Id } from '../../core/id.ts'
import { isCompliant } from '../../core/node-id.ts'
import type { Querier, Reply } from '../asking/querier.ts'
import type { DhtOptions } from '../options.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import type { Unasked } from './lookup-request.ts'
import { Step } from './lookup-step.ts'
import { distanceHead } from './network-size.ts'
import type { WalkLog } from './walk-log.ts'

export interface CandidatesParts {
  readonly ownId: Id
  readonly family: 4 | 6
  readonly options: DhtOptions
  readonly querier: Pick<Querier, 'isReflector'>
  /** Whether an address is one of ours. */
  isOwn(address: Address): boolean
  readonly table: Pick<RoutingTable, 'roundTripOf'>
}

/** Addresses that one id may be named at: the one that answers first wins. */
const MAX_NAMESAKES = 3

/** The nodes that a look-up has heard of, nearest to its target first, and the choice of whom to ask next. */
export class Candidates {
  /** Whoever is nearer than this (`distanceHead`) is asked, however many have answered. */
  within = 0
  /** How often a node is asked that is near enough to count and silent. */
  attempts: number
  readonly #parts: CandidatesParts
  readonly #target: Id
  readonly #log: WalkLog | undefined
  readonly #steps: Step[] = []
  readonly #hosts = new Set<string>()
  readonly #subnets = new Map<string, number>()

  constructor(target: Id, parts: CandidatesParts, log: WalkLog | undefined) {
    this.#target = target
    this.#parts = parts
    this.#log = log
    this.attempts = parts.options.lookupAttempts
  }

  /** Those that answered and count, nearest first. */
  answered(): Step[] {
    return this.#steps.filter(isResponder)
  }

  /** Those that answered, and of subnets of which more answered than count, those too that were not asked for it; nearest first. */
  present(): readonly Step[] {
    const answers = new Map<string, number>()
    for (const { address } of this.answered()) {
      const subnet = subnetKey(address)
      answers.set(subnet, (answers.get(subnet) ?? 0) + 1)
    }
    const { lookupPerSubnet } = this.#parts.options
    return this.#steps.filter(({ state, address }) => {
      return (
        state === 'answered' ||
        (state === 'fresh' && (answers.get(subnetKey(address)) ?? 0) >= lookupPerSubnet)
      )
    })
  }

  /** A node that `by` has named; `undefined`: that our own table knows. */
  add(node: NodeInfo, by: Step | undefined): void {
    const { id, address } = node
    const at = this.#position(id)
    const unfit = this.#unfit(node, by, at)
    if (unfit !== undefined) {
      if (unfit === 'known') this.#vouch(node, by, at)
      else this.#log?.refused(node, by, unfit)
      return
    }
    const step = new Step(id, address, this.#parts.table.roundTripOf(address))
    step.by = by
    this.#steps.splice(at, 0, step)
    this.#log?.added(step, by)
    if (this.#steps.length > this.#parts.options.lookupCandidates) {
      const farthest = this.#steps.pop()!
      this.#log?.dropped(farthest, 'too-far')
    }
  }

  /** The step counts under the id that answered; others that claim this id are out. */
  place(step: Step, reply: Reply): void {
    this.#remove(step)
    if (step.by !== undefined) step.by.debt -= equalBytes(step.id, reply.id) ? 2 : 0
    step.id = reply.id
    step.state = 'answered'
    step.counts = !this.#parts.options.enforceIds || isCompliant(reply.id, step.address)
    step.token = step.counts ? reply.token : undefined
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

  /** A query to the node of a step has left. */
  asked(step: Step): void {
    step.outstanding += 1
    if (step.attempts++ === 0) {
      if (step.by !== undefined) step.by.debt += 1
      this.#hosts.add(limitKey(step.address))
      const subnet = subnetKey(step.address)
      this.#subnets.set(subnet, (this.#subnets.get(subnet) ?? 0) + 1)
    }
    step.state = 'asked'
  }

  /**
   * The nearest to be asked; one of a crowded subnet, or named by somebody who named dead or false nodes, only when there is no other
   * and nothing is waited for (`isIdle`). Before a walk ends without a slow node that is near enough to count, this is asked again: datagrams get lost.
   */
  next(isIdle: boolean): Step | undefined {
    const { bucketSize } = this.#parts.options
    let responders = 0
    let behind: Step | undefined
    let again: Step | undefined
    let wanted: Step | undefined
    for (let i = 0; i < this.#steps.length; i++) {
      const step = this.#steps[i]!
      const isWithin = this.#isWithin(step)
      if (!isWithin && wanted !== undefined) return wanted
      if (isResponder(step)) responders += 1
      if (!isWithin && responders >= bucketSize) return again
      if (this.#mayRepeat(step)) again ??= step
      if (step.state !== 'fresh') continue
      if (this.#hosts.has(limitKey(step.address))) {
        this.#log?.dropped(step, 'same-ip')
        this.#steps.splice(i--, 1)
      } else if (this.#isBehind(step)) behind ??= step
      else if (!isWithin) return this.#prompter(step, i)
      // Of those that are asked in any case the farthest first: liars are the nearest.
      else wanted = step
    }
    return wanted ?? again ?? (isIdle && this.within === 0 ? behind : undefined)
  }

  /**
   * Nothing is left to hear from that is nearer than the eighth responder; slow ones are waited for, and those that others go before asked,
   * while there are fewer.
   */
  isExhausted(isIdle: boolean): boolean {
    const { bucketSize } = this.#parts.options
    let responders = 0
    let isWaiting = false
    for (const step of this.#steps) {
      if (isResponder(step)) responders += 1
      if (responders >= bucketSize && !this.#isWithin(step)) return true
      if (step.state === 'slow' && !this.#mayRepeat(step)) isWaiting = true
      else if (step.state === 'fresh' && this.#isCrowded(step)) isWaiting ||= this.within === 0
      // While answers are awaited, whoever named it may yet be found to be right.
      else if (step.state === 'fresh' && isIdle && this.#isBehind(step)) isWaiting ||= this.within === 0
      else if (step.state === 'fresh' || step.state === 'asked' || step.state === 'slow') return false
    }
    return responders >= bucketSize || (!isWaiting && isIdle)
  }

  /** Forgets them: what is still outstanding refers to the walk until its hard timeout. */
  clear(): void {
    this.#steps.length = 0
  }

  #isWithin({ id }: Step): boolean {
    return this.within > 0 && distanceHead(this.#target, id) < this.within
  }

  /** Of those that are as near as `step`, which is at `at`, to a bit: the one that is known to answer soonest. */
  #prompter(step: Step, at: number): Step {
    const bits = commonPrefix(this.#target, step.id)
    let best = step
    for (let i = at + 1; i < this.#steps.length; i++) {
      const other = this.#steps[i]!
      if (commonPrefix(this.#target, other.id) < bits) break
      const isSooner = other.roundTrip > 0 && other.roundTrip < best.roundTrip
      if (
        isSooner &&
        other.state === 'fresh' &&
        !this.#isBehind(other) &&
        !this.#hosts.has(limitKey(other.address))
      )
        best = other
    }
    return best
  }

  /** Others go before it. */
  #isBehind(step: Step): boolean {
    return (
      this.#isCrowded(step) || (step.by !== undefined && step.by.debt >= this.#parts.options.lookupCredit)
    )
  }

  /** Of its subnet as many have been asked as count. */
  #isCrowded({ address }: Step): boolean {
    return (this.#subnets.get(subnetKey(address)) ?? 0) >= this.#parts.options.lookupPerSubnet
  }

  /** A node that waits, at or before `at`, was named by somebody else too: it goes by the credit of whoever has more. */
  #vouch({ id, address }: NodeInfo, by: Step | undefined, at: number): void {
    for (let i = at - 1; i >= 0 && equalBytes(this.#steps[i]!.id, id); i--) {
      const step = this.#steps[i]!
      if (!sameAddress(step.address, address) || step.state !== 'fresh' || step.by === undefined) continue
      if (by === undefined || by.debt < step.by.debt) step.by = by
    }
  }

  #mayRepeat(step: Step): boolean {
    return step.state === 'slow' && step.attempts < this.attempts
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
      if (compareDistance(this.#target, id, this.#steps[middle]!.id) < 0) high = middle
      else low = middle + 1
    }
    return low
  }

  #remove(step: Step): void {
    const at = this.#steps.indexOf(step)
    if (at >= 0) this.#steps.splice(at, 1)
  }
}

function isResponder(step: Step): boolean {
  return step.state === 'answered' && step.counts
}
