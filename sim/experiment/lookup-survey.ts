import { toHex } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { Member } from './member.ts'
import { Ring } from './ring.ts'
import type { Stage } from './stage.ts'

const NEAREST = 8
/** Of these a look-up must have found so many to be good for storing and finding: with churn and loss all eight are luck. */
const ENOUGH = 6
const DRAWS = 64

export interface LookupResult {
  readonly asker: Member
  readonly target: Id
  readonly askedAt: Micros
  readonly ms: number
  readonly queries: number
  readonly responses: number
  readonly closest: readonly Id[]
  /** How many of the eight that were nearest when it began were found. */
  readonly hits: number
  /** Whether exactly those were found. */
  readonly exact: boolean
}

interface Asked {
  readonly asker: Member
  readonly target: Id
  readonly askedAt: Micros
  readonly nearest: readonly Id[]
}

/** Whether at least six of the nearest eight were found. */
export function isFound({ hits }: LookupResult): boolean {
  return hits >= ENOUGH
}

/** Look-ups of random targets by random members, held against what an observer of the whole network knows. */
export class LookupSurvey {
  readonly results: LookupResult[] = []
  readonly #stage: Stage<unknown>
  readonly #isFindable: (member: Member) => boolean
  readonly #pending = new Map<number, Asked>()
  #asked = 0
  #ring: Ring | undefined
  #ringAt: Micros = -1

  /** `isFindable`: who should be found while up; by default everybody. */
  constructor(stage: Stage<unknown>, isFindable: (member: Member) => boolean = () => true) {
    this.#stage = stage
    this.#isFindable = isFindable
    stage.listen((_member, event) => {
      if (event.kind !== 'lookup') return
      const asked = this.#pending.get(event.lookup)
      if (asked === undefined) return
      this.#pending.delete(event.lookup)
      const closest = event.closest.map(({ id }) => id)
      const found = new Set(closest.map(toHex))
      const hits = asked.nearest.filter((id) => found.has(toHex(id))).length
      this.results.push({
        ...asked,
        ms: event.elapsed / MILLISECOND,
        queries: event.queries,
        responses: event.responses,
        closest,
        hits,
        exact: hits === asked.nearest.length && closest.length === hits,
      })
    })
  }

  get asked(): number {
    return this.#asked
  }

  get ended(): number {
    return this.results.length
  }

  /** Look-ups that found at least six of the nearest eight. */
  get found(): number {
    return this.results.filter(isFound).length
  }

  /** Lets `count` look-ups begin, one each `gap` seconds from `at`, each by one of `askers` that is up then. */
  plan(at: number, count: number, gap: number, askers: () => readonly Member[]): void {
    for (let i = 0; i < count; i++) {
      this.#stage.world.at(Math.floor((at + i * gap) * SECOND), () => this.#ask(askers()))
    }
  }

  /** Of what was asked: the share that ended with exactly the true nearest. */
  get exactShare(): number {
    return this.results.filter(({ exact }) => exact).length / this.#asked
  }

  /** Metrics and samples of all that ended. */
  report(): void {
    const { findings } = this.#stage
    const of = (read: (result: LookupResult) => number): number[] => this.results.map(read)
    findings.distribution(
      'lookupMs',
      of(({ ms }) => ms),
    )
    findings.distribution(
      'lookupQueries',
      of(({ queries }) => queries),
    )
    findings.metric('lookupsEnded', this.ended / this.#asked)
    findings.metric('lookupsExact', this.exactShare)
    findings.metric(
      'lookupRecall',
      of(({ hits }) => hits).reduce((a, b) => a + b, 0) / (NEAREST * this.#asked),
    )
  }

  #ask(askers: readonly Member[]): void {
    const asker = this.#draw(askers)
    if (asker === undefined) return
    const target = randomId(this.#stage.rng)
    this.#asked += 1
    // A node does not find itself, so it is left out of what should be found.
    const nearest = this.#present()
      .nearest(target, NEAREST + 1)
      .filter((id) => id !== asker.id)
      .slice(0, NEAREST)
    this.#pending.set(this.#asked, { asker, target, askedAt: this.#stage.now, nearest })
    asker.host.command({ kind: 'lookup', lookup: this.#asked, target, want: 'nodes' })
  }

  /** One that is up; looking through all of them for each look-up would cost more than the look-up. */
  #draw(askers: readonly Member[]): Member | undefined {
    for (let i = 0; i < DRAWS && askers.length > 0; i++) {
      const member = askers[below(this.#stage.rng, askers.length)]!
      if (member.isUp && member.id !== undefined) return member
    }
    return undefined
  }

  /** Everybody who is up and should be found, as of this second. */
  #present(): Ring {
    const { now } = this.#stage
    if (this.#ring === undefined || now - this.#ringAt >= SECOND) {
      this.#ringAt = now
      const present = this.#stage.members.filter((member) => member.isUp && this.#isFindable(member))
      this.#ring = new Ring(present.flatMap(({ id }) => (id === undefined ? [] : [id])))
    }
    return this.#ring
  }
}
