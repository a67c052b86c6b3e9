import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Info } from '../../src/codec/metainfo.ts'
import type { Address } from '../../src/core/address.ts'
import type { Bitfield } from '../../src/core/bitfield.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { SECOND } from '../../src/core/time.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Torrent } from '../../src/swarm/torrent.ts'
import type { PieceStore, TorrentEvent } from '../../src/swarm/torrent-effects.ts'
import { ALL_BITS, HostilePeer, handshake } from '../support/hostile-peer.ts'
import { address, bits, GEOMETRY, INFO_HASH, OWN_ID } from '../support/peer-pair.ts'
import { levelsOf, pieceBudget, seededDice } from './support.ts'

const INFO: Info = {
  ...{ infoHash: INFO_HASH, name: 'a', length: GEOMETRY.length, pieceLength: GEOMETRY.pieceLength },
  ...{ pieces: new Uint8Array(20 * GEOMETRY.pieceCount), files: [], private: false, warnings: [] },
  v2: undefined,
  bytes: new Uint8Array(100),
}

/** Where it is, as others say. */
export const OWN_ADDRESS: Address = address('198.51.100.1')

/** Takes everything, finds it right and gives nothing. */
const STORE: PieceStore = {
  write() {},
  hash: (_piece, done) => done(0, new Uint8Array(20), undefined),
  digests() {},
  leaves() {},
  flush: (_piece, _begin, _length, done) => done(0, undefined, undefined),
  release() {},
  read() {},
  recordWriting: (_piece, done) => done(0),
  recordWritten() {},
  recordDropped() {},
}

/** A torrent of four pieces with peers that speak raw bytes. */
export class LoneTorrent {
  readonly torrent: Torrent
  readonly events: TorrentEvent[] = []
  /** Whom it has dialled: plainly, with how many seconds of patience, and with many packets (BEP 55). */
  readonly dials: string[] = []
  readonly punches: string[] = []
  /** Ours. */
  readonly have = bits(GEOMETRY.pieceCount)
  #peers = 0

  /** `have`: what is on its disk; with 'later' that is known when `begin` is called, else at once. 'super': it super-seeds. */
  constructor(...have: (number | 'later' | 'super')[]) {
    for (const piece of have) if (typeof piece === 'number') this.have.add(piece)
    this.torrent = new Torrent({
      now: 0,
      infoHash: INFO_HASH,
      peerId: OWN_ID,
      effects: {
        dial: ({ text }, timeout) => this.dials.push(`${text} ${timeout / SECOND}`) > 0,
        punch: ({ text }) => this.punches.push(text) > 0,
        own: () => [OWN_ADDRESS],
        touch() {},
        event: (event) => this.events.push(event),
      },
      options: resolveSwarmOptions({ superSeed: have.includes('super') ? 1 : 0 }),
      dice: seededDice(1),
      sha1: (bytes) => createHash('sha1').update(bytes).digest(),
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      limits: new RateLimits(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      account: pieceBudget().join(),
      listenPort: () => 6881,
      dhtPort: undefined,
    })
    this.torrent.metadataKnown(0, INFO)
    if (!have.includes('later')) this.begin()
  }

  /** Its disk has been looked at. */
  begin(wanted?: Bitfield): void {
    this.torrent.begin(0, INFO, this.have, wanted && levelsOf(wanted), STORE)
  }

  /** A peer that has dialled us and shaken hands; `listens`: what it was told first is not thrown away. */
  enter(reserved: string = ALL_BITS, listens = false): HostilePeer {
    this.#peers += 1
    const remote = new HostilePeer({
      address: address(`203.0.${this.#peers}.1`),
      terms: this.torrent.terms(),
    })
    remote.send(handshake(reserved, INFO_HASH, new Uint8Array(20).fill(this.#peers)))
    assert.equal(remote.station.peer.ready, true)
    if (!listens) remote.heard()
    return remote
  }

  /** How many of the peers have each piece. */
  get availability(): number[] {
    const { picker } = this.torrent.download!
    return Array.from({ length: GEOMETRY.pieceCount }, (_, piece) => picker.availabilityOf(piece))
  }
}
