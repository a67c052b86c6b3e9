import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { QueueName } from '../engine/scheduler.ts'
import { World } from '../hosts/world.ts'
import type { Violation } from '../invariants/invariant.ts'
import { Watch } from '../invariants/watch.ts'
import type { TcpModel } from '../network/stream-fabric.ts'
import { refuseStrangePlan } from './check-plan.ts'
import { FaultSchedule } from './fault-schedule.ts'
import type { Fault } from './faults.ts'
import { type Check, Findings, type Flow, type Series } from './findings.ts'
import { Onlooker } from './onlooker.ts'
import { strangeIn } from './parameters.ts'
import type { Playback } from './playback.ts'
import type { Criterion, Limit, Scenario } from './scenario.ts'
import { Stage } from './stage.ts'

/** What came out of a run; a function of scenario, seed and values alone. Plain data. */
export interface RunResult {
  readonly scenario: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  /** Whether nodes had tables from an oracle at the start, or all joined. */
  readonly start: 'warm' | 'joined'
  /** Fingerprint of the whole order of events. */
  readonly digest: string
  readonly virtualMs: number
  readonly events: number
  readonly metrics: Readonly<Record<string, number>>
  readonly checks: readonly Check[]
  /** Criteria that wait for something that is still to be built; they do not count. */
  readonly pending: readonly PendingCheck[]
  /** Criteria whose limits depend on the values, and which have none with these. */
  readonly unasked: readonly string[]
  readonly passed: boolean
  /** All values of what was counted more than once, ascending, by name. */
  readonly samples: Readonly<Record<string, readonly number[]>>
  readonly series: Readonly<Record<string, Series>>
  readonly flows: readonly Flow[]
  /** Of a small world that was looked at. */
  readonly playback?: Playback
  /** The invariant that was broken, which ended the run there. */
  readonly violation: Violation | undefined
  /** The invariant that was broken in the run that this one was to be held against; then nothing was measured. */
  readonly brokenBaseline?: BrokenBaseline
}

export interface BrokenBaseline {
  /** With which, and the same seed, the same scenario breaks it. */
  readonly values: Readonly<Record<string, number>>
  readonly violation: Violation
}

export interface PendingCheck extends Check {
  readonly waitsFor: string
}

type Numbers = Readonly<Record<string, number>>

export interface RunOptions {
  readonly progress?: (now: Micros, text: string) => void
  /** Stops there, and measures nothing: for comparing how runs begin. In seconds of virtual time. */
  readonly horizon?: number
  /** Measures nothing and plays no baseline before: for a run that is watched up to some event and broken off. */
  readonly unmeasured?: boolean
  /** In place of the scenario's own faults. */
  readonly faults?: readonly Fault[]
  /** What holds the pending events; the run is the same with each. */
  readonly queue?: QueueName
  /** How streams move their bytes; default: as flows. */
  readonly tcp?: TcpModel
  /** Fills in flows and playback, for a report. */
  readonly look?: boolean
  /** Is shown the empty world, for whoever wants to watch it or to end it early. */
  readonly watch?: (world: World) => void
  /** Is shown who lives in the world, before anything happens, and the faults that will. */
  readonly staged?: (stage: Stage<Numbers>, faults: readonly Fault[]) => void
}

/** Plays a scenario. Throws when the scenario itself is wrong. */
export function runScenario(
  scenario: Scenario,
  seed: number,
  values: Numbers,
  options: RunOptions = {},
): RunResult {
  const world = new World({
    seed,
    network: scenario.network?.(values) ?? {},
    queue: options.queue ?? 'wheel',
    tcp: options.tcp ?? scenario.tcp ?? 'flow',
  })
  options.watch?.(world)
  const findings = new Findings(options.progress)
  const isWanted = options.horizon === undefined && options.unmeasured !== true
  const baseline = isWanted ? baselineOf(scenario, seed, values, options.progress) : undefined
  const broken = brokenIn(baseline)
  const isMeasured = isWanted && broken === undefined
  const stage: Stage<Numbers> = new Stage<Numbers>({
    world,
    values,
    findings,
    baseline: baseline?.metrics ?? {},
    payload: scenario.payload?.(values),
    population: scenario.population(values),
    policies: (member) => scenario.policies?.(member, stage),
    boot: (member) => scenario.boot?.(member, stage),
  })
  const { violation, isWhole } = play(
    scenario,
    stage,
    // Held against what is broken it would tell nothing.
    broken === undefined ? options : { ...options, horizon: 0 },
  )
  if (baseline !== undefined) {
    findings.atMost('invariants broken in the baseline', broken === undefined ? 0 : 1, 0)
  }
  return {
    ...resultOf(scenario, stage, violation, isWhole && isMeasured),
    ...(broken === undefined ? {} : { brokenBaseline: broken }),
  }
}

/** The run that this one is held against, if there is one. */
function baselineOf(
  { baseline, ...scenario }: Scenario,
  seed: number,
  values: Numbers,
  progress: RunOptions['progress'],
): RunResult | undefined {
  const other = baseline?.(values)
  if (other === undefined) return undefined
  const wrong = strangeIn(scenario.parameters, other)
  if (wrong !== undefined)
    throw new Error(`the baseline sets ${wrong}, which is no parameter, or out of range`)
  const report: RunOptions =
    progress === undefined ? {} : { progress: (at, text) => progress(at, `baseline: ${text}`) }
  return runScenario(scenario, seed, { ...values, ...(other as Numbers) }, report)
}

