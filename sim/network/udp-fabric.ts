import { type Address, parseAddress, withPort } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Handle } from '../../src/session/ports.ts'
import { contentWord } from '../engine/content-word.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import { AddressTable } from './addresses.ts'
import { drawFate } from './impairment.ts'
import { NatBox } from './nat-box.ts'
import type { Hop, Network } from './network.ts'
import { type Parcel, ParcelPool } from './parcel-pool.ts'
import type { Site } from './site.ts'
import type { Socket } from './socket.ts'

/** IP and UDP headers, counted on the lines (IPv4; the 20 bytes more of IPv6 are not worth asking for). */
const HEADERS = 28
const FIRST_EPHEMERAL = 49_152

/** Why a datagram did not arrive; counted under this name. */
export type Loss = 'lost' | 'crowdedOut' | 'filtered' | 'unheard'

/** Watches all datagrams of a world. The bytes are lent until the call returns. */
export interface UdpTap {
  /** `from` is the sender's own endpoint (or the one that it claims), before any translation. */
  readonly sent?: (site: Site, from: Address, to: Address, bytes: Uint8Array) => void
  /** Told when it leaves for its target's site, which is seen to be `to`: it comes there at `at`, if the line takes it. */
  readonly underway?: (at: Micros, from: Site, to: Site, bytes: Uint8Array) => void
  /** Before the machine gets it; `from` and `to` as the target sees them. */
  readonly delivered?: (site: Site, from: Address, to: Address, bytes: Uint8Array) => void
  /** `site` is the sender. */
  readonly lost?: (why: Loss, site: Site, from: Address, to: Address, bytes: Uint8Array) => void
}

/** All UDP sockets of a world, and the datagrams between them. */
export class UdpFabric {
  /** Datagrams that machines sent. */
  sent = 0
  delivered = 0
  /** Lost on the way, by an impairment. */
  lost = 0
  /** Copies that an impairment made: delivered and not sent. */
  duplicated = 0
  /** Dropped before a line with too long a queue. */
  crowdedOut = 0
  /** Not let through by a translator. */
  filtered = 0
  /** Sent to where nobody listens, or to where nothing gets through. */
  unheard = 0
  /** Of those sent: with a source that is not the sender's. */
  forged = 0

  readonly #scheduler: Scheduler
  readonly #network: Network
  /** Sockets by global endpoint, and those behind each box by inside endpoint. */
  readonly #sockets = new AddressTable<Socket>()
  readonly #inside = new Map<NatBox, AddressTable<Socket>>()
  readonly #parcels = new ParcelPool()
  #taps: readonly UdpTap[] | undefined
  readonly #atBox: number
  readonly #arriving: number
  readonly #held: number
  readonly #arrived: number

  constructor(scheduler: Scheduler, network: Network) {
    this.#scheduler = scheduler
    this.#network = network
    const parcelEvent = (name: string, act: (parcel: Parcel) => void): number =>
      scheduler.register(name, (_destination, _value, subject) => act(subject as Parcel))
    this.#atBox = parcelEvent('datagram at a box', (parcel) => this.#pass(parcel))
    this.#arriving = parcelEvent('datagram arriving', (parcel) => this.#arrive(parcel))
    this.#held = parcelEvent('datagram held up', (parcel) => this.#queue(parcel))
    this.#arrived = parcelEvent('datagram arrived', (parcel) => this.#deliver(parcel))
  }

  bind(site: Site, handle: Handle, host: string, port: number): Socket | ErrorCode {
    let local = site.bindable(host, port)
    if (local === undefined) return 'network/no-address'
    const behind = local.family === 4 ? site.nat : undefined
    const table = this.#tableOf(behind)
    for (let next = FIRST_EPHEMERAL; local.port === 0; next++) {
      const candidate = withPort(local, next)
      if (table.get(candidate) === undefined) local = candidate
    }
    if (table.get(local) !== undefined) return 'network/port-taken'
    const address = parseAddress(host, local.port)!
    const socket = { site, handle, address, local, behind, open: true }
    table.set(local, socket)
    return socket
  }

