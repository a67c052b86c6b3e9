import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { TorrentProgress } from '../events.ts'
import type { Machine, Seat } from '../seat.ts'
import type { TorrentDriverInit } from '../torrent-driver-init.ts'
import { isOver, type TorrentView } from '../torrent-view.ts'
import type { Facts } from './facts.ts'
import type { FindingCode } from './finding.ts'
import { gatherFacts } from './gather-facts.ts'
import { Ledger } from './ledger.ts'
import { StuckWatch } from './stuck-watch.ts'

/** How often a torrent is looked at. */
const LOOK = SECOND

/**
 * A look is taken at the end of its round, when whatever came due with it has settled: at the last of so many turns, since a torrent that
 * is rung after us wakes its peers after that. Before, everybody would seem to have nothing to do.
 */
const TURNS = 3

/** What needs no warning: it passes by itself, has been told when it began, or is as it should be. */
const UNSAID: ReadonlySet<FindingCode> = new Set([
  'starting',
  'checking',
  'folder-missing',
  'disk-refuses',
  'as-fast-as-peers',
])

type Init = Pick<TorrentDriverInit, 'rounds' | 'number' | 'emit'>

type Report = Pick<TorrentProgress, 'findings' | 'spent'>

/** Looks at a torrent each second while it wants something, for what it waits for; says so when nothing has moved for long. */
export class WhyWatch implements Machine {
  readonly #init: Init
  readonly #view: () => TorrentView
  readonly #ledger = new Ledger()
  #stuck: StuckWatch
  readonly #seat: Seat
  #lookAt: Micros
  #lookedAt: Micros
  /** Until a look that is due. */
  #turns = 0
  #facts: Facts | undefined

  constructor(now: Micros, init: Init, view: () => TorrentView) {
    this.#init = init
    this.#view = view
    this.#lookAt = now + LOOK
    this.#lookedAt = now
    this.#stuck = new StuckWatch(now)
    this.#seat = init.rounds.seat(this)
    this.#seat.touch()
  }

  stop(): void {
    this.#seat.forget()
  }

  /** Something may be wanted that was not: once it wants nothing, it is looked at no more. */
  wake(now: Micros): void {
    if (this.#facts?.phase !== 'over') return
    this.#stuck = new StuckWatch(now, this.#facts.received)
    this.#facts = undefined
    this.#lookedAt = now
    this.#lookAt = now + LOOK
    this.#seat.touch()
  }

  /**
   * See `Ledger`; no findings while it wants nothing. As of the last look: asking changes nothing, or a run would hang on who watches it.
   */
  report(now: Micros): Report {
    const view = this.#view()
    const { spent } = this.#ledger
    if (isOver(view.phase, view.torrent)) return { findings: [], spent }
    if (this.#facts !== undefined) return { findings: this.#ledger.findings, spent }
    const first = new Ledger()
    first.book(1, gatherFacts(now, view))
    return { findings: first.findings, spent }
  }

  tick(now: Micros): void {
    if (now < this.#lookAt) return
    this.#lookAt = now + LOOK
    this.#turns = TURNS
    this.#seat.touch()
  }

  settle(now: Micros): void {
    if (this.#turns === 0) return
    this.#turns -= 1
    if (this.#turns > 0) this.#seat.touch()
    else this.#look(now)
  }

  nextDeadline(): Micros {
    return this.#facts?.phase === 'over' ? NEVER : this.#lookAt
  }

  #look(now: Micros): void {
    const span = now - this.#lookedAt
    const facts = gatherFacts(now, this.#view())
    this.#facts = facts
    this.#lookedAt = now
    if (facts.phase === 'over') return
    this.#ledger.book(span, facts)
    if (this.#stuck.isStuck(now, facts.received)) this.#warn(facts)
  }

  #warn({ connected, contacts }: Facts): void {
    const top = this.#ledger.findings[0]!
    if (UNSAID.has(top.code)) return
    const alone = contacts === 0 ? 'dht/no-nodes' : 'swarm/no-peers'
    this.#init.emit({
      kind: 'warning',
      torrent: this.#init.number,
      code: connected > 0 ? 'swarm/stuck' : alone,
      message: `Nothing moves: ${top.message[0]!.toLowerCase()}${top.message.slice(1)}`,
      reason: top.code,
    })
  }
}
