import type { Address } from '../core/address.ts'
import { fromHex, toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { RateLimits } from '../core/rate-limit.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { SparseSet } from '../core/sparse-set.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import { Choker } from '../swarm/choker.ts'
import type { Crowd } from '../swarm/crowd.ts'
import type { LimitsCommand, TorrentCommand, VersionCommand } from './commands.ts'
import { eraseContent } from './erase-content.ts'
import type { SessionEvent, TorrentProgress } from './events.ts'
import { FilePlaces } from './file-places.ts'
import { publicPort } from './public-port.ts'
import { type AddCommand, QueuedTorrent } from './queued-torrent.ts'
import type { Machine, Seat } from './seat.ts'
import { TorrentDriver } from './torrent-driver.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'
import { TorrentQueue } from './torrent-queue.ts'
import { VersionMemory } from './version-memory.ts'

/** How often turns are looked at, besides when a torrent comes, goes or is complete. */
const REVIEW = 10 * SECOND

/** After these it may be another kind of torrent: one that downloads, one that seeds, one that takes no turn. */
const CHANGES_KIND: ReadonlySet<SessionEvent['kind']> = new Set(['seeding', 'selected', 'error'])

/** Where the session is found, once its sockets are open. */
export type Place = Pick<TorrentDriverInit, 'dht' | 'local' | 'trackers' | 'web' | 'port' | 'mapped' | 'own'>

/** What each torrent has for itself. */
type Own =
  | ('number' | 'source' | 'options' | 'leave' | 'claim' | 'sharesFiles')
  | ('checked' | 'remember' | 'alsoKnown')

/** What every torrent of a session is made with. */
export type TorrentsInit = Omit<TorrentDriverInit, Own | keyof Place>

/** The session's torrents, by the number that the user knows them under and by info-hash. Those whose turn it is have a driver. */
export class Torrents implements Machine {
  readonly #init: TorrentsInit
  readonly #queue: TorrentQueue
  readonly #byNumber = new SparseMap<number, QueuedTorrent>()
  readonly #places = new FilePlaces()
  readonly #versions: VersionMemory
  readonly #byHash = new SparseMap<string, QueuedTorrent>()
  /** Those whose resume data is not safe yet, of no use to the user any more. */
  readonly #leaving = new SparseSet<number>()
  #allLeft: ((now: Micros) => void) | undefined
  #place: Place | undefined
  /** Under which others find us, as peers were told last. */
  #port: number | undefined
  /** Where some may have to wait. */
  #seat: Seat | undefined
  #reviewAt: Micros = NEVER
  #due = false

  constructor(init: TorrentsInit) {
    this.#init = init
    this.#queue = new TorrentQueue(init.session)
    this.#versions = new VersionMemory(init, (hash) => this.#byHash.get(toHex(hash))?.driver?.written())
    if (this.#queue.limited) this.#seat = init.rounds.seat(this)
  }

  of(torrent: number): TorrentDriver | undefined {
    return this.#byNumber.get(torrent)?.driver
  }

  progress(now: Micros, torrent: number): TorrentProgress | undefined {
    return this.#byNumber.get(torrent)?.progress(now)
  }

  /** The peers of each. */
  get crowds(): Crowd[] {
    return [...this.#byNumber].flatMap(([, { driver }]) => driver?.torrent.crowd ?? [])
  }

  /** Whose peer an incoming connection is; `undefined`: nobody's, or it is refused. */
  home(infoHash: Id, from: Address): TorrentDriver | undefined {
    const driver = this.#byHash.get(toHex(infoHash))?.driver
    return driver?.admits(from) === true ? driver : undefined
  }

  add(now: Micros, add: AddCommand, place: Place): void {
    const { torrent, source, options } = add
    const key = toHex(source.infoHash)
    if (this.#byHash.has(key)) {
      const message = 'This torrent is open already.'
      this.#init.emit({ kind: 'error', torrent, error: 'usage', code: 'session/duplicate', message })
      return
    }
    const { downloadLimit = Number.POSITIVE_INFINITY, uploadLimit = Number.POSITIVE_INFINITY } = options
    const limits = new RateLimits(now, downloadLimit, uploadLimit, this.#init.limits)
    const entry = new QueuedTorrent(key, add, limits)
    this.#place = place
    this.#port ??= this.#publicPort
    this.#byNumber.set(torrent, entry)
    this.#alias(source.infoHash, entry)
    this.#queue.enter(torrent)
    if (this.#seat === undefined) this.#start(now, torrent, entry)
    else this.#review(now)
  }

  /** Others see us elsewhere than before: who is connected is told where we are to be found. */
  moved(): void {
    const port = this.#publicPort
    if (port === this.#port) return
    this.#port = port
    for (const [, { driver }] of this.#byNumber) driver?.torrent.introduceAgain(this.#init.rounds.now)
  }

  get #publicPort(): number | undefined {
    return this.#place && publicPort({ ...this.#place, session: this.#init.session }, 4)
  }

  /** What is asked of one; where it may have to wait it is kept for its next turn. */
  command(now: Micros, command: TorrentCommand | VersionCommand): void {
    if (command.kind === 'recall-versions' || command.kind === 'remember-version') {
      this.#versions.command(command)
      return
    }
    const entry = this.#byNumber.get(command.torrent)
    if (this.#seat !== undefined) entry?.wishes.keep(command)
    entry?.driver?.command(now, command)
  }

  /** Changes the limits of one torrent, or those of all together. */
  limit(now: Micros, { torrent, download, upload }: LimitsCommand): void {
    const limits = torrent === undefined ? this.#init.limits : this.#byNumber.get(torrent)?.limits
    limits?.set(now, download, upload)
    for (const [number, { driver }] of this.#byNumber)
      if (torrent === undefined || number === torrent) driver?.torrent.limitsChanged()
  }

  /** Puts it at this place in the order in which they have their turns, from 0. */
  move(now: Micros, torrent: number, place: number): void {
    this.#queue.move(torrent, place)
    if (this.#seat !== undefined) this.#review(now)
  }

  remove(now: Micros, { torrent, files = false }: { torrent: number; files?: boolean }): void {
    if (this.#leaving.has(torrent)) return
    const entry = this.#byNumber.get(torrent)
    // Without one it was refused when it was added.
    if (entry === undefined) this.#init.emit({ kind: 'removed', torrent })
    else {
      for (const key of entry.keys) this.#forget(key, entry)
      this.#stop(now, torrent, entry, () => this.#init.emit({ kind: 'removed', torrent }), files)
      this.#reviewSoon()
    }
  }

  /** Stops all; `done` is called once every torrent's resume data is safe, of those too that are leaving already. */
  stop(now: Micros, done: (now: Micros) => void): void {
    const entries = [...this.#byNumber]
    this.#byHash.clear()
    this.#seat?.forget()
    this.#seat = undefined
    if (entries.length === 0 && this.#leaving.size === 0) {
      done(now)
      return
    }
    this.#allLeft = done
    for (const [torrent] of entries) this.#leaving.add(torrent)
    for (const [torrent, entry] of entries) this.#stop(now, torrent, entry, () => {})
  }

  tick(now: Micros): void {
    this.#review(now)
  }

  nextDeadline(): Micros {
    return this.#reviewAt
  }

  settle(now: Micros): void {
    if (this.#due) this.#review(now)
  }

  /** Not at once: who asks may be a torrent in the middle of something. */
  #reviewSoon(): void {
    this.#due = true
    this.#seat?.touch()
  }

  /** Whose turn it is runs, the others wait. */
  #review(now: Micros): void {
    this.#due = false
    const turns = this.#queue.turns((torrent) => this.#byNumber.get(torrent)!.state(now))
    for (const [torrent, entry] of this.#byNumber) {
      if (turns.has(torrent) || entry.driver === undefined) continue
      const { driver } = entry
      entry.end(now)
      driver.stop(now, (at) => this.#atRest(at, torrent, entry))
    }
    for (const [torrent, entry] of this.#byNumber) {
      const waits = !turns.has(torrent)
      if (waits !== entry.waits) this.#init.emit({ kind: 'queue', torrent, queued: waits })
      entry.waits = waits
      if (!waits && entry.driver === undefined && !entry.leaving) this.#start(now, torrent, entry)
    }
    this.#reviewAt = this.#queue.empty ? NEVER : now + REVIEW
    this.#seat?.touch()
  }

  #start(now: Micros, torrent: number, entry: QueuedTorrent): void {
    const { source, options } = entry.begin(now)
    const place = this.#place!
    const driver = new TorrentDriver(now, {
      ...this.#init,
      ...place,
      limits: entry.limits,
      policies: {
        choker: (how, dice) => new Choker(how, dice, options.seedChoking),
        ...this.#init.policies,
      },
      number: torrent,
      source,
      options,
      emit: (event) => this.#happened(entry, event),
      leave: (at) => this.remove(at, { torrent }),
      claim: (paths) => this.#places.claim(torrent, paths, (other) => this.#writes(other)),
      sharesFiles: () => this.#places.shares(torrent),
      checked: entry.checked,
      remember: (checked) => {
        entry.checked = checked
      },
      alsoKnown: (hash) => this.#alias(hash, entry),
    })
    entry.driver = driver
    for (const command of entry.wishes.commands(torrent)) driver.command(now, command)
    driver.start(now)
  }

  /** Of two that turn out to be one torrent, the first is found by the hash that both have; the files are its, too. */
  #alias(infoHash: Id, entry: QueuedTorrent): void {
    const key = toHex(infoHash)
    entry.keys.add(key)
    if (this.#byHash.has(key)) return
    this.#byHash.set(key, entry)
    this.#init.encryption?.know(infoHash)
  }

  #forget(key: string, entry: QueuedTorrent): void {
    if (this.#byHash.get(key) !== entry) return
    this.#byHash.delete(key)
    this.#init.encryption?.forget(fromHex(key)!)
  }

  #happened(entry: QueuedTorrent, event: SessionEvent): void {
    if (event.kind === 'metadata') {
      entry.metadata = event.bytes
      entry.layers ??= event.layers
    }
    if (event.kind === 'layers') entry.layers = event.bytes
    if (event.kind === 'moved') entry.out = event.out
    const news = this.#queue.limited ? entry.news(this.#init.rounds.now, event) : event
    if (news !== undefined) this.#init.emit(news)
    if (event.kind === 'error') this.#places.release(event.torrent)
    if (CHANGES_KIND.has(event.kind)) this.#reviewSoon()
  }

  /** It might write to its files. */
  #writes(torrent: number): boolean {
    const entry = this.#byNumber.get(torrent)
    return entry?.add.options.mode === 'download' && entry.driver?.torrent.download?.complete !== true
  }

  /** The resume data of a turn that is over is safe. */
  #atRest(now: Micros, torrent: number, entry: QueuedTorrent): void {
    entry.leaving = false
    entry.left?.(now)
    if (this.#byNumber.get(torrent) === entry) this.#reviewSoon()
  }

  #stop(now: Micros, torrent: number, entry: QueuedTorrent, left: () => void, files = false): void {
    this.#byNumber.delete(torrent)
    this.#queue.leave(torrent)
    this.#leaving.add(torrent)
    const over = (at: Micros): void => {
      this.#leaving.delete(torrent)
      this.#places.release(torrent)
      left()
      if (this.#leaving.size === 0) this.#allLeft?.(at)
    }
    // Before it was checked, what lies there may be anybody's.
    const owned = files && entry.progress(now).stages.checked !== undefined
    const isShared = files && this.#places.shares(torrent)
    if (isShared) {
      const message = 'Its files are those of another torrent too, and stay.'
      this.#init.emit({ kind: 'warning', torrent, code: 'storage/left', message })
    }
    const gone = files && !isShared ? () => eraseContent(this.#init, torrent, entry, owned, over) : over
    if (entry.driver !== undefined) entry.driver.stop(now, gone)
    else if (entry.leaving) entry.left = gone
    else gone(now)
  }
}
