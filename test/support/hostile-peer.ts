/** A scripted remote that speaks raw bytes to one machine: `send`, `sendSplit`, `expect`, `stall`. */
import assert from 'node:assert/strict'
import { concatBytes, fromHex, latin1, readUint32, toHex, writeUint32 } from '../../src/core/bytes.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { INFO_HASH, REMOTE_ID, Station, type StationSetup } from './peer-pair.ts'

export const PREFIX: string = '13426974546f7272656e742070726f746f636f6c'
export const PLAIN: string = '0000000000000000'
export const FAST: string = '0000000000000004'
export const EXTENDED: string = '0000000000100000'
export const FAST_EXTENDED: string = '0000000000100004'
/** Extension protocol, fast extension, DHT. */
export const ALL_BITS: string = '0000000000100005'

export function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(' ', ''))!
}

export function uint32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  for (const [i, value] of values.entries()) writeUint32(bytes, 4 * i, value)
  return bytes
}

/** One message: length, id, payload. */
export function message(id: number, ...payload: Uint8Array[]): Uint8Array {
  const body = concatBytes(payload)
  return concatBytes([uint32(1 + body.length), Uint8Array.of(id), body])
}

export function extended(id: number, payload: string | Uint8Array): Uint8Array {
  return message(20, Uint8Array.of(id), typeof payload === 'string' ? latin1(payload) : payload)
}

export function handshake(reserved: string = ALL_BITS, infoHash = INFO_HASH, id = REMOTE_ID): Uint8Array {
  return concatBytes([hex(PREFIX), hex(reserved), infoHash, id])
}

export const CHOKE: Uint8Array = message(0)
export const UNCHOKE: Uint8Array = message(1)
export const INTERESTED: Uint8Array = message(2)
export const HAVE_ALL: Uint8Array = message(14)
export const HAVE_NONE: Uint8Array = message(15)
export const KEEP_ALIVE: Uint8Array = uint32(0)

export class HostilePeer {
  readonly station: Station
  #inbox: Uint8Array = new Uint8Array(0)

  constructor(setup: StationSetup = {}) {
    this.station = new Station(setup)
  }

  /** Shakes hands and throws away what the machine says first. */
  static greeted(reserved: string = ALL_BITS, setup: StationSetup = {}): HostilePeer {
    const remote = new HostilePeer(setup)
    remote.send(handshake(reserved))
    remote.heard()
    remote.station.owner.events.length = 0
    return remote
  }

  get events(): string[] {
    return this.station.owner.events
  }

  /** The reason and the cost of the end, `undefined` while it lives. */
  get ending(): string | undefined {
    const [last] = this.station.owner.only('closed')
    return last?.slice('closed '.length) ?? this.station.peer.closeReason
  }

  send(...chunks: Uint8Array[]): this {
    this.station.receive(concatBytes(chunks))
    return this
  }

  /** In chunks of the given lengths; the last of them repeats. */
  sendSplit(bytes: Uint8Array, ...lengths: number[]): this {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const length = lengths[Math.min(i, lengths.length - 1)]!
      this.station.receive(bytes.subarray(at, at + length))
      at += length
    }
    return this
  }

  /** Says nothing for so long. */
  stall(duration: Micros): this {
    this.station.pass(duration)
    return this
  }

  seconds(count: number): this {
    return this.stall(count * SECOND)
  }

  /** What the machine has said since the last time, as it stands on the wire. */
  heard(): string {
    return toHex(this.station.take())
  }

  /** The machine's messages since the last time, one hexadecimal text each, without the length; keep-alives as ''. */
  messages(): string[] {
    this.#inbox = concatBytes([this.#inbox, this.station.take()])
    const found: string[] = []
    while (this.#inbox.length >= 4) {
      const length = readUint32(this.#inbox, 0)
      if (this.#inbox.length < 4 + length) break
      found.push(toHex(this.#inbox.subarray(4, 4 + length)))
      this.#inbox = this.#inbox.subarray(4 + length)
    }
    return found
  }

  /** Asserts what the machine has said since the last time. */
  expect(...messages: Uint8Array[]): this {
    assert.deepEqual(
      this.messages(),
      messages.map((bytes) => toHex(bytes.subarray(4))),
    )
    return this
  }
}
