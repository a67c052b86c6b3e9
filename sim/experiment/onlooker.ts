import { toHex } from '../../src/core/bytes.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Site } from '../network/site.ts'
import type { Member } from './member.ts'
import { PlaybackRecorder } from './playback.ts'
import type { Stage } from './stage.ts'
import { TrafficByGroup } from './traffic-by-group.ts'
import { WalkReader } from './walk-reader.ts'

/** A larger world is not recorded: nobody could see anything in it. */
const MOST_MEMBERS = 500

interface Seen {
  isUp: boolean
  hasId: boolean
  pieces: Set<number>
}

/**
 * Watches a run for its report: who talks to whom, and in a small world everything that can be played again. It only looks
 * on, so that a run with a report has the digest of the run without.
 */
export class Onlooker {
  readonly #stage: Stage<unknown>
  readonly #traffic: TrafficByGroup
  readonly #recorder: PlaybackRecorder | undefined
  readonly #seen = new Map<Member, Seen>()

  constructor(stage: Stage<unknown>) {
    this.#stage = stage
    const { world, members } = stage
    this.#traffic = new TrafficByGroup(members.map(({ host, group }) => [host.index, group.name]))
    this.#recorder = members.length <= MOST_MEMBERS ? new PlaybackRecorder() : undefined
    const recorder = this.#recorder
    const reader = recorder === undefined ? undefined : new WalkReader(recorder)
    world.udp.tap({
      underway: (at, from, to, bytes) => {
        this.#traffic.datagram(from.index, to.index, bytes.length)
        if (recorder?.isFull === false) reader?.datagram(at, from.index, to.index, bytes)
      },
    })
    world.streams.tap = {
      sent: (_now, { site, remote }, bytes) => {
        const to: Site | undefined = remote?.site
        if (to !== undefined) this.#traffic.stream(site.index, to.index, bytes)
      },
      received: () => {},
    }
    for (const { host, group } of members) recorder?.host(host.index, group.name)
    stage.listen(({ host }, event) => {
      if (event.kind === 'lookup') reader?.ended(stage.now, host.index, toHex(event.target))
    })
  }

  /** Once per virtual second: who is up, and who has verified what. */
  second(): void {
    if (this.#recorder === undefined) return
    for (const member of this.#stage.members) this.#look(member, this.#recorder, this.#stage.now)
  }

  /** At the end: hands over what was seen. */
  last(): void {
    this.second()
    this.#stage.findings.flows = this.#traffic.flows
    if (this.#recorder !== undefined) this.#stage.findings.playback = this.#recorder.playback
  }

  #look(member: Member, recorder: PlaybackRecorder, now: Micros): void {
    const { host, group, isUp, id, pieces } = member
    const seen = this.#seen.get(member) ?? { isUp: false, hasId: false, pieces: new Set<number>() }
    this.#seen.set(member, seen)
    if (id !== undefined && !seen.hasId) {
      seen.hasId = true
      recorder.host(host.index, group.name, id)
    }
    if (isUp !== seen.isUp) {
      seen.isUp = isUp
      if (isUp) recorder.up(now, host.index)
      else recorder.down(now, host.index)
    }
    if (pieces === undefined || pieces.count === seen.pieces.size) return
    for (let piece = 0; piece < pieces.length; piece++) {
      if (!pieces.has(piece) || seen.pieces.has(piece)) continue
      seen.pieces.add(piece)
      recorder.pieceVerified(now, host.index, piece, pieces.length)
    }
  }
}
