import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A web server on loopback that does what a test says, and ends with it. */
export class WebServer {
  /** Paths that were asked for, with their query. */
  readonly asked: string[] = []
  /** Connections that were made. */
  connections = 0
  answer: Answer
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(answer: Answer) {
    this.answer = answer
    this.#server = createServer((request, response) => {
      this.asked.push(request.url!)
      this.answer(request, response)
    })
    this.#server.on('connection', (socket) => {
      this.connections += 1
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(test: TestContext, answer: Answer): Promise<WebServer> {
    const server = new WebServer(answer)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    test.after(() => server.close())
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Serves the files of a folder, and ranges of them. */
export function fileServer(folder: string): Answer {
  return ({ url = '/', headers }, response) => {
    const bytes = readFileSync(join(folder, decodeURIComponent(url)))
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    if (begin === undefined) {
      response.end(bytes)
      return
    }
    const part = bytes.subarray(Number(begin), Number(end) + 1)
    response.writeHead(206, {
      'content-range': `bytes ${begin}-${end}/${bytes.length}`,
      'content-length': part.length,
    })
    response.end(part)
  }
}
