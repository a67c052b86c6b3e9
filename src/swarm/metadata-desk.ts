import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Crowd } from './crowd.ts'
import type { MetadataLiar } from './metadata-assembly.ts'
import { MetadataAssembly } from './metadata-assembly.ts'
import { honestMetadata, type MetadataServer } from './metadata-server.ts'
import type { PeerSlot } from './peer-slot.ts'
import { isAsked } from './torrent-hashes.ts'
import type { TorrentInit } from './torrent-init.ts'

/** The info dictionary, both ways: fetched from peers while it is unknown, served to them once it is there (BEP 9). */
export class MetadataDesk {
  #bytes: Uint8Array | undefined
  readonly #assembly: MetadataAssembly
  readonly #crowd: Crowd
  readonly #server: MetadataServer

  constructor(
    init: Pick<TorrentInit, 'infoHash' | 'v2Hash' | 'sha1' | 'sha256' | 'options'>,
    crowd: Crowd,
    server: MetadataServer = honestMetadata,
  ) {
    const { sha1, options } = init
    this.#assembly = new MetadataAssembly({ isRight: (bytes) => isAsked(init, bytes, init), sha1, options })
    this.#crowd = crowd
    this.#server = server
  }

  get bytes(): Uint8Array | undefined {
    return this.#bytes
  }

  /** Its length as peers are told. */
  get size(): number | undefined {
    return this.#server.size(this.#bytes)
  }

  /** The info dictionary is known from elsewhere. */
  supply(bytes: Uint8Array): void {
    this.#bytes = bytes
  }

  /** A peer told what it has. */
  extended(now: Micros, slot: PeerSlot): void {
    const { remote, address } = slot.peer
    if (this.#bytes !== undefined || !remote.supportsMetadata || remote.metadataSize === undefined) return
    this.#assembly.join(now, slot.key, remote.metadataSize, address.text)
    this.#pump(now)
  }

  gone(now: Micros, slot: PeerSlot): void {
    if (this.#bytes !== undefined) return
    this.#assembly.gone(now, slot.key)
    this.#pump(now)
  }

  /** True when the info dictionary has just become whole. */
  data(
    now: Micros,
    slot: PeerSlot,
    piece: number,
    totalSize: number | undefined,
    bytes: Uint8Array,
  ): boolean {
    if (this.#bytes !== undefined) return false
    const outcome = this.#assembly.data(now, slot.key, piece, totalSize, bytes)
    if (outcome === 'complete') {
      this.#bytes = this.#assembly.metadata
      this.#accuse(now)
      return true
    }
    this.#pump(now)
    return false
  }

  rejected(now: Micros, slot: PeerSlot, piece: number): void {
    if (this.#bytes !== undefined) return
    this.#assembly.rejected(now, slot.key, piece)
    this.#pump(now)
  }

  serve(now: Micros, peer: PeerWire, piece: number): void {
    this.#server.serve(now, peer, piece, this.#bytes)
  }

  tick(now: Micros): void {
    if (this.#bytes !== undefined) return
    this.#assembly.tick(now)
    this.#pump(now)
  }

  nextDeadline(): Micros {
    return this.#bytes === undefined ? this.#assembly.nextDeadline() : Number.POSITIVE_INFINITY
  }

  #pump(now: Micros): void {
    this.#accuse(now)
    for (const { peer, piece } of this.#assembly.requests(now)) {
      const slot = this.#crowd.slots.get(peer)
      if (slot === undefined || !slot.peer.requestMetadata(now, piece))
        this.#assembly.rejected(now, peer, piece)
    }
  }

  #accuse(now: Micros): void {
    for (const liar of this.#assembly.liars()) this.#blame(now, liar)
  }

  #blame(now: Micros, { peer, verdict }: MetadataLiar): void {
    const reason = 'supplied false metadata'
    if (verdict === 'ban') this.#crowd.ban(now, peer, reason)
    else this.#crowd.reproach(now, peer, reason, 'swarm/false-metadata')
  }
}
