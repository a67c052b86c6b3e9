import { createServer, type Server, type Socket } from 'node:net'
import { type Address, parseAddress, passingAddress } from '../core/address.ts'
import type { Handle, StreamId, StreamsPort, Ticket } from '../session/ports.ts'
import type { Dialler } from './dialler.ts'
import { Garbage } from './garbage.ts'
import type { Inbox } from './inbox.ts'
import { bindFailure } from './network-failure.ts'
import { now } from './now.ts'
import { plainBytes } from './plain-bytes.ts'
import { SendRoom } from './send-room.ts'
import { socketAddress } from './socket-address.ts'
import type { SocksHandshake } from './socks-handshake.ts'
import { type Loans, TcpStream, type TcpStreamOwner } from './tcp-stream.ts'

/**
 * Dialled sockets read into one buffer of the process: a chunk is lent, so it is used up before the next read begins (4.0 GB
 * per CPU second against 1.6 with a buffer per read). Windows starts the next read early, so there each socket has its own.
 */
const SHARED_CHUNK: Uint8Array | undefined =
  process.platform === 'win32' ? undefined : new Uint8Array(1024 * 1024)
const OWN_CHUNK = 65_536
/** What the runtime makes for each read of an accepted socket, whatever comes by it. */
const READ_BUFFER = 65_536
/**
 * Connections that the kernel keeps for us until we accept them (the system may allow fewer): at 10,000 a second the usual 511 are
 * there after 51 ms, and whoever comes then tries again after one second, then three.
 */
const BACKLOG = 4096
/** How long `closeAll` waits for bytes on their way out. */
const LAST_BYTES_MS = 500

/** TCP streams and listeners. */
export class HostStreams implements StreamsPort {
  readonly #inbox: Inbox
  readonly #cap: number
  readonly #loans: Loans
  readonly #dialler: Dialler
  readonly #room = new SendRoom()
  readonly #garbage: Garbage
  readonly #listeners = new Map<Handle, Server>()
  readonly #streams = new Map<StreamId, TcpStream>()
  /** Every open socket, those that linger after their stream was closed included. */
  readonly #sockets = new Set<Socket>()
  #nextAccepted: StreamId = 1
  /** Accepted just now. Of a flood most are closed at once, before anything is made for them. */
  #newcomer: { readonly id: StreamId; readonly socket: Socket } | undefined
  /** Streams turned away at the cap. */
  refused = 0

  /** `cap`: sockets open at a time. `loans`: told when views of others' memory begin and end to be on their way. */
  constructor(inbox: Inbox, cap: number, loans: Loans, dialler: Dialler, garbage: Garbage = new Garbage()) {
    this.#inbox = inbox
    this.#dialler = dialler
    this.#loans = loans
    this.#garbage = garbage
    this.#cap = cap
  }

