import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

export interface TransmissionOptions {
  /** Local address of its own; it refuses 127.0.0.0/8 in its DHT. */
  readonly host: string
  readonly port: number
  /** `host:port` of a DHT node. */
  readonly entry: string
  /** Folder with the content, or for it. */
  readonly folder: string
  /** Empty folder for its settings. */
  readonly state: string
  /** Whether it wants encrypted streams; it prefers them out of the box. */
  readonly encryption?: 'off' | 'prefer' | 'require'
}

/** transmission-daemon, with the DHT as its only source of peers. */
export class Transmission {
  readonly program: Program
  readonly #lab: Laboratory
  readonly #options: TransmissionOptions

  private constructor(lab: Laboratory, program: Program, options: TransmissionOptions) {
    this.#lab = lab
    this.program = program
    this.#options = options
  }

  static async start(lab: Laboratory, options: TransmissionOptions): Promise<Transmission> {
    const settings = {
      'bind-address-ipv4': options.host,
      'bind-address-ipv6': '::1',
      'dht-enabled': true,
      'download-dir': options.folder,
      encryption: ['off', 'prefer', 'require'].indexOf(options.encryption ?? 'prefer'),
      'incomplete-dir-enabled': false,
      'lpd-enabled': false,
      'peer-port': options.port,
      'pex-enabled': false,
      'port-forwarding-enabled': false,
      'rpc-bind-address': options.host,
      'rpc-port': 9091,
      'rpc-whitelist-enabled': false,
      'utp-enabled': false,
    }
    await writeFile(join(options.state, 'settings.json'), JSON.stringify(settings))
    // Without entry points of its own it would ask the public routers.
    await writeFile(join(options.state, 'dht.bootstrap'), `${options.entry.replace(':', ' ')}\n`)
    const command = ['transmission-daemon', '--foreground', '--log-info', '--config-dir', options.state]
    const program = lab.start('transmission', command)
    await program.line('its port', (line) => line.includes('Serving RPC'), 20_000)
    return new Transmission(lab, program, options)
  }

  /** Adds a torrent file or a magnet link. */
  async add(source: string): Promise<void> {
    await this.#remote('--add', source)
  }

  /** Whether every torrent is whole. */
  async complete(): Promise<boolean> {
    return /Percent Done: 100/.test(await this.#remote('--torrent', 'all', '--info'))
  }

  #remote(...args: string[]): Promise<string> {
    return this.#lab.call(['transmission-remote', `${this.#options.host}:9091`, ...args], 20_000)
  }
}

/** Writes a torrent file with Transmission's own maker, and gives its info-hash by Transmission's own reckoning. */
export function transmissionCreate(content: string, torrent: string, pieceLength: number): string {
  const size = String(pieceLength / 1024)
  execFileSync('transmission-create', ['--piecesize', size, '--outfile', torrent, content], {
    stdio: 'ignore',
  })
  return transmissionInfoHash(torrent)
}

export function transmissionInfoHash(torrent: string): string {
  const shown = execFileSync('transmission-show', [torrent], { encoding: 'utf8' })
  const hash = /^\s*Hash: ([0-9a-f]{40})$/m.exec(shown)?.[1]
  if (hash === undefined) throw new Error(`transmission-show gives no hash of ${torrent}`)
  return hash
}