  close(socket: Socket): void {
    socket.open = false
    this.#tableOf(socket.behind).delete(socket.local)
  }

  /** Shows `tap` all datagrams until the function that comes back is called. */
  tap(tap: UdpTap): () => void {
    this.#taps = [...(this.#taps ?? []), tap]
    return () => {
      const left = this.#taps?.filter((other) => other !== tap) ?? []
      this.#taps = left.length === 0 ? undefined : left
    }
  }

  /** Room for one datagram, to be given to `send` before the machine returns to the host. */
  reserve(length: number): Uint8Array {
    return this.#parcels.reserve(length)
  }

  send(from: Socket, to: Address, datagram: Uint8Array): void {
    const parcel = this.#parcels.pack(from.site, from.local, to, datagram)
    const loss = this.#depart(parcel, from.behind)
    if (loss !== undefined) this.#drop(parcel, loss)
  }

  /**
   * Sends with a source that the sender made up, past all boxes before it, as from a network that does not check sources:
   * over the sender's line and from where it lies. Answers go to `from`.
   */
  inject(site: Site, from: Address, to: Address, datagram: Uint8Array): void {
    this.forged += 1
    const parcel = this.#parcels.pack(site, from, to, datagram)
    const loss = this.#depart(parcel, undefined)
    if (loss !== undefined) this.#drop(parcel, loss)
  }

  #depart(parcel: Parcel, behind: NatBox | undefined): Loss | undefined {
    const { origin, bytes } = parcel
    const { now } = this.#scheduler
    this.sent += 1
    origin.datagramsOut += 1
    origin.bytesOut += bytes.length
    if (this.#taps !== undefined) {
      for (const tap of this.#taps) tap.sent?.(origin, parcel.from, parcel.to, bytes)
    }
    if (!origin.up.admits(now, this.#network.options.longestQueue)) return 'crowdedOut'
    const left = origin.up.send(now, bytes.length + HEADERS)
    const socket = behind === undefined ? this.#sockets.get(parcel.to) : undefined
    if (socket !== undefined) {
      if (!this.#network.reaches(origin, socket.site)) return 'unheard'
      parcel.socket = socket
    } else {
      const loss = this.#head(parcel, this.#firstHop(parcel, behind))
      if (loss !== undefined) return loss
    }
    if (this.#network.impairment === undefined && origin.outward === undefined) {
      this.#fly(parcel, left)
      return undefined
    }
    return this.#flyImpaired(parcel, left)
  }

  #firstHop(parcel: Parcel, behind: NatBox | undefined): Hop | undefined {
    const { origin, from, to } = parcel
    return behind === undefined ? this.#network.find(from, to) : this.#network.leave('udp', origin, from, to)
  }

  /** Sets a parcel's next goal. */
  #head(parcel: Parcel, hop: Hop | undefined): Loss | undefined {
    if (hop === undefined) return 'filtered'
    const { place } = hop
    if (place === undefined) return 'unheard'
    parcel.from = hop.from
    parcel.to = hop.to
    if (place instanceof NatBox) {
      parcel.box = place
      return parcel.origin.manner === 'silent' ? 'unheard' : undefined
    }
    parcel.box = undefined
    parcel.socket = this.#tableOf(hop.to.family === 4 ? place.nat : undefined).get(hop.to)
    const heard = parcel.socket !== undefined && this.#network.reaches(parcel.origin, place)
    return heard ? undefined : 'unheard'
  }

  #flyImpaired(parcel: Parcel, left: Micros): Loss | undefined {
    const { origin } = parcel
    let copies = 1
    let hold = 0
    for (const impairment of [this.#network.impairment, origin.outward]) {
      if (impairment === undefined) continue
      const fate = drawFate(impairment, origin.noise)
      copies *= fate.copies
      hold += fate.hold
    }
    if (copies === 0) return 'lost'
    for (let copy = 1; copy < copies; copy++) this.#fly(this.#double(parcel), left)
    this.#fly(parcel, left + hold)
    return undefined
  }

  #fly(parcel: Parcel, left: Micros): void {
    const { origin, box, bytes } = parcel
    const wire = bytes.length + HEADERS
    if (box !== undefined) {
      const at = left + this.#network.leg(origin, box, origin.noise)
      this.#scheduler.schedule(at, origin.index, origin.index, this.#atBox, wire, parcel)
      return
    }
    this.#approach(parcel, left + this.#network.travel(origin, parcel.socket!.site, wire))
  }

