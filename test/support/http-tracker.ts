import type { Answer } from './web-server.ts'

/** An HTTP tracker for one torrent (BEP 3, BEP 23), and what it was told. */
export class HttpTracker {
  readonly events: string[] = []
  readonly #peers = new Map<string, Buffer>()

  readonly answer: Answer = (request, response) => {
    const query = new URL(request.url!, 'http://tracker').searchParams
    const port = Number(query.get('port'))
    const event = query.get('event') ?? ''
    this.events.push(event)
    const own = `${port}`
    const others = [...this.#peers].filter(([key]) => key !== own).map(([, peer]) => peer)
    if (event === 'stopped') this.#peers.delete(own)
    else this.#peers.set(own, Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff]))
    const peers = Buffer.concat(others)
    response.end(
      Buffer.concat([Buffer.from(`d8:intervali60e5:peers${peers.length}:`), peers, Buffer.from('e')]),
    )
  }
}
