import type { Socket } from 'node:net'
import process from 'node:process'
import type { ErrorCode } from '../core/errors.ts'
import { streamReason } from './network-failure.ts'
import { SendRoom } from './send-room.ts'
import type { SocksHandshake } from './socks-handshake.ts'

/** A backstop: the machines above send no more than some MiB ahead of the kernel. */
const UNSENT_CAP = 16 * 1024 * 1024
/** How long a graceful close waits for the remote to take the rest and end its side. */
const LINGER_MS = 3_000
const CONNECT_TIMEOUT_MS = 15_000
/** For a proxy to be reached and to let us in, before anybody above gives up; the peer's time comes on top. */
const PROXY_TIMEOUT_MS = 4_000

/** Upwards; never called from within a call of the stream's methods, nor after `close`. */
export interface TcpStreamOwner {
  connected(): void
  chunk(bytes: Uint8Array): void
  sent(bytes: number): void
  closed(reason: ErrorCode): void
}

/** Whose memory views are that are sent. */
export interface Loans {
  lendAgain(view: Uint8Array): void
  returned(view: Uint8Array): void
}

/** One socket: what waits to be sent, and how it ends. */
export class TcpStream {
  readonly #socket: Socket
  readonly #room: SendRoom
  readonly #owner: TcpStreamOwner
  readonly #loans: Loans
  /** Views that were not flushed, and those of each flush that the kernel has not taken. */
  #lent: Uint8Array[] = []
  readonly #taking = new Set<Uint8Array[]>()
  #queue: Uint8Array[] = []
  /** Of those that wait, the rooms that can be used again. */
  #rooms: Uint8Array[] = []
  #unsent = 0
  #flushing = false
  #over = false
  #reason: ErrorCode = 'network/reset'
  #timer: NodeJS.Timeout | undefined
  /** With a proxy, until it has connected us. */
  #proxy: SocksHandshake | undefined

  /** `proxy`: that is where `socket` leads, and what is to be said there first. */
  constructor(socket: Socket, room: SendRoom, loans: Loans, owner: TcpStreamOwner, proxy?: SocksHandshake) {
    this.#socket = socket
    this.#room = room
    this.#loans = loans
    this.#owner = owner
    this.#proxy = proxy
    if (socket.connecting) {
      this.#allow(proxy === undefined ? CONNECT_TIMEOUT_MS : PROXY_TIMEOUT_MS)
      socket.once('connect', () => {
        if (proxy === undefined) this.#opened()
        else socket.write(proxy.greeting())
      })
    }
    socket.on('end', () => this.#fail('network/ended'))
    socket.on('error', (error) => {
      this.#reason = streamReason(error)
    })
    socket.on('close', () => {
      clearTimeout(this.#timer)
      this.#settleLoans()
      this.#ended(this.#reason)
    })
  }

  /** Bytes from the socket, lent. */
  receive(bytes: Uint8Array): void {
    if (this.#over) return
    if (this.#proxy === undefined) this.#owner.chunk(bytes)
    else this.#negotiate(this.#proxy, bytes)
  }

  reserve(length: number): Uint8Array {
    const room = this.#room.reserve(length)
    if (SendRoom.keeps(length)) this.#rooms.push(room)
    this.#queue.push(room)
    return room
  }

  send(view: Uint8Array): void {
    this.#loans.lendAgain(view)
    this.#lent.push(view)
    this.#queue.push(view)
  }

  /**
   * Has what waits sent once everything has been heard that happened at the same time: the blocks of a piece that was read come one by
   * one, and a write for each would wake the remote sixteen times.
   */
  flush(): void {
    if (this.#flushing || this.#queue.length === 0 || this.#over) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#write()
    })
  }

  /** One system call for all that waits: views under one cork, neighbours in a slab joined. */
  #write(): void {
    if (this.#queue.length === 0 || this.#over) return
    const views = joined(this.#queue)
    this.#queue = []
    const rooms = this.#rooms
    if (rooms.length > 0) this.#rooms = []
    const lent = this.#lent
    if (lent.length > 0) {
      this.#lent = []
      this.#taking.add(lent)
    }
    let length = 0
    for (const view of views) length += view.length
    this.#unsent += length
    const socket = this.#socket
    socket.cork()
    for (let i = 0; i < views.length - 1; i++) socket.write(views[i]!)
    socket.write(views[views.length - 1]!, (error) => {
      this.#unsent -= length
      if (this.#taking.delete(lent)) for (const view of lent) this.#loans.returned(view)
      if (!error) for (const room of rooms) this.#room.giveBack(room)
      if (!error && !this.#over) this.#owner.sent(length)
    })
    socket.uncork()
    if (this.#unsent > UNSENT_CAP) setImmediate(() => this.#fail('network/failed'))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(now: boolean): void {
    if (this.#over) return
    this.#write()
    this.#over = true
    clearTimeout(this.#timer)
    const socket = this.#socket
    if (socket.connecting || this.#proxy !== undefined) socket.destroy()
    else if (now) socket.resetAndDestroy()
    else {
      // What still arrives is read and thrown away: closing with unread bytes would reset, and lose what was just sent.
      socket.end()
      socket.resume()
      this.#timer = setTimeout(() => socket.destroy(), LINGER_MS)
    }
  }

  /** Nobody reads them any more. */
  #settleLoans(): void {
    for (const lent of [this.#lent, ...this.#taking]) for (const view of lent) this.#loans.returned(view)
    this.#lent = []
    this.#taking.clear()
  }

  #fail(reason: ErrorCode): void {
    if (this.#over) return
    this.#socket.destroy()
    this.#ended(reason)
  }

  #ended(reason: ErrorCode): void {
    if (this.#over) return
    this.#over = true
    this.#owner.closed(this.#proxy?.blame(reason) ?? reason)
  }

  #negotiate(proxy: SocksHandshake, bytes: Uint8Array): void {
    const step = proxy.receive(bytes)
    if (step.kind === 'say') {
      this.#socket.write(step.bytes)
      // It takes us, and has a peer to reach.
      if (!proxy.atProxy) this.#allow(CONNECT_TIMEOUT_MS)
    } else if (step.kind === 'failed') {
      this.#proxy = undefined
      this.#fail(step.reason)
    } else if (step.kind === 'open') {
      this.#proxy = undefined
      this.#opened()
      if (step.rest.length > 0) this.receive(step.rest)
    }
  }

  #opened(): void {
    clearTimeout(this.#timer)
    if (!this.#over) this.#owner.connected()
  }

  #allow(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fail('network/timeout'), ms)
  }
}

/** The same bytes in fewer views: room reserved in a row lies in a row. */
function joined(views: readonly Uint8Array[]): Uint8Array[] {
  const out: Uint8Array[] = []
  let last: Uint8Array | undefined
  for (const view of views) {
    if (
      last !== undefined &&
      last.buffer === view.buffer &&
      last.byteOffset + last.length === view.byteOffset
    ) {
      last = Buffer.from(last.buffer, last.byteOffset, last.length + view.length)
      out[out.length - 1] = last
    } else {
      last = view
      out.push(view)
    }
  }
  return out
}
