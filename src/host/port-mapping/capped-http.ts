import { request } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** The local address of the connection. */
  readonly local: string
}

/** Descriptions of gateways have some tens of KiB. */
const LONGEST = 256 * 1024
const TIMEOUT_MS = 4_000

/** Asks a gateway's web server: no redirection is followed, no connection kept. Rejects for what is too long or too late. */
export function cappedHttp(
  url: URL,
  signal: AbortSignal,
  soap?: { readonly action: string; readonly body: string },
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = soap && {
      'Content-Type': 'text/xml; charset="utf-8"',
      'Content-Length': Buffer.byteLength(soap.body),
      SOAPAction: soap.action,
    }
    const asking = request(url, {
      method: soap === undefined ? 'GET' : 'POST',
      ...(headers && { headers }),
      agent: false,
      // The answer as a whole: one that trickles is too late as well.
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    asking.once('error', reject).once('response', (answer) => {
      const local = answer.socket.localAddress ?? ''
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
        if (text.length > LONGEST) asking.destroy(new Error(`${url.host} answers without end`))
      })
      answer.once('error', reject)
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text, local }))
    })
    asking.end(soap?.body)
  })
}
