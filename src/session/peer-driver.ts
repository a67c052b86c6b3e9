import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { CloseReason } from '../peer/close-reasons.ts'
import type { Crowd } from '../swarm/crowd.ts'
import type { TorrentEffects } from '../swarm/torrent-effects.ts'
import { CommonPlaces } from './common-places.ts'
import type { Dialler } from './dialler.ts'
import { Lobby } from './lobby.ts'
import { Pauses } from './pauses.ts'
import { type PeerHome, PeerLink, type PeerLinkInit } from './peer-link.ts'
import type { Stream } from './stream.ts'

export interface PeerDriverInit extends PeerLinkInit {
  readonly dialler: Dialler
  readonly maxPeers: number
  /** Of all torrents. */
  readonly crowds: () => readonly Crowd[]
}

/** Joins streams and peers: one link per stream, peer machine above, stream below. */
export class PeerDriver {
  readonly #init: PeerDriverInit
  readonly #links = new Map<Stream, PeerLink>()
  readonly #lobby = new Lobby<Stream>()
  readonly #pauses: Pauses
  readonly #places: CommonPlaces

  constructor(init: PeerDriverInit) {
    this.#init = init
    this.#places = new CommonPlaces(init.crowds)
    this.#pauses = new Pauses(init.memory, init.rounds, () => {
      for (const link of this.#links.values()) link.heed()
    })
  }

  /** Places taken: what has shaken hands, and what we dial. */
  get #taken(): number {
    return this.#links.size - this.#lobby.size
  }

  /** Dials for `home`, within `timeout`; false when every slot is taken. */
  #dial(home: PeerHome, address: Address, timeout: Micros, how: 'dial' | 'punch'): boolean {
    const { encryption, dialler, maxPeers, rounds } = this.#init
    if (this.#taken >= maxPeers && !this.#places.makeRoom(rounds.now, undefined)) return false
    const dial = (): Stream => dialler[how](rounds.now, address)
    const terms = home.terms(address)
    const stream = encryption?.dialled(address, terms.infoHash, dial) ?? dial()
    const link = new PeerLink(this.#init, this.#links, this.#pauses, stream, address, home, terms)
    link.openBy = rounds.now + timeout
    link.touch()
    return true
  }

  /** What the torrent of `home` has to do with dials. */
  dialsOf(home: PeerHome): Pick<TorrentEffects, 'dial' | 'punch' | 'speaksUtp'> {
    const { dialler } = this.#init
    return {
      dial: (address, timeout) => this.#dial(home, address, timeout, 'dial'),
      ...(dialler.punches && { punch: (address, timeout) => this.#dial(home, address, timeout, 'punch') }),
      speaksUtp: (address) => dialler.speaksUtp(address),
    }
  }

  /** Somebody has dialled us. */
  accepted(now: Micros, below: Stream, from: Address): void {
    const encrypted = this.#init.encryption?.accepted(below, from)
    const stream = encrypted ?? below
    const loser = this.#lobby.enter(stream, from)
    if (loser === stream) {
      stream.close(true)
      return
    }
    if (loser !== undefined) this.#links.get(loser)?.close(true)
    const link = new PeerLink(this.#init, this.#links, this.#pauses, stream, from, undefined)
    const { maxPeers, rounds } = this.#init
    link.welcomes = (infoHash) =>
      encrypted?.concerns(infoHash) !== false &&
      (this.#taken < maxPeers || this.#places.hasRoom(rounds.now, from))
    link.leaveLobby = () => this.#lobby.leave(stream)
    link.keepsPlace = (at, peer) => this.#taken <= maxPeers || this.#places.makeRoom(at, peer)
    link.opened(now)
  }

  /** Drops dials of `home` that are still under way; its open peers it closes itself. */
  abandonDials(home: PeerHome): void {
    for (const link of this.#links.values())
      if (link.home === home && link.peer === undefined) link.close(true)
  }

  /** Closes what was dialled for `home`; dials that are under way have failed. */
  closeAll(now: Micros, home: PeerHome, reason: CloseReason): void {
    for (const link of [...this.#links.values()]) if (link.home === home) link.leave(now, reason)
  }

  /** Closes every stream that no torrent has taken. */
  closeStrangers(): void {
    for (const link of [...this.#links.values()]) link.close(true)
  }
}
