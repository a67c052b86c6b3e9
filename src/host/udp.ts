import type { RemoteInfo } from 'node:dgram'
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised'
import { type Address, parseAddress, sameAddress } from '../core/address.ts'
import { EMPTY } from '../core/bytes.ts'
import type { Handle, Ticket, UdpPort } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { multicastInterfaces } from './multicast-interfaces.ts'
import { bindFailure } from './network-failure.ts'
import { now } from './now.ts'
import { plainBytes } from './plain-bytes.ts'
import { socketAddress } from './socket-address.ts'

/** The default holds 256 small packets, this one 10,000 while the event loop is busy elsewhere. */
const RECEIVE_BUFFER = 4 * 1024 * 1024
/** Datagrams that wait for a full kernel buffer; more are lost, as on the network. */
const SEND_QUEUE = 1024
/** No datagram of the DHT is longer. */
const ROOM = 2048

interface Bound {
  readonly socket: SocketAsPromised
  readonly family: 4 | 6
  /** False until the bind has completed. */
  open: boolean
  /** Datagrams that waited for the kernel after the last send. */
  waiting: number
  /** The multicast group that it is in, and the local addresses on whose interfaces. */
  group: { readonly address: Address; readonly hosts: readonly string[] } | undefined
}

/** UDP sockets; the only user of `dgram-as-promised`, whose promises serve for bind and close. */
export class HostUdp implements UdpPort {
  readonly #inbox: Inbox
  /** Room that was handed out and comes back: see `send`. */
  #room: Uint8Array = new Uint8Array(0)
  readonly #sockets = new Map<Handle, Bound>()
  readonly #closing = new Set<Promise<void>>()
  /** Datagrams that were not sent: unusable address, wrong family, full queue. */
  dropped = 0

  constructor(inbox: Inbox) {
    this.#inbox = inbox
  }

  bind(ticket: Ticket, handle: Handle, host: string, port: number): void {
    this.#inbox.settle(ticket, this.#bind(handle, host, port, false), (error) =>
      bindFailure(error, `UDP ${host}:${port}`),
    )
  }

  join(ticket: Ticket, handle: Handle, group: Address, hosts: readonly string[]): void {
    this.#inbox.settle(ticket, this.#join(handle, group, hosts), (error) =>
      bindFailure(error, `UDP ${group.text}`),
    )
  }

  reserve(length: number): Uint8Array {
    if (this.#room.length < length) this.#room = new Uint8Array(Math.max(length, ROOM))
    return this.#room
  }

  send(handle: Handle, to: Address, datagram: Uint8Array): void {
    const bound = this.#sockets.get(handle)
    if (!bound?.open) return
    const { socket } = bound.socket
    const { group } = bound
    const toGroup = group !== undefined && sameAddress(to, group.address)
    if (!(to.usable || toGroup) || to.family !== bound.family || bound.waiting >= SEND_QUEUE) {
      this.dropped += 1
      return
    }
    if (toGroup) {
      for (const one of multicastInterfaces(bound.family, group.hosts)) {
        // One that has come since the socket joined; those of before refuse.
        tried(() => socket.addMembership(to.host, one))
        if (tried(() => socket.setMulticastInterface(one))) socket.send(datagram, to.port, to.host)
      }
    }
    // Without a callback the runtime keeps errors to itself (loss is silent) and makes no object per send.
    else socket.send(datagram, to.port, to.host)
    // The kernel has copied it before the call returns, unless it had to wait: then the room is the runtime's until it has gone.
    bound.waiting = socket.getSendQueueCount()
    if (bound.waiting > 0) this.#room = EMPTY
  }

  close(handle: Handle): void {
    const bound = this.#sockets.get(handle)
    if (bound === undefined) return
    this.#sockets.delete(handle)
    if (!bound.open) return
    bound.open = false
    const closing = bound.socket.close().catch(() => {})
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }

  async closeAll(): Promise<void> {
    for (const handle of [...this.#sockets.keys()]) this.close(handle)
    await Promise.all(this.#closing)
  }

  /** Bound to all addresses, since systems differ in what comes to a socket that is bound to a group or to one address. */
  async #join(handle: Handle, group: Address, hosts: readonly string[]): Promise<undefined> {
    const interfaces = multicastInterfaces(group.family, hosts)
    if (interfaces.length === 0) throw noInterface()
    await this.#bind(handle, group.family === 4 ? '0.0.0.0' : '::', group.port, true)
    const bound = this.#sockets.get(handle)
    if (bound === undefined) throw new Error('closed while it was being bound')
    const { socket } = bound.socket
    if (interfaces.filter((one) => tried(() => socket.addMembership(group.host, one))).length === 0) {
      this.close(handle)
      throw noInterface()
    }
    bound.group = { address: group, hosts }
    socket.setMulticastTTL(1)
    socket.setMulticastLoopback(true)
    return undefined
  }

  /** `shared`: with other programs that share it too. */
  async #bind(handle: Handle, host: string, port: number, shared: boolean): Promise<Address> {
    const family = host.includes(':') ? 6 : 4
    const socket = DgramAsPromised.createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      reuseAddr: shared,
      ...(shared ? {} : { recvBufferSize: RECEIVE_BUFFER }),
      // Addresses are literal here: nothing to look up, and no name ever reaches the resolver.
      lookup: (name: string, _options: unknown, found: (e: null, a: string, f: number) => void) =>
        found(null, name, family),
    })
    // The package keeps an error for the next unrelated call; a datagram socket's errors concern single datagrams.
    socket.socket.on('error', () => {})
    const bound: Bound = { socket, family, open: false, waiting: 0, group: undefined }
    this.#sockets.set(handle, bound)
    try {
      await socket.bind({ address: host, port, exclusive: true })
    } catch (error) {
      if (this.#sockets.get(handle) === bound) this.#sockets.delete(handle)
      await socket.close().catch(() => {})
      throw error
    }
    const { address, port: own } = socket.socket.address()
    const local = parseAddress(address, own)
    if (this.#sockets.get(handle) !== bound || local === undefined) {
      await socket.close()
      throw new Error('closed while it was being bound')
    }
    bound.open = true
    // `recv()` and the iterator of the package lose what comes while nobody awaits them; the event does not.
    socket.socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      const sender = bound.open ? socketAddress(from.address, from.port) : undefined
      if (sender !== undefined) this.#inbox.inputs.datagram(now(), handle, sender, plainBytes(bytes))
    })
    return local
  }
}

/** Whether the system does it: interfaces come and go. */
function tried(call: () => void): boolean {
  try {
    call()
    return true
  } catch {
    return false
  }
}

function noInterface(): Error {
  return Object.assign(new Error('no interface has multicast'), { code: 'ENODEV' })
}
