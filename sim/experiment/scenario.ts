import type { SessionPolicies } from '../../src/session/policies.ts'
import type { NetworkOptions } from '../network/network.ts'
import type { TcpModel } from '../network/stream-fabric.ts'
import type { PayloadInit } from '../payload/payload.ts'
import type { Fault } from './faults.ts'
import type { Member } from './member.ts'
import type { Parameters, Size, Values } from './parameters.ts'
import type { Group } from './population.ts'
import type { Stage } from './stage.ts'

/** Something that is done to the stage once. */
export interface Step {
  /** Seconds of virtual time. */
  readonly at: number
  act(): void
}

/** A figure that is read at regular times and becomes a series of the findings. */
export interface Probe<V> {
  readonly series: string
  /** Seconds between two readings. */
  readonly every: number
  read(stage: Stage<V>): number
}

/** Look-ups of random info-hashes, one each `gap` seconds from `at`, each by a random member of a group. */
export interface PlannedLookups {
  readonly group: string
  readonly at: number
  readonly count: number
  readonly gap: number
}

/**
 * A number that a metric is held against; a function where it depends on the values of the run, `undefined` where with these
 * nothing is demanded.
 */
export type Limit<V> = number | ((values: V) => number | undefined)

/** A metric that must lie within its limits. A metric that was never set fails. */
export interface Criterion<V> {
  /** A phrase that says what holds when it passes. */
  readonly name: string
  readonly metric: string
  readonly atLeast?: Limit<V>
  readonly atMost?: Limit<V>
  /** What is still to be built before this can hold: until then the figure is recorded, and does not count. */
  readonly waitsFor?: string
}

/** After all faults have stopped, everything must be whole again within `within` seconds. */
export interface Liveness<V, S> {
  readonly within: number
  whole(stage: Stage<V>, own: S): boolean
}

/**
 * An experiment as typed data, with functions where a value depends on the parameters. A run is a function of seed and
 * values alone.
 */
export interface Scenario<P extends Parameters = Parameters, S = unknown> {
  readonly name: string
  /** One sentence. */
  readonly description: string
  readonly parameters: P
  /** What each size sets over the defaults. */
  readonly sizes: { readonly [Z in Size]: Partial<Values<P>> }
  /**
   * What differs in a run of the same seed that this one is held against, such as one without liars; `undefined`: none. Its
   * metrics are the stage's `baseline`.
   */
  baseline?(values: Values<P>): Partial<Values<P>> | undefined
  /** How streams move their bytes, where that is what it is about; default: as flows. */
  readonly tcp?: TcpModel
  /** What differs from the network's defaults. */
  network?(values: Values<P>): Partial<NetworkOptions>
  /** The content that groups with a torrent share. */
  payload?(values: Values<P>): Omit<PayloadInit, 'seed'>
  /** Look-ups as data, for a scenario that is played on real sockets too. */
  lookups?(values: Values<P>): PlannedLookups
  /** Who lives in the world, in the order in which hosts are numbered. */
  population(values: Values<P>): readonly Group[]
  /** What a member does otherwise than an honest session of default options; asked each time it starts. */
  policies?(member: Member, stage: Stage<Values<P>>): SessionPolicies | undefined
  /** Starts the machine of a member whose group has `machine: 'own'`. */
  boot?(member: Member, stage: Stage<Values<P>>): void
  /** What the scenario itself keeps during a run; called once everybody has a place and before anything happens. */
  setup?(stage: Stage<Values<P>>): S
  timeline?(stage: Stage<Values<P>>, own: S): readonly Step[]
  /** What goes wrong, as data, so that a failure can be shrunk to the faults it needs. */
  faults?(stage: Stage<Values<P>>): readonly Fault[]
  readonly probes?: readonly Probe<Values<P>>[]
  /** Seconds of virtual time. */
  duration(values: Values<P>): number
  /** MiB that a run takes, where that is known: sweeps go by it, and otherwise measure the first run of each setting. */
  memory?(values: Values<P>): number
  /** Ends the run before its time; asked before each event, so it must be cheap. */
  done?(stage: Stage<Values<P>>, own: S): boolean
  /** Where the run stands, for the line of progress. */
  progress?(stage: Stage<Values<P>>, own: S): string
  readonly liveness?: Liveness<Values<P>, S>
  /** Turns what happened into metrics. */
  measure(stage: Stage<Values<P>>, own: S): void
  readonly criteria: readonly Criterion<Values<P>>[]
}

/**
 * Gives a scenario's values the names of its parameters while it is written. What runs it knows only that all of them are
 * numbers: `resolveValues` fills in every one.
 */
export function defineScenario<const P extends Parameters, S = undefined>(
  scenario: Scenario<P, S>,
): Scenario {
  return scenario as unknown as Scenario
}
