import type { Machine, SimHost } from '../../sim/hosts/sim-host.ts'
import { writePeers } from '../../src/codec/compact.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { readUint16, readUint32, toHex, writeUint32 } from '../../src/core/bytes.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Ports } from '../../src/session/ports.ts'
import type { VirtualSwarm } from './virtual-swarm.ts'

const PORT = 6969
const EVENTS = ['', 'completed', 'started', 'stopped']
const SOCKET = 1

/** What a tracker was told. */
export interface Told {
  readonly at: Micros
  readonly from: string
  readonly infoHash: string
  readonly event: string
  readonly left: number
  readonly uploaded: number
  readonly want: number
}

/** A UDP tracker (BEP 15) on a host of its own, which answers as a test wants it to. */
export class VirtualTracker implements Machine {
  readonly host: SimHost
  readonly told: Told[] = []
  /** Seconds. */
  interval = 1_800
  /** Named to everybody, besides those that have announced. */
  named: readonly Address[] = []
  /** Says this in place of an answer. */
  refusal: string | undefined
  silent = false
  /** The port from which it answers is another. */
  astray = false
  /** Sent before each answer. */
  noise: readonly Uint8Array[] = []
  readonly #ports: Ports
  readonly #peers = new Map<string, Address>()

  private constructor(host: SimHost, ports: Ports) {
    this.host = host
    this.#ports = ports
  }

  static join({ world }: VirtualSwarm): VirtualTracker {
    const host = world.addHost()
    return host.boot(world.now, (ports) => new VirtualTracker(host, ports))
  }

  get url(): string {
    return `udp://${this.host.host}:${PORT}/announce`
  }

  get events(): string[] {
    return this.told.map(({ event }) => event)
  }

  start(): void {
    this.#ports.udp.bind(1, SOCKET, this.host.host, PORT)
    this.#ports.udp.bind(2, SOCKET + 1, this.host.host, PORT + 1)
  }

  datagram(now: Micros, _socket: number, from: Address, bytes: Uint8Array): void {
    if (this.silent) return
    for (const datagram of this.noise) this.#send(from, datagram)
    const action = readUint32(bytes, 8)
    const answer = action === 0 ? this.#connect() : this.#announce(now, from, bytes)
    writeUint32(answer, 4, readUint32(bytes, 12))
    this.#send(from, answer)
  }

  timer(): void {}
  accepted(): void {}
  connected(): void {}
  chunk(): void {}
  sent(): void {}
  streamClosed(): void {}
  completed(): void {}
  command(): void {}

  #connect(): Uint8Array {
    return new Uint8Array(16).fill(7, 8)
  }

  #announce(now: Micros, from: Address, bytes: Uint8Array): Uint8Array {
    if (this.refusal !== undefined) {
      const text = new TextEncoder().encode(this.refusal)
      const answer = new Uint8Array(8 + text.length)
      writeUint32(answer, 0, 3)
      answer.set(text, 8)
      return answer
    }
    const event = EVENTS[readUint32(bytes, 80)]!
    const peer = parseAddress(from.host, readUint16(bytes, 96))!
    const others = [...this.#peers.values()].filter((other) => other !== peer)
    if (event === 'stopped') this.#peers.delete(peer.text)
    else this.#peers.set(peer.text, peer)
    this.told.push({
      at: now,
      from: from.host,
      infoHash: toHex(bytes.subarray(16, 36)),
      event,
      left: readUint32(bytes, 68),
      uploaded: readUint32(bytes, 76),
      want: readUint32(bytes, 92),
    })
    const peers = writePeers([...this.named, ...others])
    const answer = new Uint8Array(20 + peers.length)
    writeUint32(answer, 0, 1)
    writeUint32(answer, 8, this.interval)
    answer.set(peers, 20)
    return answer
  }

  #send(to: Address, datagram: Uint8Array): void {
    const { udp } = this.#ports
    const room = udp.reserve(datagram.length)
    room.set(datagram)
    udp.send(SOCKET + Number(this.astray), to, room.subarray(0, datagram.length))
  }
}
