/**
 * Records how aria2 and Transmission speak: `node --import tsx test/vectors/captures/capture.ts [aria2] [transmission]`, on
 * a machine that has them (see `.ci/run`). Writes one JSON file per client beside this one; the tests replay them without the programs.
 */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aria2Downloader, aria2Seeder } from '../../support/aria2.ts'
import { writeNoise } from '../../support/content.ts'
import { DhtNetwork } from '../../support/dht-network.ts'
import { Laboratory, until } from '../../support/laboratory.ts'
import type { Program } from '../../support/program.ts'
import { Transmission, transmissionCreate } from '../../support/transmission.ts'

const LISTENER = fileURLToPath(new URL('./listener.ts', import.meta.url))
const PIECE_LENGTH = 16_384
/** 68 bytes in hex; what follows is of interest. */
const HANDSHAKE_DIGITS = 136
const LENGTH = 40 * PIECE_LENGTH + 1

interface Capture {
  readonly client: string
  readonly infoHash: string
  readonly pieces: number
  readonly datagrams: Record<string, string>
  readonly streams: Record<string, string>
}

/** What is asked of each client, once as a seeder and once as a downloader that has nothing but the magnet link. */
type Role = 'seeder' | 'downloader'

interface Stage {
  readonly lab: Laboratory
  readonly role: Role
  readonly torrent: string
  readonly infoHash: string
  readonly host: string
  readonly entry: string
}

interface Client {
  /** Program that says its version. */
  readonly program: string
  readonly name: string
  /** Of its addresses. */
  readonly prefix: string
  start(stage: Stage): Promise<void>
}

const PORT = 6900

const CLIENTS: Readonly<Record<string, Client>> = {
  aria2: {
    program: 'aria2c',
    name: 'aria2',
    prefix: '127.0.1.',
    async start({ lab, role, torrent, infoHash, host, entry }) {
      const options = { host, port: PORT, entry, folder: lab.folder, state: await lab.room('aria2') }
      const downloading = { ...options, folder: await lab.room('out') }
      if (role === 'seeder') aria2Seeder(lab, torrent, options)
      else aria2Downloader(lab, `magnet:?xt=urn:btih:${infoHash}`, downloading)
    },
  },
  transmission: {
    program: 'transmission-daemon',
    name: 'Transmission',
    prefix: '10.77.1.',
    async start({ lab, role, torrent, infoHash, host, entry }) {
      const folder = role === 'seeder' ? lab.folder : await lab.room('out')
      const place = { host, port: PORT, entry, folder, state: await lab.room('transmission') }
      const transmission = await Transmission.start(lab, { ...place, encryption: 'off' })
      await transmission.add(role === 'seeder' ? torrent : `magnet:?xt=urn:btih:${infoHash}`)
    },
  },
}

const wanted = process.argv.slice(2)
for (const [name, client] of Object.entries(CLIENTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await capture(name, client)
}

async function capture(file: string, client: Client): Promise<void> {
  const found = { datagrams: {} as Record<string, string>, streams: {} as Record<string, string> }
  let infoHash = ''
  for (const role of ['seeder', 'downloader'] as const) {
    await Laboratory.run(async (lab) => {
      const content = join(lab.folder, 'content.bin')
      await writeNoise(content, LENGTH)
      const torrent = join(lab.folder, 'content.torrent')
      infoHash = transmissionCreate(content, torrent, PIECE_LENGTH)
      const host = `${client.prefix}200`
      const own = `${client.prefix}100`
      const listening = [process.execPath, '--import', 'tsx', LISTENER, own, host, String(PORT), infoHash]
      const listener = lab.start('listener', listening)
      await listener.line('ready', (line) => line === 'ready', 10_000)
      const dht = await DhtNetwork.start(lab, 'foreign', client.prefix, 11, 20)
      await client.start({ lab, role, torrent, infoHash, host, entry: `${own}:6881` })
      dht.ping(host, PORT)
      await hear(listener, role, found)
    })
  }
  const version = versionOf(client)
  const result: Capture = { client: version, infoHash, pieces: Math.ceil(LENGTH / PIECE_LENGTH), ...found }
  const path = fileURLToPath(new URL(`./${file}.json`, import.meta.url))
  await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`)
  const count = Object.keys(found.datagrams).length
  console.log(`${version}: ${count} datagrams, ${Object.keys(found.streams).length} streams`)
}

/** Keeps the first of each kind; asks until the client has announced itself, answered, and spoken on both kinds of streams. */
async function hear(
  listener: Program,
  role: Role,
  found: Pick<Capture, 'datagrams' | 'streams'>,
): Promise<void> {
  const { datagrams, streams } = found
  const wanted = role === 'seeder' ? ['seeder dialled by us'] : ['downloader dialled by the client']
  const heard = async (): Promise<boolean> => {
    for (const line of listener.linesMatching((text) => text.startsWith('{'))) {
      const said = JSON.parse(line) as { datagram?: string; stream?: string; bytes?: string }
      if (said.datagram !== undefined) datagrams[kindOf(said.datagram)] ??= said.datagram
      else keepLonger(streams, `${role} ${said.stream}`, said.bytes!)
    }
    const kinds = Object.keys(datagrams)
    const spoken = ['query get_peers', 'query announce_peer', 'response to gv'].every((kind) =>
      kinds.includes(kind),
    )
    return spoken && wanted.every((what) => (streams[what] ?? '').length > HANDSHAKE_DIGITS)
  }
  const asking = setInterval(() => listener.write(role === 'seeder' ? 'ask\ndial\n' : 'ask\n'), 3000)
  try {
    await until('everything was heard', heard, 180_000)
  } finally {
    clearInterval(asking)
  }
}

function keepLonger(streams: Record<string, string>, what: string, bytes: string): void {
  if (bytes.length > (streams[what] ?? '').length) streams[what] = bytes
}

function kindOf(datagram: string): string {
  const text = Buffer.from(datagram, 'hex').toString('latin1')
  const method = /1:q\d+:(ping|find_node|get_peers|announce_peer)1:/.exec(text)?.[1]
  if (method !== undefined) return `query ${method}`
  return `${text.includes('1:y1:e') ? 'error' : 'response'} to ${/1:t2:(..)/.exec(text)?.[1] ?? 'another'}`
}

/** As the program itself says it. */
function versionOf({ program, name }: Client): string {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return `${name} ${/(\d+\.\d+\S*)/.exec(`${stdout}${stderr}`)?.[1]}`
}
