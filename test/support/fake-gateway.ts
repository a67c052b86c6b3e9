import { createSocket } from 'node:dgram'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

/** What is answered to a datagram; nothing: silence. */
export type DatagramScript = (bytes: Uint8Array) => Uint8Array | string | undefined

/** Answers datagrams on loopback, at the port that is returned. */
export async function answering(
  test: TestContext,
  script: DatagramScript,
  host = '127.0.0.1',
): Promise<{ readonly port: number; readonly asked: Uint8Array[] }> {
  const socket = createSocket('udp4')
  const asked: Uint8Array[] = []
  socket.on('message', (bytes, from) => {
    asked.push(Uint8Array.from(bytes))
    const answer = script(Uint8Array.from(bytes))
    if (answer !== undefined) socket.send(answer, from.port, from.address)
  })
  await new Promise<void>((bound) => socket.bind(0, host, bound))
  test.after(() => socket.close())
  return { port: socket.address().port, asked }
}

/** What PCP answers to a request for a mapping: grants `port` at 203.0.113.9 for `seconds`. */
export function pcpGrant(request: Uint8Array, port: number, seconds = 3600, result = 0): Uint8Array {
  const answer = Uint8Array.from(request)
  const view = new DataView(answer.buffer)
  answer[1] = 0x81
  answer[3] = result
  view.setUint32(4, seconds)
  answer.fill(0, 8, 24)
  view.setUint16(42, port)
  answer.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 9], 44)
  return answer
}

/** A gateway of NAT-PMP alone, at 203.0.113.9: grants `port` for `seconds`. */
export function pmpGateway(port: number, seconds = 3600, result = 0): DatagramScript {
  return (request) => {
    const answer = new Uint8Array(request[0] !== 0 ? 8 : request[1] === 0 ? 12 : 16)
    const view = new DataView(answer.buffer)
    answer[1] = 0x80 + (request[0] !== 0 ? 0 : request[1]!)
    view.setUint16(2, request[0] !== 0 ? 1 : result)
    if (request[0] !== 0) return answer
    if (request[1] === 0) answer.set([203, 0, 113, 9], 8)
    else {
      answer.set(request.subarray(4, 6), 8)
      view.setUint16(10, port)
      view.setUint32(12, seconds)
    }
    return answer
  }
}

/** A UPnP gateway's web server. */
export class FakeIgd {
  /** The actions that were asked for, with what stood in their elements. */
  readonly calls: { readonly action: string; readonly values: Readonly<Record<string, string>> }[] = []
  port = 0
  /** Faults by number, one for each call of AddPortMapping, before it does it. */
  faults: number[] = []
  externalIp = '203.0.113.9'
  serviceType = 'urn:schemas-upnp-org:service:WANIPConnection:1'
  controlUrl = '/control?a=1&amp;b=2'
  /** In place of all that. */
  script: ((asked: IncomingMessage, answer: ServerResponse) => void) | undefined

  static async start(test: TestContext): Promise<FakeIgd> {
    const igd = new FakeIgd()
    const server = createServer((asked, answer) => igd.#serve(asked, answer))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    test.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    igd.port = address !== null && typeof address === 'object' ? address.port : 0
    return igd
  }

  /** What it says when it is searched for. */
  get location(): string {
    return found(`http://127.0.0.1:${this.port}/root.xml`)
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    if (this.script !== undefined) {
      this.script(asked, answer)
      return
    }
    if (asked.method === 'GET') {
      answer.end(`<?xml version="1.0"?><root><device><deviceList><device><serviceList>
        <service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/other</controlURL></service>
        <service><serviceType>${this.serviceType}</serviceType><controlURL>${this.controlUrl}</controlURL></service>
      </serviceList></device></deviceList></device></root>`)
      return
    }
    let text = ''
    asked.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    asked.on('end', () => this.#call(asked, text, answer))
  }

  #call(asked: IncomingMessage, text: string, answer: ServerResponse): void {
    const action = /#(\w+)"$/.exec(String(asked.headers['soapaction']))?.[1] ?? ''
    const values = Object.fromEntries(
      [...text.matchAll(/<(New\w+)>([^<]*)</g)].map(([, name, value]) => [name!, value!]),
    )
    this.calls.push({ action, values: { ...values, url: asked.url ?? '' } })
    const fault = action === 'AddPortMapping' ? this.faults.shift() : undefined
    if (fault !== undefined) {
      answer.statusCode = 500
      answer.end(
        `<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>${fault}</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>`,
      )
    } else
      answer.end(
        `<s:Envelope><s:Body><u:R><NewExternalIPAddress>${this.externalIp}</NewExternalIPAddress></u:R></s:Body></s:Envelope>`,
      )
  }
}

/** A reply to a UPnP search. */
export function found(location: string): string {
  return `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nLocation: ${location}\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n`
}
