/** What a scenario of one's own is written with: `import { defineScenario } from 'lodestone/sim'`. */
export { eclipse, eclipseHost } from './adversaries/eclipse.ts'
export { type FakeSeedAnswer, fakeSeed } from './adversaries/fake-seed.ts'
export { bootFlooder, type FloodInit } from './adversaries/flooder.ts'
export { freeRider } from './adversaries/free-rider.ts'
export { bootHalfOpen, type HalfOpenInit } from './adversaries/half-open.ts'
export { type MetadataLie, metadataLiar } from './adversaries/metadata-liar.ts'
export { poisoner } from './adversaries/poisoner.ts'
export { slowLoris } from './adversaries/slow-loris.ts'
export { sybils } from './adversaries/sybils.ts'
export { streamFor } from './engine/rng.ts'
export { AnnouncedPeer } from './experiment/announced-peer.ts'
export { type Ban, Bans } from './experiment/bans.ts'
export { dhtGroups, ENTRIES, NODES, tableQuality } from './experiment/dht-population.ts'
export type { Fault } from './experiment/faults.ts'
export type { Check, Findings } from './experiment/findings.ts'
export { loadScenario } from './experiment/load-scenario.ts'
export { type LookupResult, LookupSurvey } from './experiment/lookup-survey.ts'
export type { Member } from './experiment/member.ts'
export {
  type Parameter,
  type Parameters,
  resolveValues,
  type Size,
  type Values,
} from './experiment/parameters.ts'
export type { Arrival, Group, TorrentRole } from './experiment/population.ts'
export { type RunOptions, type RunResult, runScenario } from './experiment/run-scenario.ts'
export {
  type Criterion,
  defineScenario,
  type Limit,
  type Liveness,
  type Probe,
  type Scenario,
  type Step,
} from './experiment/scenario.ts'
export { FOLDER, type Listener, type Stage } from './experiment/stage.ts'
export { mean, rankCorrelation, slope } from './experiment/statistics.ts'
export {
  crowdBound,
  DOWNLOADERS,
  fluidBound,
  ROUTER,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from './experiment/swarm-population.ts'
export { copiesOf, interest, rarest, UplinkUse } from './experiment/swarm-probes.ts'
export { CHURN_PROFILES, type ChurnProfile, stretched } from './hosts/churn-profiles.ts'
export type { ClockInit } from './hosts/clock.ts'
export type { DiskFaults } from './hosts/disk.ts'
export { bootSession, PORT } from './hosts/session-host.ts'
export { SimHost, WORLD } from './hosts/sim-host.ts'
export { damageState, type StateDamage } from './hosts/state-damage.ts'
export { type StartLevel, type WarmStart, type WarmStartOptions, warmStart } from './hosts/warm-start.ts'
export { type HostInit, World, type WorldInit } from './hosts/world.ts'
export type { Violation } from './invariants/invariant.ts'
export type { NetworkOptions } from './network/network.ts'
export { Payload, type PayloadInit } from './payload/payload.ts'
