import { randomBytes } from 'node:crypto'
import { plainBytes } from '../plain-bytes.ts'
import { askDatagram } from './ask-datagram.ts'
import { type Gateway, LIFETIME_SECONDS, type Mapping, type MapRequest } from './gateway.ts'
import {
  decodePcpMap,
  decodePmpAddress,
  decodePmpMap,
  encodePcpMap,
  encodePmpAddress,
  encodePmpMap,
  type PcpAnswer,
} from './pcp-message.ts'

/** The protocol that it turned out to speak. */
type Version = 'pcp' | 'nat-pmp'

/** A gateway that is asked by datagrams: PCP (RFC 6887), or its elder, NAT-PMP (RFC 6886). */
export class PcpGateway implements Gateway {
  readonly #host: string
  readonly #port: number
  #version: Version = 'pcp'
  /** One for each mapping: who does not know it cannot take that back. */
  readonly #nonces = new Map<string, Uint8Array>()

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  async map(request: MapRequest): Promise<Mapping> {
    const answer = await this.#ask(request, LIFETIME_SECONDS)
    if (answer === undefined) throw new Error(`${this.#host} does not answer`)
    if (answer === 'refused' || answer === 'other') throw new Error(`${this.#host} refuses`)
    if (answer.host !== undefined || this.#version === 'pcp') return answer
    const { signal } = request
    const host = await this.#question(signal, () => encodePmpAddress(), decodePmpAddress)
    return { ...answer, host: host || undefined }
  }

  async unmap(request: MapRequest): Promise<void> {
    await this.#ask({ ...request, wanted: 0 }, 0)
  }

  async #ask(request: MapRequest, seconds: number): Promise<PcpAnswer | undefined> {
    if (this.#version === 'pcp') {
      const nonce = this.#nonceOf(request)
      let asked: Uint8Array = new Uint8Array(0)
      const answer = await this.#question(
        request.signal,
        (local) => {
          asked = encodePcpMap(local, nonce, request, seconds)
          return asked
        },
        (bytes) => decodePcpMap(bytes, asked),
      )
      if (answer !== 'other') return answer
      this.#version = 'nat-pmp'
    }
    const asked = encodePmpMap(request, seconds)
    return await this.#question(
      request.signal,
      () => asked,
      (bytes) => decodePmpMap(bytes, asked),
    )
  }

  #question<T>(
    signal: AbortSignal,
    ask: (local: string) => Uint8Array,
    read: (answer: Uint8Array) => T | undefined,
  ): Promise<T | undefined> {
    return askDatagram({ host: this.#host, port: this.#port, ask, read, signal })
  }

  #nonceOf({ protocol, port }: MapRequest): Uint8Array {
    const key = `${protocol} ${port}`
    const nonce = this.#nonces.get(key) ?? plainBytes(randomBytes(12))
    this.#nonces.set(key, nonce)
    return nonce
  }
}
