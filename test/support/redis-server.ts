import { once } from 'node:events'
import { createServer } from 'node:net'
import { Program } from './program.ts'

/** A Redis server of a test's own: on loopback, nothing on disk. */
export class RedisServer {
  readonly url: string
  readonly #program: Program

  private constructor(url: string, program: Program) {
    this.url = url
    this.#program = program
  }

  /** `folder` is where it runs; `policy` is what it does when it is full. */
  static async start(folder: string, policy = 'noeviction'): Promise<RedisServer> {
    const port = await freePort()
    const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '']
    const memory = ['--maxmemory', '256mb', '--maxmemory-policy', policy]
    const program = new Program('redis-server', ['redis-server', ...settings, ...memory])
    await program.line('ready', (line) => line.includes('Ready to accept connections'), 10_000)
    return new RedisServer(`redis://127.0.0.1:${port}`, program)
  }

  async stop(): Promise<void> {
    await this.#program.stop()
  }
}

/** Redis cannot be told to choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