  listen(ticket: Ticket, listener: Handle, host: string, port: number): void {
    this.#inbox.settle(ticket, this.#listen(listener, host, port), (error) =>
      bindFailure(error, `TCP ${host}:${port}`),
    )
  }

  connect(id: StreamId, to: Address, from: string | undefined): void {
    if (this.#sockets.size >= this.#cap || !to.usable) {
      this.refused += 1
      setImmediate(() => this.#inbox.inputs.streamClosed(now(), id, 'network/failed'))
      return
    }
    const { socket, proxy } = this.#dialler.dial(to, from, {
      buffer: SHARED_CHUNK ?? new Uint8Array(OWN_CHUNK),
      callback: (length, bytes) => {
        stream.receive(bytes.subarray(0, length))
        return true
      },
    })
    const stream = this.#adopt(id, socket, proxy)
  }

  reserve(stream: StreamId, length: number): Uint8Array {
    return this.#stream(stream)?.reserve(length) ?? this.#room.reserve(length)
  }

  send(stream: StreamId, view: Uint8Array): void {
    this.#stream(stream)?.send(view)
  }

  flush(stream: StreamId): void {
    this.#stream(stream)?.flush()
  }

  pause(stream: StreamId): void {
    this.#stream(stream)?.pause()
  }

  resume(stream: StreamId): void {
    this.#stream(stream)?.resume()
  }

  close(id: StreamId, atOnce: boolean): void {
    if (atOnce && this.#newcomer?.id === id) {
      this.#newcomer.socket.on('error', ignore).resetAndDestroy()
      this.#newcomer = undefined
      return
    }
    this.#stream(id)?.close(atOnce)
    this.#streams.delete(id)
  }

  unlisten(listener: Handle): void {
    this.#listeners.get(listener)?.close()
    this.#listeners.delete(listener)
  }

  /** Ends every stream; what the remotes have not taken after half a second is dropped. */
  async closeAll(): Promise<void> {
    for (const listener of [...this.#listeners.keys()]) this.unlisten(listener)
    for (const id of [...this.#streams.keys()]) this.close(id, false)
    const sockets = [...this.#sockets]
    const closed = Promise.all(sockets.map((socket) => new Promise((done) => socket.once('close', done))))
    for (const socket of sockets) socket.destroySoon()
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, LAST_BYTES_MS)
    await closed
    clearTimeout(timer)
  }

  #listen(listener: Handle, host: string, port: number): Promise<Address> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(listener, server, socket))
    this.#listeners.set(listener, server)
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        if (this.#listeners.get(listener) === server) this.#listeners.delete(listener)
        reject(error)
      })
      server.once('close', () => reject(new Error('closed while it was being bound')))
      server.listen({ host, port, ipv6Only: host.includes(':'), exclusive: true, backlog: BACKLOG }, () => {
        // Later errors are of single accepts (descriptors ran out); the listener goes on.
        server.on('error', () => {})
        const bound = server.address()
        const local =
          bound !== null && typeof bound === 'object' ? parseAddress(bound.address, bound.port) : undefined
        if (local === undefined) reject(new Error('it has no address'))
        else resolve(local)
      })
    })
  }

  #accept(listener: Handle, server: Server, socket: Socket): void {
    const from = socketAddress(socket.remoteAddress ?? '', socket.remotePort ?? 0, passingAddress)
    if (from === undefined || this.#sockets.size >= this.#cap || this.#listeners.get(listener) !== server) {
      this.refused += 1
      socket.destroy()
      return
    }
    const id = this.#nextAccepted
    this.#nextAccepted += 2
    this.#newcomer = { id, socket }
    this.#inbox.inputs.accepted(now(), listener, id, from)
    this.#settleIn()
  }

  /** The newcomer stays, or is used already. */
  #settleIn(): void {
    if (this.#newcomer === undefined) return
    const { id, socket } = this.#newcomer
    this.#newcomer = undefined
    const stream = this.#adopt(id, socket)
    socket.on('data', (bytes: Buffer) => {
      this.#garbage.made(READ_BUFFER)
      stream.receive(plainBytes(bytes))
    })
  }

  #stream(id: StreamId): TcpStream | undefined {
    if (this.#newcomer?.id === id) this.#settleIn()
    return this.#streams.get(id)
  }

  #adopt(id: StreamId, socket: Socket, proxy?: SocksHandshake): TcpStream {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const owner: TcpStreamOwner = {
      connected: () => this.#inbox.inputs.connected(now(), id),
      chunk: (bytes) => this.#inbox.inputs.chunk(now(), id, [bytes]),
      sent: (bytes) => this.#inbox.inputs.sent(now(), id, bytes),
      closed: (reason) => {
        this.#streams.delete(id)
        this.#inbox.inputs.streamClosed(now(), id, reason)
      },
    }
    const stream = new TcpStream(socket, this.#room, this.#loans, owner, proxy)
    this.#streams.set(id, stream)
    return stream
  }
}

/** It may have gone before us. */
function ignore(): void {}
