/**
 * A package registry on loopback that serves what is installed here, as the lock file names it: so that `npm install` can be
 * tried without any outside network.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What `npm pack --json` says of a package that it has packed. */
export interface Packed {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly integrity: string
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

interface Published extends Packed {
  readonly manifest: Readonly<Record<string, unknown>>
}

/** The environment of npm and of what it starts: nothing of an npm around it, nothing of its user. */
export function cleanEnvironment(home: string, registry?: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !/^npm_|^(https?_)?proxy$|^NODE_/i.test(key),
  )
  const settings = {
    npm_config_cache: join(home, 'cache'),
    npm_config_userconfig: join(home, 'npmrc'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
  }
  return { ...Object.fromEntries(inherited), ...settings, HOME: home, NO_COLOR: '1' }
}

/** Packs the packages in `folders`, scripts left out, into `destination`. */
export async function pack(
  folders: readonly string[],
  destination: string,
  env: NodeJS.ProcessEnv,
): Promise<Packed[]> {
  const options = ['--ignore-scripts', '--json', '--pack-destination', destination]
  const { stdout } = await execute('npm', ['pack', ...options, ...folders], {
    env,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  return JSON.parse(stdout) as Packed[]
}

export class LockRegistry {
  readonly url: string
  readonly #server: Server
  readonly #folder: string
  readonly #packages: readonly Published[]

  private constructor(server: Server, folder: string, packages: readonly Published[]) {
    const { port } = server.address() as AddressInfo
    this.url = `http://127.0.0.1:${port}/`
    this.#server = server
    this.#folder = folder
    this.#packages = packages
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response),
    )
  }

  /** Serves the packages of the lock file below `root` that the product needs, and `more`; `folder` takes the tarballs. */
  static async start(
    root: string,
    more: readonly string[],
    folder: string,
    env: NodeJS.ProcessEnv,
  ): Promise<LockRegistry> {
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
    }
    const places = Object.entries(lock.packages)
      .filter(
        ([place, { dev }]) =>
          place !== '' && (dev !== true || more.includes(place.replace(/^.*node_modules\//, ''))),
      )
      .map(([place]) => join(root, place))
      // Optional packages are named for every platform, and installed for this one.
      .filter((place) => existsSync(place))
    const packed = await pack(places, folder, env)
    const packages = await Promise.all(
      packed.map(async (one, index) => {
        const manifest = JSON.parse(
          await readFile(join(places[index]!, 'package.json'), 'utf8'),
        ) as Published['manifest']
        return { ...one, manifest }
      }),
    )
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LockRegistry(server, folder, packages)
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '/').slice(1))
    const tarball = this.#packages.find(({ filename }) => path === `-/${filename}`)
    if (tarball !== undefined) {
      createReadStream(join(this.#folder, tarball.filename)).pipe(response)
      return
    }
    const versions = this.#packages.filter(({ name }) => name === path)
    if (versions.length === 0) response.writeHead(404)
    else response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(versions.length === 0 ? {} : this.#document(path, versions)))
  }

  #document(name: string, versions: readonly Published[]): object {
    return {
      name,
      'dist-tags': { latest: versions[0]!.version },
      versions: Object.fromEntries(
        versions.map(({ version, filename, integrity, manifest }) => [
          version,
          { ...manifest, dist: { tarball: `${this.url}-/${filename}`, integrity } },
        ]),
      ),
    }
  }
}
