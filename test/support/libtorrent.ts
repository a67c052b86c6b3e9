import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

const SCRIPT = fileURLToPath(new URL('./libtorrent-peer.py', import.meta.url))

/** Debian's own Python goes before any other: its packages are there. */
const PYTHONS = ['/usr/bin/python3', 'python3']

/** A Python that has libtorrent; `undefined`: none. */
export function libtorrentPython(): string | undefined {
  return PYTHONS.find((python) => {
    try {
      execFileSync(python, ['-c', 'import libtorrent'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

export interface LibtorrentOptions {
  /** Local address of its own. */
  readonly host: string
  readonly port: number
  /** `host:port` of a DHT node; absent: it has no DHT. */
  readonly entry?: string
}

/** A DHT node and peer of libtorrent, led by lines; it knows one node when this resolves. */
export class Libtorrent {
  readonly #program: Program

  private constructor(program: Program) {
    this.#program = program
  }

  static async start(
    lab: Pick<Laboratory, 'start'>,
    { host, port, entry }: LibtorrentOptions,
  ): Promise<Libtorrent> {
    const at = entry?.lastIndexOf(':') ?? 0
    const place = entry === undefined ? [] : [entry.slice(0, at).replace(/[[\]]/g, ''), entry.slice(at + 1)]
    const command = [libtorrentPython() ?? 'python3', '-W', 'ignore', SCRIPT, host, String(port), ...place]
    const program = lab.start('libtorrent', command)
    await program.line('ready', (line) => line === 'ready', 60_000)
    return new Libtorrent(program)
  }

  /** It takes and makes no connection over TCP from now on. */
  speakUtpAlone(): void {
    this.#program.write('utp\n')
  }

  /** Announces its own port for that info-hash. */
  announce(infoHash: string): void {
    this.#program.write(`announce ${infoHash}\n`)
  }

  /**
   * Serves what lies in `folder`, `limit` bytes a second at most (0: as fast as it can), and tells `tracker`, if any; resolves once it
   * has it all.
   */
  async seed(
    torrent: string,
    infoHash: string,
    folder: string,
    limit: number,
    tracker: string = '',
  ): Promise<void> {
    this.#program.write(`seed ${torrent} ${folder} ${limit} ${tracker}\n`)
    await this.complete(infoHash, 30_000)
  }

  /** From now on it speaks encrypted alone: the handshake, and what follows too with `rc4`, not with `plaintext`. */
  insist(level: 'rc4' | 'plaintext'): void {
    this.#program.write(`insist ${level}\n`)
  }

  /** Begins to download into `folder`. */
  fetch(magnet: string, folder: string): void {
    this.#program.write(`fetch ${magnet} ${folder}\n`)
  }

  /** The same by a torrent file, from one peer. */
  fetchFile(torrent: string, folder: string, host: string, port: number): void {
    this.#program.write(`fetch-file ${torrent} ${folder} ${host} ${port}\n`)
  }

  /** Its torrents neither tell nor are told of peers (BEP 11), those that it is given from now on. */
  exchangeNothing(): void {
    this.#program.write('no-pex\n')
  }

  /** Dials that peer for each torrent that it has. */
  dial(host: string, port: number): void {
    this.#program.write(`dial ${host} ${port}\n`)
  }

  /** How long it waits for a dial by TCP, in seconds. */
  patience(seconds: number): void {
    this.#program.write(`patience ${seconds}\n`)
  }

  /** Bytes a second, either way. */
  limit(rate: number): void {
    this.#program.write(`limit ${rate}\n`)
  }

  /** From now on it can be asked what it has said and heard of hole punching. */
  tellPunching(): void {
    this.#program.write('tell-punching\n')
  }

  /** Resolves once it has sent (`==>`) to who has `peer`, or got (`<==`) from there, a message of that kind about who has `of`. */
  async punching(
    arrow: '==>' | '<==',
    peer: string,
    kind: 'rendezvous' | 'connect',
    of: string,
  ): Promise<void> {
    const what = [`[${peer}:`, `] ${arrow} HOLEPUNCH [ msg:`, `${kind} to: ${of} `]
    const matches = (line: string): boolean =>
      line.startsWith('punching ') && what.every((part) => line.includes(part))
    await this.#program.line(what.join(' '), matches, 15_000)
  }

  /** Resolves once it has all of that torrent. */
  async complete(infoHash: string, timeoutMs: number): Promise<void> {
    const said = `complete ${infoHash}`
    await this.#program.line(said, (line) => line === said, timeoutMs)
  }

  /** By host, how many blocks it has sent there; to be asked once. */
  async blocksSent(): Promise<Map<string, number>> {
    this.#program.write('sent\n')
    await this.#program.line('sent all', (line) => line === 'sent all', 15_000)
    const lines = this.#program.linesMatching((line) => /^sent \S+ \d+$/.test(line))
    return new Map(lines.map((line) => line.split(' ')).map(([, host, blocks]) => [host!, Number(blocks)]))
  }

  /** Has it do something with items (BEP 44), in the words of its script; resolves once it has said `answer`. */
  async item(command: string, answer: RegExp, timeoutMs: number): Promise<void> {
    this.#program.write(`${command}\n`)
    await this.#program.line(String(answer), (said) => answer.test(said), timeoutMs)
  }

  /** Resolves once it has found that peer. */
  async found(infoHash: string, host: string, port: number, timeoutMs: number): Promise<void> {
    this.#program.write(`watch ${infoHash}\n`)
    const line = `found ${infoHash} ${host} ${port}`
    await this.#program.line(line, (said) => said === line, timeoutMs)
  }
}
