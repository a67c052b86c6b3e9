import type { Address } from '../../src/core/address.ts'
import type { Handle, Ticket, UdpPort } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import type { Site } from './site.ts'
import type { Socket } from './socket.ts'
import type { UdpFabric } from './udp-fabric.ts'

/** The UDP port of one machine. */
export class SimUdp implements UdpPort {
  readonly #fabric: UdpFabric
  readonly #site: Site
  readonly #answers: Answers
  readonly #sockets = new Map<Handle, Socket>()

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
    return this.#fabric.reserve(length)
  }

  send(handle: Handle, to: Address, datagram: Uint8Array): void {
    const socket = this.#sockets.get(handle)
    if (socket !== undefined) this.#fabric.send(socket, to, datagram)
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
