/** A remote in virtual time that speaks the wire protocol and does with it what a test says. */
import { PORT } from '../../sim/hosts/session-host.ts'
import type { Machine, SimHost } from '../../sim/hosts/sim-host.ts'
import type { World } from '../../sim/hosts/world.ts'
import type { Address } from '../../src/core/address.ts'
import type { Bitfield } from '../../src/core/bitfield.ts'
import type { Geometry } from '../../src/core/geometry.ts'
import type { Id } from '../../src/core/id.ts'
import type { Micros } from '../../src/core/time.ts'
import type { PeerOptions } from '../../src/peer/options.ts'
import type { PeerOwner } from '../../src/peer/peer-wire.ts'
import { PeerWire } from '../../src/peer/peer-wire.ts'
import type { Ports, StreamId } from '../../src/session/ports.ts'

export interface Script {
  readonly infoHash: Id
  /** By which it knows a torrent of version 2, 20 bytes. */
  readonly v2Hash?: Id
  readonly peerId: Id
  readonly geometry?: Geometry
  /** What it says that it has. */
  readonly pieces?: Bitfield
  readonly metadataSize?: number
  /** Whom it dials at its start. */
  readonly dials?: readonly Address[]
  /** What it has heard when it stops reading. */
  readonly deafAfter?: keyof PeerOwner
  readonly options?: Partial<PeerOptions>
  /** What it does on what it hears; nothing, where it is not told. */
  readonly on?: Partial<PeerOwner>
}

/** Does nothing, whatever it is told. */
const IDLE: PeerOwner = {
  hashes: { requested() {}, given() {}, rejected() {} },
  ready() {},
  extended() {},
  choked() {},
  unchoked() {},
  interest() {},
  piecesReplaced() {},
  have() {},
  lost() {},
  allowedFast() {},
  claim: () => 'stream',
  write() {},
  block() {},
  released() {},
  wasted() {},
  refill() {},
  serve() {},
  metadataRequested() {},
  metadataData() {},
  metadataRejected() {},
  peersNamed() {},
  dhtPort() {},
  closed() {},
}

export class ScriptedPeer implements Machine {
  readonly host: SimHost
  /** What it heard, with the time, by the name of the owner's method. */
  readonly heard: { readonly at: Micros; readonly name: string; readonly details: readonly unknown[] }[] = []
  readonly #ports: Ports
  readonly #script: Script
  readonly #links = new Map<StreamId, PeerWire>()
  #dialled = 0

  private constructor(host: SimHost, ports: Ports, script: Script) {
    this.host = host
    this.#ports = ports
    this.#script = script
  }

  static join(world: World, script: Script, at: Micros = world.now): ScriptedPeer {
    const host = world.addHost()
    return host.boot(at, (ports) => new ScriptedPeer(host, ports, script))
  }

  /** Connections that are there. */
  get peers(): PeerWire[] {
    return [...this.#links.values()]
  }

  /** When it first heard that; `undefined`: never. */
  firstHeard(name: keyof PeerOwner): Micros | undefined {
    return this.heard.find((entry) => entry.name === name)?.at
  }

  start(now: Micros): void {
    this.#ports.streams.listen(1, 1, this.host.host, PORT)
    for (const address of this.#script.dials ?? []) this.dial(now, address)
  }

  dial(_now: Micros, address: Address): void {
    this.#dialled += 2
    this.#dials.set(this.#dialled, address)
    this.#ports.streams.connect(this.#dialled, address, undefined)
  }

  readonly #dials = new Map<StreamId, Address>()

  timer(now: Micros): void {
    for (const peer of this.peers) if (peer.nextDeadline() <= now) peer.tick(now)
    this.#end(now)
  }

  accepted(now: Micros, _listener: number, stream: StreamId, from: Address): void {
    this.#link(now, stream, from, false)
  }

  connected(now: Micros, stream: StreamId): void {
    this.#link(now, stream, this.#dials.get(stream)!, true)
  }

  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    for (const view of views) this.#links.get(stream)?.receive(now, view)
    if (this.#script.deafAfter !== undefined && this.firstHeard(this.#script.deafAfter) !== undefined)
      this.#ports.streams.pause(stream)
    this.#end(now)
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#links.get(stream)?.sent(now, bytes)
    this.#end(now)
  }

  streamClosed(now: Micros, stream: StreamId, reason: string): void {
    this.#links.get(stream)?.streamClosed(now, `stream/${reason}`)
    this.#links.delete(stream)
    this.#end(now)
  }

  datagram(): void {}
  completed(): void {}
  command(): void {}

  #link(now: Micros, stream: StreamId, address: Address, outgoing: boolean): void {
    const { infoHash, v2Hash, peerId, geometry, pieces, metadataSize, options } = this.#script
    const { streams } = this.#ports
    const terms = {
      ...{ infoHash, v2Hash, owner: this.#owner(), geometry, pieces, metadataSize },
      ...{ dht: false, listenPort: () => PORT, private: false },
    }
    const peer = new PeerWire({
      now,
      address,
      outgoing,
      ownPeerId: peerId,
      sha1: this.#ports.crypto.sha1,
      ...(options === undefined ? {} : { options }),
      ...(outgoing ? { terms } : { identify: () => terms }),
      effects: {
        reserve: (length) => streams.reserve(stream, length),
        send: (view) => streams.send(stream, view),
        close: (at) => {
          this.#links.delete(stream)
          streams.close(stream, at)
        },
        touch: () => {},
      },
    })
    this.#links.set(stream, peer)
    this.#end(now)
  }

  /** The script, and a note of each call. */
  #owner(): PeerOwner {
    const owner: PeerOwner = { ...IDLE, ...this.#script.on }
    const { hashes, ...methods } = owner
    const noted: Record<string, unknown> = { hashes }
    for (const [name, act] of Object.entries(methods) as [string, (...given: unknown[]) => unknown][]) {
      const timed = name !== 'claim' && name !== 'write'
      noted[name] = (...given: unknown[]) => {
        if (timed) this.heard.push({ at: given[1] as Micros, name, details: given.slice(2) })
        return act(...given)
      }
    }
    return noted as unknown as PeerOwner
  }

  #end(now: Micros): void {
    let next = Number.POSITIVE_INFINITY
    for (const [stream, peer] of [...this.#links]) {
      peer.settle(now)
      this.#ports.streams.flush(stream)
      next = Math.min(next, peer.nextDeadline())
    }
    this.#ports.clock.wakeAt(next)
  }
}
