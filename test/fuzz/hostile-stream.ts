import assert from 'node:assert/strict'
import { type HashRequest, readHashRequest } from '../../src/codec/hash-message.ts'
import type { Info } from '../../src/codec/metainfo.ts'
import type { Address } from '../../src/core/address.ts'
import { readUint32 } from '../../src/core/bytes.ts'
import type { Micros } from '../../src/core/time.ts'
import type { PeerEffects, PeerWire } from '../../src/peer/peer-wire.ts'

export interface AskedBlock {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** What a remote remembers of its requests. */
const MOST_ASKED = 16

/** The remote's end of one connection: what it was asked for, so that it can answer. */
export class HostileStream {
  readonly from: Address
  readonly outgoing: boolean
  /** What the torrent is, which a good liar knows. */
  readonly info: Info
  peer!: PeerWire
  /** It has sent a handshake, be it a bad one. */
  greeted = false
  over = false
  /** Blocks, pieces of metadata and nodes that it was asked for, the latest last. */
  readonly blocks: AskedBlock[] = []
  readonly metadata: number[] = []
  /** Hash requests. */
  readonly hashes: HashRequest[] = []
  /** Bytes that have been queued for it and not left. */
  outbox = 0
  #rooms: Uint8Array[] = []
  /** Whether it reads at all. */
  #reads = 0

  constructor(from: Address, outgoing: boolean, info: Info) {
    this.from = from
    this.outgoing = outgoing
    this.info = info
  }

  readonly effects: PeerEffects = {
    reserve: (length) => {
      assert.ok(!this.over, 'something is said on a stream that is over')
      const room = new Uint8Array(length)
      this.#rooms.push(room)
      this.outbox += length
      return room
    },
    send: (view) => {
      assert.ok(!this.over, 'something is sent on a stream that is over')
      this.outbox += view.length
    },
    close: () => {
      assert.ok(!this.over, 'a stream is closed twice')
      this.over = true
    },
    touch: () => {},
  }

  /** The end of a round; one remote in four reads only what came before. */
  settle(now: Micros): void {
    this.peer.settle(now)
    this.#listen()
    const stubborn = this.from.bytes[2]! % 4 === 0 && this.#reads > 20
    if (this.over || this.outbox === 0 || stubborn) return
    const bytes = this.outbox
    this.outbox = 0
    this.#reads += 1
    this.peer.sent(now, bytes)
  }

  hangUp(now: Micros): void {
    if (this.over) return
    this.over = true
    this.peer.streamClosed(now, 'stream/ended')
  }

  /** A room holds one frame: only those count that ask for something. */
  #listen(): void {
    for (const room of this.#rooms) {
      if (room.length === 17 && room[4] === 6) {
        const [piece, begin, length] = [5, 9, 13].map((at) => readUint32(room, at)) as [
          number,
          number,
          number,
        ]
        this.blocks.push({ piece, begin, length })
      } else if (room[4] === 21) {
        this.hashes.push(readHashRequest(room.subarray(5)))
      } else if (room[4] === 20) {
        const asked = /msg_typei0e5:piecei(\d+)e/.exec(String.fromCharCode(...room.subarray(0, 60)))
        if (asked !== null) this.metadata.push(Number(asked[1]))
      }
    }
    this.#rooms = []
    if (this.blocks.length > MOST_ASKED) this.blocks.splice(0, this.blocks.length - MOST_ASKED)
    if (this.hashes.length > MOST_ASKED) this.hashes.splice(0, this.hashes.length - MOST_ASKED)
    if (this.metadata.length > MOST_ASKED) this.metadata.splice(0, this.metadata.length - MOST_ASKED)
  }
}
