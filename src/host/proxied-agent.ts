import type { Agent } from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import * as tls from 'node:tls'
import type { Dialler } from './dialler.ts'

/** What a request is made with. */
export interface LedOptions extends https.RequestOptions {
  /** The same as `signal`, which the runtime keeps from those that connect. */
  readonly abandoned: AbortSignal
}

/** Has an agent's connections made by the dialler; of a secure one TLS begins behind the proxy, which sees no more than names. */
export function leadThrough(dialler: Dialler, agent: Agent): void {
  const isSecure = agent instanceof https.Agent
  agent.createConnection = (options, done) => {
    const { host, port, servername, abandoned } = options as LedOptions
    const tell = done as (error: Error | null, socket?: Socket) => void
    const secured = (socket: Socket): Socket =>
      isSecure ? tls.connect({ socket, host: host!, servername: servername! }) : socket
    dialler
      .open(host!, Number(port), abandoned)
      .then(secured)
      .then((socket) => tell(null, socket), tell)
    return undefined
  }
}
