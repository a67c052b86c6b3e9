import type { Id } from '../../src/core/id.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import type { Member } from './member.ts'
import type { Stage } from './stage.ts'

const ANNOUNCED_PORT = 51_413
/** Look-ups of announcements and searches are numbered from here on, clear of those of a `LookupSurvey`. */
const FIRST_LOOKUP = 1_000_000

/** One search that has ended. */
export interface Search {
  readonly seeker: Member
  /** When it began, in seconds. */
  readonly at: number
  readonly found: boolean
  /** Whether it had cause for alarm. */
  readonly suspicious: boolean
  readonly queries: number
  readonly ms: number
}

/** A peer that one member announces under a hash, and others search for: who found it. */
export class AnnouncedPeer {
  readonly target: Id
  readonly searches: Search[] = []
  /** Nodes that took the last announcement; 0 before. */
  holders = 0
  readonly #stage: Stage<unknown>
  readonly #announcer: Member
  readonly #open = new Map<number, { readonly seeker: Member; readonly at: number; found: boolean }>()
  #next = FIRST_LOOKUP

  constructor(stage: Stage<unknown>, announcer: Member, target: Id) {
    this.#stage = stage
    this.#announcer = announcer
    this.target = target
    stage.listen((member, event) => {
      if (event.kind === 'lookup-peers') {
        const search = this.#open.get(event.lookup)
        const isIt = event.peers.some(
          ({ host, port }) => host === announcer.host.host && port === ANNOUNCED_PORT,
        )
        if (search?.seeker === member && isIt) search.found = true
      } else if (event.kind === 'lookup' && event.lookup >= FIRST_LOOKUP) {
        const search = this.#open.get(event.lookup)
        if (search === undefined) this.holders = event.announced
        else {
          const { suspicious, queries, elapsed } = event
          this.searches.push({ ...search, suspicious, queries, ms: elapsed / MILLISECOND })
        }
        this.#open.delete(event.lookup)
      }
    })
  }

  /** Announces it at `at` seconds, and each `period` seconds from then on; 0: only once. */
  announce(at: number, period = 0): void {
    this.#stage.world.at(Math.floor(at * SECOND), () => {
      const { target } = this
      const lookup = this.#next++
      this.#announcer.host.command({
        kind: 'lookup',
        lookup,
        target,
        want: 'peers',
        announce: ANNOUNCED_PORT,
      })
      if (period > 0) this.announce(at + period, period)
    })
  }

  /** Lets one that `draw` gives look for it at `at` seconds; nobody, when it gives nobody. */
  search(at: number, draw: () => Member | undefined): void {
    this.#stage.world.at(Math.floor(at * SECOND), () => {
      const seeker = draw()
      if (seeker === undefined) return
      const lookup = this.#next++
      this.#open.set(lookup, { seeker, at, found: false })
      seeker.host.command({ kind: 'lookup', lookup, target: this.target, want: 'peers' })
    })
  }

  /** Of the searches that ended between `from` and `until` seconds: the share that found it. */
  foundShare(from: number = 0, until: number = Number.POSITIVE_INFINITY): number {
    const counted = this.searches.filter(({ at }) => at >= from && at < until)
    return counted.filter(({ found }) => found).length / counted.length
  }
}
