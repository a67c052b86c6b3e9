import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { toHex, toLatin1 } from '../../src/core/bytes.ts'

/** What the proxy does with a connection: what it answers, instead of being one. */
export type Script = (socket: Socket) => void

/** A SOCKS5 proxy on loopback (RFC 1928, RFC 1929) that keeps in mind where it was asked to connect to; or one that misbehaves. */
export class SocksServer {
  /** `host:port` of each request. */
  readonly asked: string[] = []
  /** Connections that were made to it, from where. */
  readonly from: string[] = []
  readonly port: number
  readonly #close: () => Promise<void>

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port
    this.#close = close
  }

  /** `login`: `user:password` that it wants. It is closed after the test. */
  static async start(test: TestContext, how: { login?: string; script?: Script } = {}): Promise<SocksServer> {
    const sockets = new Set<Socket>()
    const keep = (socket: Socket): void => {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    const server = createServer((socket) => {
      keep(socket)
      self.from.push(socket.remoteAddress ?? '')
      if (how.script === undefined) void self.#serve(socket, how.login, keep)
      else how.script(socket)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const self = new SocksServer(port, async () => {
      // The runtime never lets go of one that is reset while it says good-bye.
      for (const socket of sockets) {
        if (socket.writableEnded) socket.destroy()
        else socket.resetAndDestroy()
      }
      await new Promise((closed) => server.close(closed))
    })
    test.after(() => self.close())
    return self
  }

  /** Ends it and all that goes through it. */
  close(): Promise<void> {
    return this.#close()
  }

  async #serve(socket: Socket, login: string | undefined, keep: (socket: Socket) => void): Promise<void> {
    const read = reader(socket)
    try {
      const [, count] = await read(2)
      const methods = await read(count!)
      const method = login === undefined ? 0 : 2
      if (!methods.includes(method)) {
        socket.end(Uint8Array.of(5, 0xff))
        return
      }
      socket.write(Uint8Array.of(5, method))
      if (login !== undefined) {
        const user = toLatin1(await read((await read(2))[1]!))
        const password = toLatin1(await read((await read(1))[0]!))
        if (`${user}:${password}` !== login) {
          socket.end(Uint8Array.of(1, 1))
          return
        }
        socket.write(Uint8Array.of(1, 0))
      }
      const [, , , kind] = await read(4)
      const host =
        kind === 3 ? toLatin1(await read((await read(1))[0]!)) : literal(await read(kind === 1 ? 4 : 16))
      const [high, low] = await read(2)
      const port = high! * 256 + low!
      this.asked.push(`${host}:${port}`)
      const far = connect({ host, port })
      keep(far)
      far.once('error', () => socket.end(Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)))
      far.once('connect', () => {
        socket.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 1))
        socket.pipe(far).pipe(socket)
      })
    } catch {
      socket.destroy()
    }
  }
}

/** Reads so many bytes at a time. */
function reader(socket: Socket): (length: number) => Promise<Uint8Array> {
  return async (length) => {
    for (;;) {
      if (length === 0) return new Uint8Array(0)
      const bytes: Buffer | null = socket.read(length)
      if (bytes !== null && bytes.length === length) return bytes
      await new Promise((resolve, reject) => {
        socket.once('readable', resolve).once('close', () => reject(new Error('it has gone')))
      })
    }
  }
}

function literal(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = toHex(bytes).match(/.{4}/g)!.join(':')
  return parseAddress(groups, 0)!.host
}
