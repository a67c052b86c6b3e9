import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { plainBytes } from '../plain-bytes.ts'

export interface Question<T> {
  readonly host: string
  readonly port: number
  /** Made for the local address that it leaves from. */
  readonly ask: (local: string) => Uint8Array
  /** `undefined`: that is no answer to it, and another is waited for. */
  readonly read: (answer: Uint8Array) => T | undefined
  readonly signal: AbortSignal
}

/** When it is sent, again and again, and when it is given up, in milliseconds (RFC 6886, section 3.1, cut short). */
const WAITS = [250, 500, 1_000, 500]

/** Asks one IPv4 endpoint, and hears nobody else. `undefined`: there is no answer. */
export async function askDatagram<T>(question: Question<T>): Promise<T | undefined> {
  const { host, port, ask, read, signal } = question
  const socket = createSocket('udp4')
  try {
    socket.connect(port, host)
    await once(socket, 'connect', { signal })
    const bytes = ask(socket.address().address)
    const over = new AbortController()
    const answer = answered(socket, read)
    const late = sendAgain(socket, bytes, AbortSignal.any([signal, over.signal]))
    return await Promise.race([answer, late]).finally(() => over.abort())
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  } finally {
    socket.close()
  }
}

function answered<T>(socket: Socket, read: (answer: Uint8Array) => T | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    // Nobody listens there.
    socket.on('error', () => resolve(undefined))
    socket.on('message', (bytes: Buffer) => {
      const value = read(plainBytes(bytes))
      if (value !== undefined) resolve(value)
    })
  })
}

async function sendAgain(socket: Socket, bytes: Uint8Array, signal: AbortSignal): Promise<undefined> {
  for (const wait of WAITS) {
    socket.send(bytes)
    await delay(wait, undefined, { signal })
  }
  return undefined
}
