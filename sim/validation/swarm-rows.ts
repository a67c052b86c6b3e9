import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Member } from '../experiment/member.ts'
import type { RunResult } from '../experiment/run-scenario.ts'
import type { Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import { DOWNLOADERS, SEEDS } from '../experiment/swarm-population.ts'
import { flashCrowd } from '../scenarios/flash-crowd.ts'
import { freeRiders } from '../scenarios/free-riders.ts'
import { missingPiece } from '../scenarios/missing-piece.ts'
import { rarestVsRandom } from '../scenarios/rarest-vs-random.ts'
import { steadySwarm } from '../scenarios/steady-swarm.ts'
import { played } from './played.ts'
import { atLeast, atMost, close, type Effort, near, type Row, told } from './row.ts'

const SEED = 1

/** Lines slow enough for a download to be long beside what it waits for: 8 minutes, in 256 pieces. */
const STEADY = {
  length: 16_777_216,
  piece: 65_536,
  up: 32_768,
  down: 262_144,
  seeding: 60,
  warmup: 900,
  time: 2_400,
}

/** When members of a steady swarm had a first piece. */
const firstPieces = new WeakMap<Member, Micros>()

/**
 * The same scenario, which also tells what the model leaves out: what a copy takes of the lines, as copies (headers, messages and
 * what came twice), and the time before a first piece.
 */
const weighed: Scenario = {
  ...steadySwarm,
  probes: [
    ...(steadySwarm.probes ?? []),
    {
      series: 'peers: with a piece',
      every: 1,
      read: (stage) => {
        const begun = stage.group(DOWNLOADERS).filter(({ isUp, pieces }) => isUp && (pieces?.count ?? 0) > 0)
        for (const member of begun) if (!firstPieces.has(member)) firstPieces.set(member, stage.now)
        return begun.length
      },
    },
  ],
  measure: (stage, own) => {
    steadySwarm.measure(stage, own)
    const { findings, values } = stage
    const complete = stage.group(DOWNLOADERS).filter(({ doneAt }) => doneAt !== undefined)
    const length = values['length']!
    findings.metric('copiesOnTheLine', mean(complete.map(({ host }) => host.down.carried / length)))
    findings.metric('wasted', mean(complete.map((one) => (one.progress(stage.now)?.wasted ?? 0) / length)))
    const waits = complete.map((one) => ((firstPieces.get(one) ?? one.doneAt!) - one.arrivedAt!) / SECOND)
    findings.metric('secondsToFirst', mean(waits))
  },
}

const STEADY_SEEDS = [1, 2]

const fluid: Row = {
  name: 'steady-state',
  claim: 'a download takes (1/mu - 1/gamma) / eta, whatever the rate of arrivals',
  source:
    'Qiu and Srikant 2004 (theta = 0, eta = 1): within 15 %; less than 2 % from one rate to twice the rate',
  isQuick: false,
  explanations: [
    {
      text: 'The model knows no first piece and no headers. Among twice as many peers a newcomer waits 18.9 s for its first piece (17.4 at the rate), and a copy takes 0.4 % more of the lines: with both, 1.9 % are left.',
      about: ['mean time at twice the rate, over that at the rate'],
      upTo: 0.03,
    },
  ],
  measure: (_effort, say) => {
    const runs = [6, 12].map((arrivals) => {
      const metrics = STEADY_SEEDS.map((seed) => {
        say(`${arrivals} peers arrive a minute, seed ${seed}`)
        return played(weighed, seed, { ...STEADY, arrivals }).metrics
      })
      return { arrivals, of: (name: string) => mean(metrics.map((each) => each[name]!)) }
    })
    const [slow, fast] = runs.map(({ of }) => of('downloadSecondsMean')) as [number, number]
    const wholes = runs.map(({ of }) => {
      return (of('copiesOnTheLine') * STEADY.length) / STEADY.up - STEADY.seeding + of('secondsToFirst')
    })
    const [slowWhole, fastWhole] = wholes as [number, number]
    return [
      ...runs.flatMap(({ arrivals, of }, i) => {
        const at = `at ${arrivals} a minute`
        return [
          near(`mean time ${at}, over the model`, of('overModel'), 1, 0.15),
          told(`copies on the line for one copy ${at}`, of('copiesOnTheLine')),
          told(`share of the content that came twice ${at}`, of('wasted')),
          told(`seconds to a first piece ${at}`, of('secondsToFirst')),
          near(`time ${at}, over the model with both`, of('downloadSecondsMean') / wholes[i]!, 1, 0.15),
        ]
      }),
      near('mean time at twice the rate, over that at the rate', fast / slow, 1, 0.02),
      near('time at twice the rate with both, over that', fast / fastWhole / (slow / slowWhole), 1, 0.02),
    ]
  },
}

/** The same scenario, which also tells how much of its line the seed used, and what of that has not made anybody complete. */
const watched: Scenario = {
  ...missingPiece,
  measure: (stage, own) => {
    missingPiece.measure(stage, own)
    const { findings, values } = stage
    const [seed] = stage.group(SEEDS)
    findings.metric('seedUse', seed!.host.up.carried / (values['seedUp']! * values['time']!))
    const pieces = (seed!.progress(stage.now)?.uploaded ?? 0) / values['piece']!
    findings.metric('unfinishedEach', (pieces - stage.completed) / findings.metrics['waitingAtEnd']!)
  },
}

const stability: Row = {
  name: 'missing-piece',
  claim: 'the crowd stays bounded while fewer arrive than the seed sends pieces, and grows beyond',
  source: 'Hajek and Zhu 2010: threshold at 1; here 0.8 and 1.25',
  isQuick: false,
  measure: (_effort, say) => {
    const runs = [
      { load: 0.8, time: 7_200 },
      { load: 1.25, time: 1_800 },
    ]
    const [below, above] = runs.map((run) => {
      say(`arrivals at ${run.load} of the seed's rate`)
      return played(watched, SEED, run).metrics
    }) as [RunResult['metrics'], RunResult['metrics']]
    return [
      close('waiting in the end at 0.8, of all that came', below['waitingOverArrivals']!, 0, 0.1),
      told('waiting in the end at 0.8', below['waitingAtEnd']!),
      told("use of the seed's line at 0.8", below['seedUse']!),
      // Of 1.25 that come, the seed can send away 1: a fifth stay.
      near(
        'growth in the second half at 1.25, of all that came in it',
        above['growthOverArrivals']!,
        0.2,
        0.5,
      ),
      told('waiting in the end at 1.25, of all that came', above['waitingOverArrivals']!),
      told('waiting in the end at 1.25', above['waitingAtEnd']!),
      told("use of the seed's line at 1.25", above['seedUse']!),
      told('pieces that the seed has sent to each of those that wait at 1.25', above['unfinishedEach']!),
    ]
  },
}

const CROWD: Readonly<Record<Effort, Readonly<Record<string, number>>>> = {
  quick: { peers: 16, length: 4_194_304, piece: 131_072, up: 131_072, spread: 2 },
  full: { peers: 100, length: 33_554_432, piece: 131_072, up: 131_072, spread: 10 },
}

/** Both rows are about the same crowd. */
const crowds = new Map<Effort, RunResult>()

function crowdOf(effort: Effort): RunResult {
  const result = crowds.get(effort) ?? played(flashCrowd, SEED, CROWD[effort])
  crowds.set(effort, result)
  return result
}

const bound: Row = {
  name: 'flash-crowd-bound',
  claim: 'no crowd with one seed is faster than its lines allow, and none is left behind',
  source: 'lower bound max(F/u_s, F/d, NF/(u_s + sum u))',
  isQuick: true,
  measure: (effort, say) => {
    say('a crowd arrives')
    const { metrics } = crowdOf(effort)
    return [
      atLeast('time over the lower bound', metrics['makespanOverBound']!, 1),
      atLeast('share of peers that complete', metrics['complete']!, 1),
      atLeast('share of files that are right', metrics['right']!, 1),
    ]
  },
}

const crowd: Row = {
  name: 'flash-crowd-use',
  claim: 'a crowd keeps its lines busy and needs little more than the bound',
  source: 'Bharambe, Herley and Padmanabhan 2006: uplinks near full; own bound: 1.3 times the least time',
  isQuick: false,
  explanations: [
    {
      text: 'The seed is no faster than a peer, so all have nearly all of what is out: of 7.2 peers that let one ask (in a crowd of 60), 2.3 have nothing at a time that is not asked of others. A new piece is out sooner with fewer slots: with 4 / 5 / 8 it takes 1.36 / 1.37 / 1.41 of the bound.',
      about: ['time over the lower bound', 'use of the uplinks in the middle'],
      upTo: 0.12,
    },
  ],
  measure: (effort) => {
    const { metrics, series } = crowdOf(effort)
    const fullCopyAt = series['copies: of the rarest piece']?.find(([, copies]) => copies >= 2)?.[0]
    return [
      atMost('time over the lower bound', metrics['makespanOverBound']!, 1.3),
      atLeast('use of the uplinks in the middle', metrics['uplinkUse']!, 0.9),
      told('share of the content that came twice', metrics['wastedShare']!),
      told(
        'time to the first full copy, over what the seed needs for one',
        ((fullCopyAt ?? Number.NaN) * CROWD[effort]['up']!) / CROWD[effort]['length']!,
      ),
    ]
  },
}

const PAIRS = 20

const rarest: Row = {
  name: 'rarest-first',
  claim:
    'with a weak seed, rarest first is no slower than random, and nearly everybody has something to trade',
  source: 'Legout et al. 2006: entropy near 1 after the first full copy; own bound: 95 % of pairs',
  isQuick: false,
  measure: (_effort, say) => {
    const settings = { peers: 16, length: 4_194_304, piece: 65_536, up: 131_072, spread: 2 }
    const pairs = Array.from({ length: PAIRS }, (_, i) => {
      say(`pair ${i + 1} of ${PAIRS}`)
      return [0, 1].map((picker) => played(rarestVsRandom, i + 1, { ...settings, picker })) as [
        RunResult,
        RunResult,
      ]
    })
    const seconds = ({ metrics }: RunResult): number => metrics['downloadSecondsMax']!
    const won = pairs.filter(([first, random]) => seconds(first) <= seconds(random)).length
    say('60 peers: what they have to trade')
    // Half of them come after the first copy is out: a crowd that comes at once is all but done by then, and has little left to trade.
    const arriving = { peers: 60, length: 33_554_432, up: 262_144, spread: 360 }
    const interest = played(rarestVsRandom, SEED, arriving).metrics
    return [
      atLeast('share of pairs in which rarest first is no slower', won / PAIRS, 0.95),
      told('mean time of rarest first, over random', mean(pairs.map(([a, b]) => seconds(a) / seconds(b)))),
      atLeast(
        'pairs of peers with something to trade, 20th percentile over time',
        interest['interestP20']!,
        0.8,
      ),
    ]
  },
}

const riding: Row = {
  name: 'free-riding',
  claim: 'who never gives is slower than who does, until too many do so: beyond 30 to 50 % everybody suffers',
  source: 'Sirivianos et al. 2007 (large view, 300 leechers): crossover at about 40 %',
  isQuick: false,
  measure: (_effort, say) => {
    return [0.2, 0.4].map((riders) => {
      say(`${100 * riders} % never give`)
      const settings = { peers: 30, length: 8_388_608, piece: 65_536, up: 131_072, riders, view: 200 }
      const { metrics } = played(freeRiders, SEED, settings)
      return atLeast(`time of a rider over the others' at ${100 * riders} %`, metrics['riderOverHonest']!, 1)
    })
  },
}

/** What is known of swarms. */
export const swarmRows: readonly Row[] = [fluid, stability, bound, crowd, rarest, riding]
