import { NOWHERE } from '../../codec/announce.ts'
import { readUint32 } from '../../core/bytes.ts'
import type { Micros } from '../../core/time.ts'
import { NEVER } from '../../core/time.ts'
import type { Torrent } from '../../swarm/torrent.ts'
import type { TorrentSource } from '../commands.ts'
import { publicPort } from '../public-port.ts'
import type { TorrentDriverInit } from '../torrent-driver-init.ts'
import { Announcer } from './announcer.ts'
import { TrackerTiers } from './tracker-tiers.ts'

/** What is left of what nobody has told us the size of yet: not nothing. */
const UNKNOWN_LEFT = 16 * 1024

/**
 * The trackers of one torrent: those that the user named, and those that it names itself where trackers are wanted (`SessionOptions.trackers`)
 * or where there is no other way (BEP 27).
 */
export class TorrentTrackers {
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #tiers: TrackerTiers
  readonly #announcer: Announcer
  readonly #key: number
  #named: readonly (readonly string[])[] = []
  #told = false

  /** `switched`: of a private torrent, another tracker is the one that counts now. */
  constructor(init: TorrentDriverInit, torrent: Torrent, switched: (now: Micros) => void, touch: () => void) {
    this.#init = init
    this.#torrent = torrent
    const { dice, secret } = init.ports.random
    const key = new Uint8Array(4)
    secret.fill(key)
    this.#key = readUint32(key, 0)
    this.#tiers = new TrackerTiers(dice, init.session.proxied)
    this.#tiers.add(
      (init.options.trackers ?? []).map((url) => [url]),
      true,
    )
    this.#announcer = new Announcer({
      tiers: this.#tiers,
      figures: () => this.#figures(),
      ask: (tracker, announce, done) => init.trackers?.announce(tracker, announce, done) ?? (() => {}),
      found: (now, peers) => torrent.crowd.addCandidates(now, peers, 'tracker'),
      switched: (now) => {
        if (torrent.private) switched(now)
      },
      warn: (code, message) => init.emit({ kind: 'warning', torrent: init.number, code, message }),
      touch,
    })
  }

  /** There are any that may be asked, as far as it is known whether the torrent is private. */
  get tracked(): boolean {
    this.#take()
    return this.#init.trackers !== undefined && this.#tiers.all.length > 0
  }

  /** There would be, if it were not for the proxy. */
  get unreachable(): boolean {
    return !this.tracked && this.#tiers.unreachable
  }

  /** What a link or a `.torrent` names. */
  named(now: Micros, { trackers = [] }: TorrentSource): void {
    this.#named = [...this.#named, ...trackers]
    this.#take()
    this.#announcer.added(now)
  }

  /** Peers are looked for from now on, if there is any to ask. */
  begin(now: Micros): void {
    if (this.tracked) this.#announcer.begin(now)
    else if (this.unreachable && !this.#told) {
      this.#told = true
      const message =
        'The trackers of this torrent are asked over UDP, which does not go through the proxy: none is asked. One over HTTP can be named with --tracker.'
      this.#init.emit({ kind: 'warning', torrent: this.#init.number, code: 'tracker/proxy', message })
    }
  }

  completed(now: Micros): void {
    this.#announcer.completed(now)
  }

  stop(): void {
    this.#announcer.stop()
  }

  tick(now: Micros, alone: boolean): void {
    this.#announcer.tick(now, alone)
  }

  nextDeadline(): Micros {
    return this.#init.trackers === undefined ? NEVER : this.#announcer.deadline
  }

  #take(): void {
    if (this.#init.session.trackers || this.#torrent.private) this.#tiers.add(this.#named, false)
  }

  #figures(): ReturnType<ConstructorParameters<typeof Announcer>[0]['figures']> {
    const { source, peerId, options } = this.#init
    const { download, up, down } = this.#torrent
    const unknown = options.mode === 'seed' ? 0 : UNKNOWN_LEFT
    return {
      infoHash: source.infoHash,
      peerId,
      port: publicPort(this.#init, 4) ?? NOWHERE,
      uploaded: up.total,
      downloaded: down.total,
      left: download === undefined ? unknown : download.tracker.remaining,
      key: this.#key,
    }
  }
}
