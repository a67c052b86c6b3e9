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
  readonly #stuck: StuckWatch
  readonly #seat: Seat
  #lookedAt: Micros
  #facts: Facts | undefined

  constructor(now: Micros, init: Init, view: () => TorrentView) {
    this.#init = init
    this.#view = view
    this.#lookedAt = now
    this.#stuck = new StuckWatch(now)
    this.#seat = init.rounds.seat(this)
    this.#seat.touch()
  }

  stop(): void {
    this.#seat.forget()
  }

  /** See `Ledger`; no findings while it wants nothing. */
  report(now: Micros): Report {
    const { phase, torrent } = this.#view()
    if (isOver(phase, torrent)) return { findings: [], spent: this.#ledger.spent }
    this.#upToDate(now)
    return { findings: this.#ledger.findings, spent: this.#ledger.spent }
  }

  tick(now: Micros): void {
    const { phase, received, connected, contacts } = this.#upToDate(now)
    if (phase === 'over' || !this.#stuck.isStuck(now, received)) return
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

  nextDeadline(): Micros {
    return this.#facts?.phase === 'over' ? NEVER : this.#lookedAt + LOOK
  }

  /** What was seen a moment ago is not looked at again. */
  #upToDate(now: Micros): Facts {
    const before = this.#facts
    if (before !== undefined && now < this.#lookedAt + LOOK) return before
    const facts = gatherFacts(now, this.#view())
    this.#facts = facts
    if (facts.phase !== 'over') this.#ledger.book(Math.max(1, now - this.#lookedAt), facts)
    this.#lookedAt = now
    return facts
  }
}
