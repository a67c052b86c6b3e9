import type { Announce } from '../../codec/announce.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { SessionOptions } from '../options.ts'
import type { Handle, Ports } from '../ports.ts'
import { resolveHost } from '../resolve-host.ts'
import type { Rounds } from '../rounds.ts'
import type { Machine, Seat } from '../seat.ts'
import type { Sockets } from '../sockets.ts'
import type { Tickets } from '../tickets.ts'
import { familiesOf, narrowestServer } from '../web/reach.ts'
import { serverAddresses } from '../web/server-addresses.ts'
import type { WebClient } from '../web/web-client.ts'
import { type AnnounceResult, joinedResult } from './announce-result.ts'
import { httpAnnounce } from './http-announce.ts'
import { TrackerSockets } from './tracker-sockets.ts'
import type { Tracker } from './tracker-tiers.ts'
import { UdpTrackers } from './udp-trackers.ts'

/** Announces under way at once; more wait for their turn. */
const MOST_AT_ONCE = 32
/** How long those that say that we go may take, when the session ends. */
const FAREWELL = 3 * SECOND

type Done = (now: Micros, result: AnnounceResult) => void

export interface TrackerDriverInit {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly sockets: Sockets
  readonly options: Pick<SessionOptions, 'proxied'>
  /** Absent: there is no way to web servers, and UDP trackers alone are asked. */
  readonly web: WebClient | undefined
  newHandle(): Handle
}

/** The way to trackers for all torrents of a session: through each family that the session has, over HTTP or UDP. */
export class TrackerDriver implements Machine {
  readonly #init: TrackerDriverInit
  readonly #udp: UdpTrackers
  readonly #sockets: TrackerSockets
  readonly #udpSeat: Seat
  readonly #seat: Seat
  readonly #waiting = new Set<(now: Micros) => void>()
  #underWay = 0
  #farewell: ((now: Micros) => void) | undefined
  #restsBy: Micros = NEVER

  constructor(init: TrackerDriverInit) {
    this.#init = init
    this.#sockets = new TrackerSockets(init, (socket) => init.sockets.read(socket, this.#udp))
    this.#udp = new UdpTrackers({
      secret: init.ports.random.secret,
      send: (to, datagram) => this.#sockets.send(to, datagram),
      touch: () => this.#udpSeat.touch(),
    })
    this.#udpSeat = init.rounds.seat(this.#udp)
    this.#seat = init.rounds.seat(this)
  }

  /** `done` is called once, in a later round of settling, unless what this returns is called before. */
  announce(tracker: Tracker, announce: Announce, done: Done): () => void {
    let giveUp: (() => void) | undefined
    let phase: 'waiting' | 'asking' | 'over' = 'waiting'
    const end = (): void => {
      if (phase === 'asking') this.#underWay -= 1
      phase = 'over'
      this.#seat.touch()
    }
    const turn = (now: Micros): void => {
      phase = 'asking'
      this.#underWay += 1
      giveUp = this.#throughAll(now, tracker, announce, (at, result) => {
        end()
        done(at, result)
      })
    }
    this.#waiting.add(turn)
    this.#seat.touch()
    return () => {
      this.#waiting.delete(turn)
      if (phase === 'asking') giveUp?.()
      end()
    }
  }

  /** Calls `done` when nothing is under way, or after a moment; nothing is begun then. */
  rest(now: Micros, done: (now: Micros) => void): void {
    this.#restsBy = now + FAREWELL
    this.#farewell = done
    this.#seat.touch()
  }

  stop(): void {
    this.#sockets.close()
    this.#udpSeat.forget()
    this.#seat.forget()
  }

  settle(now: Micros): void {
    for (const turn of this.#waiting) {
      if (this.#underWay >= MOST_AT_ONCE) break
      this.#waiting.delete(turn)
      turn(now)
    }
    if (this.#underWay === 0) this.#rested(now)
  }

  tick(now: Micros): void {
    if (now >= this.#restsBy) this.#rested(now)
  }

  nextDeadline(): Micros {
    return this.#restsBy
  }

  #rested(now: Micros): void {
    const done = this.#farewell
    this.#farewell = undefined
    this.#restsBy = NEVER
    done?.(now)
  }

  /** Through each family: the tracker hands out peers of one to who asks over it (BEP 7). One answer is enough. A proxy chooses itself. */
  #throughAll(now: Micros, tracker: Tracker, announce: Announce, done: Done): () => void {
    const { sockets, options } = this.#init
    const families = options.proxied ? [undefined] : familiesOf(sockets.bound)
    const results: AnnounceResult[] = []
    const ended = (at: Micros, result: AnnounceResult): void => {
      results.push(result)
      if (results.length === families.length) done(at, joinedResult(results))
    }
    const calls = families.map((family) => this.#through(now, family, tracker, announce, ended))
    return () => {
      for (const giveUp of calls) giveUp()
    }
  }

  #through(
    now: Micros,
    family: 4 | 6 | undefined,
    tracker: Tracker,
    announce: Announce,
    done: Done,
  ): () => void {
    const { web } = this.#init
    const isUdp = tracker.url.scheme === 'udp'
    if (isUdp && family !== undefined) return this.#overUdp(now, family, tracker, announce, done)
    if (!isUdp && web !== undefined) return httpAnnounce(web, now, tracker, family, announce, done)
    const message = 'there is no way to it here.'
    done(now, { ok: false, failure: { code: 'tracker/failed', message } })
    return () => {}
  }

  #overUdp(now: Micros, family: 4 | 6, { url, byHand }: Tracker, announce: Announce, done: Done): () => void {
    let isOver = false
    let giveUp: (() => void) | undefined
    const narrowest = byHand ? 'loopback' : narrowestServer(this.#init.sockets.bound)
    resolveHost(now, this.#init, url.host, url.port, (at, found) => {
      if (isOver) return
      const called = serverAddresses(url.host, found, narrowest, [family])
      if ('code' in called) {
        done(at, { ok: false, failure: called })
        return
      }
      this.#sockets.use(at, family, (then, failure) => {
        if (isOver) return
        if (failure !== undefined) done(then, { ok: false, failure })
        else giveUp = this.#udp.announce(then, called[0]!, url.path, announce, done)
      })
    })
    return () => {
      isOver = true
      giveUp?.()
    }
  }
}