  /** The parcel comes to its target's site at `at`. */
  #approach(parcel: Parcel, at: Micros): void {
    const { origin, bytes } = parcel
    const { site } = parcel.socket!
    const word = contentWord(bytes, this.#scheduler.now)
    this.#scheduler.schedule(at, site.index, origin.index, this.#arriving, word, parcel)
    if (this.#taps !== undefined) for (const tap of this.#taps) tap.underway?.(at, origin, site, bytes)
  }

  /** A parcel has come to a box from outside. */
  #pass(parcel: Parcel): void {
    const { origin, bytes } = parcel
    const box = parcel.box!
    const loss = this.#head(parcel, this.#network.enter('udp', box, parcel.from, parcel.to))
    if (loss !== undefined) {
      this.#drop(parcel, loss)
      return
    }
    const wire = bytes.length + HEADERS
    const goal = parcel.box ?? parcel.socket!.site
    const at = this.#scheduler.now + this.#network.leg(box, goal, origin.noise)
    if (parcel.box !== undefined) {
      this.#scheduler.schedule(at, origin.index, origin.index, this.#atBox, wire, parcel)
    } else this.#approach(parcel, at + this.#network.slows(origin, parcel.socket!.site, wire))
  }

  #arrive(parcel: Parcel): void {
    const { site } = parcel.socket!
    if (site.inward === undefined) {
      this.#queue(parcel)
      return
    }
    const { copies, hold } = drawFate(site.inward, site.noise)
    if (copies === 0) {
      this.#drop(parcel, 'lost')
      return
    }
    if (copies === 2) this.#queue(this.#double(parcel))
    if (hold === 0) this.#queue(parcel)
    else
      this.#scheduler.schedule(this.#scheduler.now + hold, site.index, site.index, this.#held, hold, parcel)
  }

  /** Joins the queue of the target's line. */
  #queue(parcel: Parcel): void {
    const { now } = this.#scheduler
    const { site } = parcel.socket!
    if (!site.down.admits(now, this.#network.options.longestQueue)) {
      this.#drop(parcel, 'crowdedOut')
      return
    }
    const wire = parcel.bytes.length + HEADERS
    const at = site.down.receive(now, wire)
    if (at === now) this.#deliver(parcel)
    else this.#scheduler.schedule(at, site.index, site.index, this.#arrived, wire, parcel)
  }

  #deliver(parcel: Parcel): void {
    const { from, to, bytes } = parcel
    const { open, site, handle } = parcel.socket!
    const { inputs } = site
    if (!open || inputs === undefined) {
      this.#drop(parcel, 'unheard')
      return
    }
    this.delivered += 1
    site.datagramsIn += 1
    site.bytesIn += bytes.length
    if (this.#taps !== undefined) for (const tap of this.#taps) tap.delivered?.(site, from, to, bytes)
    inputs.datagram(this.#scheduler.now, handle, from, bytes)
    this.#parcels.recycle(parcel)
  }

  #double(parcel: Parcel): Parcel {
    this.duplicated += 1
    const copy = this.#parcels.pack(parcel.origin, parcel.from, parcel.to, parcel.bytes)
    copy.socket = parcel.socket
    copy.box = parcel.box
    return copy
  }

  #drop(parcel: Parcel, why: Loss): void {
    this[why] += 1
    if (this.#taps !== undefined) {
      for (const tap of this.#taps) tap.lost?.(why, parcel.origin, parcel.from, parcel.to, parcel.bytes)
    }
    this.#parcels.recycle(parcel)
  }

  #tableOf(box: NatBox | undefined): AddressTable<Socket> {
    if (box === undefined) return this.#sockets
    let table = this.#inside.get(box)
    if (table === undefined) {
      table = new AddressTable()
      this.#inside.set(box, table)
    }
    return table
  }
}
