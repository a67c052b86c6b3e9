import { type Address, parseAddress } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Handle, Ticket, UdpPort } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import { contentWord } from '../engine/content-word.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { Network, Site } from './network.ts'

/** IPv4 and UDP headers, counted on the lines. */
const HEADERS = 28
/** Room of a pooled datagram: what fits an Ethernet frame. */
const ROOM = 1_472
const POOL_LIMIT = 65_536
const FIRST_EPHEMERAL = 49_152
/** What a machine that kept a lent datagram finds in it. */
const POISON = 0xdb

/** A datagram on its way, pooled with its memory. */
interface Parcel {
  readonly room: Uint8Array
  bytes: Uint8Array
  from: Address | undefined
  to: Socket | undefined
}

interface Socket {
  readonly site: Site
  readonly handle: Handle
  readonly address: Address
  /** What remotes see. */
  readonly seenAs: Address
  open: boolean
}

/** Why a datagram did not arrive; counted under this name. */
type Loss = 'lost' | 'crowdedOut' | 'unheard'

/** All UDP sockets of a world, and the datagrams between them. */
export class UdpFabric {
  delivered = 0
  /** Lost on the way, by the network's option. */
  lost = 0
  /** Dropped before a line with too long a queue. */
  crowdedOut = 0
  /** Sent to where nobody listens. */
  unheard = 0

  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #sockets = new Map<string, Socket>()
  readonly #pool: Parcel[] = []
  readonly #arriving: number
  readonly #arrived: number

  constructor(scheduler: Scheduler, network: Network) {
    this.#scheduler = scheduler
    this.#network = network
    this.#arriving = scheduler.register('datagram arrives', (_destination, _value, subject) =>
      this.#arrive(subject as Parcel),
    )
    this.#arrived = scheduler.register('datagram is taken in', (_destination, _value, subject) =>
      this.#deliver(subject as Parcel),
    )
  }

  bind(site: Site, handle: Handle, host: string, port: number): Socket | ErrorCode {
    if (host !== site.host && host !== '0.0.0.0') return 'network/no-address'
    let chosen = port
    for (let next = FIRST_EPHEMERAL; chosen === 0; next++) {
      if (!this.#sockets.has(parseAddress(site.host, next)!.text)) chosen = next
    }
    const seenAs = parseAddress(site.host, chosen)!
    if (this.#sockets.has(seenAs.text)) return 'network/port-taken'
    const socket = { site, handle, address: parseAddress(host, chosen)!, seenAs, open: true }
    this.#sockets.set(seenAs.text, socket)
    return socket
  }

  close(socket: Socket): void {
    socket.open = false
    this.#sockets.delete(socket.seenAs.text)
  }

  takeParcel(length: number): Parcel {
    const pooled = length <= ROOM ? this.#pool.pop() : undefined
    if (pooled !== undefined) {
      pooled.bytes = pooled.room.subarray(0, length)
      return pooled
    }
    const room = new Uint8Array(Math.max(length, ROOM))
    return { room, bytes: room.subarray(0, length), from: undefined, to: undefined }
  }

  send(from: Socket, to: Address, parcel: Parcel): void {
    const loss = this.#depart(from, to, parcel)
    if (loss !== undefined) this.#drop(parcel, loss)
  }

  #depart(from: Socket, to: Address, parcel: Parcel): Loss | undefined {
    const target = this.#sockets.get(to.text)
    const wire = parcel.bytes.length + HEADERS
    const { now } = this.#scheduler
    if (from.site.up.backlog(now) > this.#network.options.longestQueue) return 'crowdedOut'
    const left = from.site.up.send(now, wire)
    if (target === undefined || !this.#network.reaches(from.site, target.site)) return 'unheard'
    if (this.#network.loses(from.site)) return 'lost'
    parcel.from = from.seenAs
    parcel.to = target
    const at = left + this.#network.travel(from.site, target.site)
    const word = contentWord(parcel.bytes, now)
    this.#scheduler.schedule(at, target.site.index, from.site.index, this.#arriving, word, parcel)
    return undefined
  }

  #arrive(parcel: Parcel): void {
    const now = this.#scheduler.now
    const { site } = parcel.to!
    if (site.down.backlog(now) > this.#network.options.longestQueue) {
      this.#drop(parcel, 'crowdedOut')
      return
    }
    const wire = parcel.bytes.length + HEADERS
    const at = site.down.receive(now, wire)
    if (at === now) this.#deliver(parcel)
    else this.#scheduler.schedule(at, site.index, site.index, this.#arrived, wire, parcel)
  }

  #deliver(parcel: Parcel): void {
    const to = parcel.to!
    if (!to.open || to.site.inputs === undefined) {
      this.#drop(parcel, 'unheard')
      return
    }
    this.delivered += 1
    to.site.inputs.datagram(this.#scheduler.now, to.handle, parcel.from!, parcel.bytes)
    this.#recycle(parcel)
  }

  #drop(parcel: Parcel, why: Loss): void {
    this[why] += 1
    this.#recycle(parcel)
  }

  #recycle(parcel: Parcel): void {
    parcel.bytes.fill(POISON)
    if (parcel.room.length === ROOM && this.#pool.length < POOL_LIMIT) this.#pool.push(parcel)
  }
}

/** The UDP port of one machine. */
export class SimUdp implements UdpPort {
  readonly #fabric: UdpFabric
  readonly #site: Site
  readonly #answers: Answers
  readonly #sockets = new Map<Handle, Socket>()
  #reserved: Parcel | undefined

  constructor(fabric: UdpFabric, site: Site, answers: Answers) {
    this.#fabric = fabric
    this.#site = site
    this.#answers = answers
  }

  bind(ticket: Ticket, handle: Handle, host: string, port: number): void {
    const socket = this.#fabric.bind(this.#site, handle, host, port)
    if (typeof socket === 'string') {
      const message = `The UDP port ${port} of ${host} cannot be had.`
      this.#answers.fail(ticket, socket, message)
      return
    }
    this.#sockets.set(handle, socket)
    this.#answers.succeed(ticket, socket.address)
  }

  reserve(length: number): Uint8Array {
    this.#reserved = this.#fabric.takeParcel(length)
    return this.#reserved.bytes
  }

  send(handle: Handle, to: Address, datagram: Uint8Array): void {
    const socket = this.#sockets.get(handle)
    if (socket === undefined) return
    let parcel = this.#reserved
    if (parcel === undefined || parcel.room.buffer !== datagram.buffer) {
      // Room reserved before the last: rare, so it is copied rather than tracked.
      parcel = this.#fabric.takeParcel(datagram.length)
      parcel.bytes.set(datagram)
    } else {
      parcel.bytes = datagram
      this.#reserved = undefined
    }
    this.#fabric.send(socket, to, parcel)
  }

  close(handle: Handle): void {
    const socket = this.#sockets.get(handle)
    if (socket === undefined) return
    this.#sockets.delete(handle)
    this.#fabric.close(socket)
  }

  closeAll(): void {
    for (const handle of [...this.#sockets.keys()]) this.close(handle)
  }
}