function brokenIn(baseline: RunResult | undefined): BrokenBaseline | undefined {
  if (baseline?.violation === undefined) return undefined
  const { values, violation } = baseline
  return { values, violation }
}

interface Played {
  /** What was found to be that may never be, if anything. */
  readonly violation: Violation | undefined
  /** Whether it came to its own end. */
  readonly isWhole: boolean
}

function play(scenario: Scenario, stage: Stage<Numbers>, options: RunOptions): Played {
  const { world, values, findings } = stage
  const { horizon, unmeasured, look } = options
  const watch = new Watch(stage)
  const onlooker = look === true ? new Onlooker(stage) : undefined
  const own = scenario.setup?.(stage)
  stage.begin()
  // Asked for even when there are others in their place: they may draw from the scenario's stream.
  const planned = scenario.faults?.(stage) ?? []
  const faults = options.faults ?? planned
  const duration = scenario.duration(values)
  if (!(duration >= 0 && duration < Number.POSITIVE_INFINITY))
    throw new Error(`the duration of the scenario is ${duration}, no number of seconds`)
  const steps = scenario.timeline?.(stage, own) ?? []
  refuseStrangePlan(steps, faults, duration)
  const schedule = new FaultSchedule(stage, faults)
  for (const { at, act } of steps) world.at(Math.floor(at * SECOND), act)
  const end = Math.min(duration, horizon ?? Number.POSITIVE_INFINITY)
  for (const { series, every, read } of scenario.probes ?? []) {
    for (let at = every; at <= end; at += every) {
      world.at(Math.floor(at * SECOND), () => findings.point(series, world.now, read(stage)))
    }
  }
  options.staged?.(stage, faults)
  const isOver = (): boolean =>
    watch.violation !== undefined || world.scheduler.events >= world.scheduler.lastEvent
  world.run(
    Math.floor(end * SECOND),
    () => watch.violation !== undefined || (scenario.done?.(stage, own) ?? false),
    () => {
      watch.second()
      onlooker?.second()
      findings.progress(world.now, scenario.progress?.(stage, own) ?? '')
    },
  )
  if (horizon === undefined && !isOver()) {
    schedule.stop()
    if (scenario.liveness !== undefined) heal(scenario.liveness, stage, own, watch, isOver)
  }
  watch.last()
  const isWhole = horizon === undefined && !isOver()
  if (isWhole && unmeasured !== true) {
    scenario.measure(stage, own)
    findings.distribution(
      'sentBytes',
      stage.members.map(({ host }) => host.up.carried),
    )
    findings.summarise()
  }
  onlooker?.last()
  return { violation: watch.violation, isWhole }
}

/** Faults have stopped: how long it takes until everything is whole again. */
function heal<S>(
  { within, whole }: NonNullable<Scenario['liveness']>,
  stage: Stage<Numbers>,
  own: S,
  watch: Watch,
  isOver: () => boolean,
): void {
  const { world, findings } = stage
  const begin = world.now
  let isWhole = whole(stage, own)
  for (let second = 1; second <= within && !isWhole && !isOver(); second++) {
    world.run(begin + second * SECOND, () => watch.violation !== undefined)
    watch.second()
    findings.progress(world.now, 'until all is whole again')
    isWhole = whole(stage, own)
  }
  if (isOver()) return
  findings.metric('secondsToWhole', (world.now - begin) / SECOND)
  findings.atLeast('whole again after the faults', isWhole ? 1 : 0, 1)
}

function resultOf(
  { name, criteria, population }: Scenario,
  { world, values, findings }: Stage<Numbers>,
  violation: Violation | undefined,
  isMeasured: boolean,
): RunResult {
  findings.atMost('invariants broken', violation === undefined ? 0 : 1, 0)
  const pending: PendingCheck[] = []
  const unasked: string[] = []
  // What was broken off has no figures to be held against anything.
  for (const criterion of isMeasured ? criteria : []) {
    const made = checksOf(criterion, findings.metrics, values)
    if (made.length === 0) unasked.push(criterion.name)
    for (const check of made) {
      if (criterion.waitsFor === undefined) findings.checks.push(check)
      else pending.push({ ...check, waitsFor: criterion.waitsFor })
    }
  }
  const start = population(values).some(({ isWarm }) => isWarm === true) ? 'warm' : 'joined'
  const { metrics, checks, passed, samples, series, flows, playback } = findings
  return {
    scenario: name,
    seed: world.seed,
    values,
    start,
    digest: world.scheduler.digest,
    virtualMs: Math.floor(world.now / MILLISECOND),
    events: world.scheduler.events,
    metrics,
    checks,
    pending,
    unasked,
    passed,
    samples,
    series,
    flows,
    ...(playback === undefined ? {} : { playback }),
    violation,
  }
}

function checksOf(
  { name, metric, atLeast, atMost }: Criterion<Numbers>,
  metrics: Numbers,
  values: Numbers,
): Check[] {
  const value = metrics[metric] ?? Number.NaN
  const checks: Check[] = []
  const least = limitOf(atLeast, values)
  const most = limitOf(atMost, values)
  if (least !== undefined) checks.push({ name, pass: value >= least, value, bound: `>= ${least}` })
  if (most !== undefined) checks.push({ name, pass: value <= most, value, bound: `<= ${most}` })
  return checks
}

function limitOf(limit: Limit<Numbers> | undefined, values: Numbers): number | undefined {
  return typeof limit === 'function' ? limit(values) : limit
}
