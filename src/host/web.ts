import * as http from 'node:http'
import * as https from 'node:https'
import { LodestoneError } from '../core/errors.ts'
import type { Failure, Handle, Ticket, WebAsk, WebHead, WebPort } from '../session/ports.ts'
import type { Dialler } from './dialler.ts'
import type { Inbox } from './inbox.ts'
import { errno, streamReason } from './network-failure.ts'
import { plainBytes } from './plain-bytes.ts'
import { type LedOptions, leadThrough } from './proxied-agent.ts'

/** Connections that nothing is asked on at present, to one server and in all. */
const KEPT = {
  keepAlive: true,
  maxFreeSockets: 4,
  maxTotalSockets: Number.POSITIVE_INFINITY,
  timeout: 60_000,
}
const LONGEST_HEAD = 16 * 1024
const NOTHING = new Uint8Array(0)

interface Call {
  readonly request: http.ClientRequest
  /** What has not been connected yet is given up, too. */
  readonly abort: AbortController
  response?: http.IncomingMessage
}

/** Node's own client: it speaks HTTP/1.1 and checks certificates; where to connect to is said by the session, and by way of a proxy where there is one. */
export class HostWeb implements WebPort {
  readonly #inbox: Inbox
  readonly #plain = new http.Agent(KEPT)
  readonly #secure = new https.Agent(KEPT)
  readonly #calls = new Map<Handle, Call>()

  constructor(inbox: Inbox, dialler: Dialler) {
    this.#inbox = inbox
    if (!dialler.proxied) return
    leadThrough(dialler, this.#plain)
    leadThrough(dialler, this.#secure)
  }

  get(ticket: Ticket, call: Handle, { secure, to, from, host, port, authority, path, range }: WebAsk): void {
    const abort = new AbortController()
    const options: LedOptions = {
      host: to?.host ?? host,
      port,
      path,
      signal: abort.signal,
      abandoned: abort.signal,
      agent: secure ? this.#secure : this.#plain,
      maxHeaderSize: LONGEST_HEAD,
      headers: {
        host: authority,
        'user-agent': 'Lodestone',
        accept: '*/*',
        'accept-encoding': 'identity',
        ...(range && { range: `bytes=${range.begin}-${range.end - 1}` }),
      },
      ...(from === undefined ? {} : { localAddress: from }),
      // A literal address has no place in the greeting, and is checked as it is.
      ...(secure ? { servername: host === to?.host ? '' : host } : {}),
    }
    const head = new Promise<WebHead>((resolve, reject) => {
      const request = secure ? https.request(options) : http.request(options)
      const entry: Call = { request, abort }
      this.#calls.set(call, entry)
      request.on('response', (response) => {
        entry.response = response
        response.on('error', () => {})
        resolve(headOf(response))
      })
      request.on('error', reject)
      request.on('close', () => reject(new Error('closed')))
      request.end()
    })
    this.#inbox.settle(ticket, head, (error) => blame(error, authority))
  }

  read(ticket: Ticket, call: Handle): void {
    const body = nextOf(this.#calls.get(call)?.response)
    this.#inbox.settle(ticket, body, (error) => blame(error, 'The server'))
  }

  close(call: Handle): void {
    const entry = this.#calls.get(call)
    this.#calls.delete(call)
    // One that was read to its end has given its connection back.
    if (entry?.response?.readableEnded !== true) entry?.abort.abort()
  }

  closeAll(): void {
    for (const call of [...this.#calls.keys()]) this.close(call)
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

function headOf({ statusCode = 0, headers }: http.IncomingMessage): WebHead {
  return {
    status: statusCode,
    length: headers['content-length'],
    range: headers['content-range'],
    encoding: headers['content-encoding'],
    location: headers.location,
    retryAfter: headers['retry-after'],
  }
}

/** What is there, as soon as something is; empty at the end. */
async function nextOf(response: http.IncomingMessage | undefined): Promise<Uint8Array> {
  if (response === undefined) throw new Error('closed')
  for (;;) {
    const bytes = response.read() as Buffer | null
    if (bytes !== null) return plainBytes(bytes)
    if (response.readableEnded) return NOTHING
    if (response.destroyed) throw response.errored ?? new Error('closed')
    await stirring(response)
  }
}

function stirring(response: http.IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) response.off(event, done)
      resolve()
    }
    for (const event of EVENTS) response.on(event, done)
  })
}

const EVENTS = ['readable', 'end', 'error', 'close'] as const

function blame(error: unknown, server: string): Failure {
  if (error instanceof LodestoneError) return { code: error.code, message: error.message }
  const name = errno(error)
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_|TLS/.test(name)
  const message = `${server} ${isCertificate ? 'has no certificate that can be trusted' : 'does not answer as it should'} (${name || String(error)}).`
  return { code: isCertificate ? 'web/certificate' : streamReason(error), message }
}
