import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { parseAddress } from '../../core/address.ts'
import { multicastInterfaces } from '../multicast-interfaces.ts'

export interface SearchPlace {
  readonly host: string
  readonly port: number
}

/** How long answers are waited for, at all and after the first; the search is repeated once, since datagrams get lost. */
const WAIT_MS = 1_500
const AFTER_FIRST_MS = 300
/** Gateways of one network, and answers that are looked at. */
const MOST = 4
const MOST_ANSWERS = 64
const LONGEST_ANSWER = 2_048

/** Asks on each IPv4 network that we are in where gateways describe themselves (UPnP Device Architecture, section 1.3). */
export async function searchGateways(
  { host, port }: SearchPlace,
  signal: AbortSignal,
  interfaces: readonly string[] = multicastInterfaces(4, ['0.0.0.0']),
): Promise<URL[]> {
  const found = new Map<string, URL>()
  const enough = new AbortController()
  const over = AbortSignal.any([signal, enough.signal])
  let answers = 0
  const hear = (bytes: Buffer, from: RemoteInfo): void => {
    const url = ++answers > MOST_ANSWERS ? undefined : locationOf(bytes, from.address)
    if (url === undefined || found.size >= MOST) return
    found.set(url.href, url)
    void delay(AFTER_FIRST_MS, undefined, { signal: over }).then(
      () => enough.abort(),
      () => {},
    )
  }
  const sockets = await Promise.all(interfaces.map((one) => open(one, hear)))
  try {
    for (let i = 0; i < 2 && sockets.length > 0; i++) {
      for (const socket of sockets)
        for (const device of [1, 2]) socket?.send(question(host, port, device), port, host)
      await delay(WAIT_MS / 2, undefined, { signal: over })
    }
  } catch {
    signal.throwIfAborted()
  } finally {
    for (const socket of sockets) socket?.close()
    enough.abort()
  }
  return [...found.values()]
}

/** A socket that leaves by this interface; `undefined`: it has gone. */
async function open(
  address: string,
  hear: (bytes: Buffer, from: RemoteInfo) => void,
): Promise<Socket | undefined> {
  const socket = createSocket('udp4')
  try {
    socket.bind(0, address)
    await once(socket, 'listening')
    socket.setMulticastInterface(address)
  } catch {
    socket.close()
    return undefined
  }
  // Of single datagrams.
  return socket.on('error', () => {}).on('message', hear)
}

function question(host: string, port: number, device: number): string {
  return [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${port}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    `ST: urn:schemas-upnp-org:device:InternetGatewayDevice:${device}`,
    '\r\n',
  ].join('\r\n')
}

/** Only who answers may be asked further: another place would have us knock at somebody's door. */
function locationOf(bytes: Buffer, from: string): URL | undefined {
  const text = bytes.toString('latin1', 0, LONGEST_ANSWER)
  const location = /^location:[ \t]*(\S+)/im.exec(text)?.[1] ?? ''
  if (!/^HTTP\/1\.[01] 200/.test(text) || !URL.canParse(location)) return undefined
  const url = new URL(location)
  const scope = parseAddress(from, 1)?.scope
  const near = scope === 'private' || scope === 'loopback'
  return near && url.protocol === 'http:' && url.hostname === from ? url : undefined
}
