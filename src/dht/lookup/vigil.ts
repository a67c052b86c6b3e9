import type { NodeInfo } from '../../codec/compact.ts'
import type { Id } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import type { Micros } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import type { Candidates } from './candidates.ts'
import type { LookupHandle, LookupRequest, LookupResult } from './lookup-request.ts'
import type { Step } from './lookup-step.ts'
import { confidenceOf, distanceHead, radiusOf } from './network-size.ts'
import { RegionSweep, SWEEP_WALKS } from './region-sweep.ts'

/** What a walk is guarded with against those who settle around its target. */
export interface Guard {
  /** Of the network; `undefined` while nobody knows. */
  size(): number | undefined
  /** A walk of the guard's own, which nobody guards. */
  walk(
    now: Micros,
    request: LookupRequest,
    seeds: readonly NodeInfo[],
    done: (now: Micros, result: LookupResult) => void,
  ): LookupHandle
}

export interface VigilParts {
  readonly options: DhtOptions
  readonly dice: Rng
}

/**
 * Watches over one walk: whether those that answered are nearer to its target than chance has it, and then where the walk is to go on,
 * which is to everybody within a radius that holds honest nodes too.
 */
export class Vigil {
  readonly #parts: VigilParts
  readonly #guard: Guard
  readonly #target: Id
  readonly #candidates: Candidates
  #sweep: RegionSweep | undefined
  #radius = 0
  /** Queries that the walks of the sweep may still send. */
  reserved = 0

  constructor(parts: VigilParts, guard: Guard, target: Id, candidates: Candidates) {
    this.#parts = parts
    this.#guard = guard
    this.#target = target
    this.#candidates = candidates
  }

  /** How near the nearest that answered are, against what is to be expected. */
  confidence(): number | undefined {
    const size = this.#guard.size()
    return size === undefined ? undefined : confidenceOf(this.#target, this.#candidates.present(), size)
  }

  /** Nodes that are so near are not there by chance. */
  isAlarmed(confidence: number | undefined): boolean {
    return confidence !== undefined && confidence < this.#parts.options.lookupDoubt
  }

  /** Walks around the target are under way. */
  get isSweeping(): boolean {
    return this.#sweep?.isOver === false
  }

  /** Whether the walk would end with nodes that are not to be trusted, and nothing has been done about it. */
  get isDue(): boolean {
    return this.#sweep === undefined && this.isAlarmed(this.confidence())
  }

  /** Looks for those who live behind the nearest, with half of the queries that are `left`; `ended` is told of each walk that has ended. */
  widen(now: Micros, left: number, until: Micros, ended: (now: Micros, result: LookupResult) => void): void {
    const { dice, options } = this.#parts
    const size = this.#guard.size()!
    this.#radius = radiusOf(options.lookupHonest, size)
    this.#candidates.within = this.#radius
    const seeds = this.#candidates.answered()
    const budget = Math.floor(left / 2 / SWEEP_WALKS)
    this.reserved = budget * SWEEP_WALKS
    this.#sweep = new RegionSweep()
    this.#sweep.begin(
      now,
      this.#target,
      Math.max(0, 31 - Math.clz32(size / options.lookupHonest)),
      dice,
      (at, target, done) => {
        return this.#guard.walk(at, { target, want: 'nodes', budget, deadline: until - at }, seeds, done)
      },
      (at, result) => {
        this.reserved -= budget
        ended(at, result)
      },
    )
  }

  /** How many of those that answered, nearest first, an announcement goes to: the honest ones behind liars too. */
  reach(responders: readonly Step[]): number {
    return responders.filter(({ id }) => distanceHead(this.#target, id) < this.#radius).length
  }

  cancel(now: Micros): void {
    this.#sweep?.cancel(now)
  }
}
