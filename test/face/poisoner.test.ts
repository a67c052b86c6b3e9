import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fromHex, latin1 } from '../../src/core/bytes.ts'
import { type CreatedTorrent, createTorrent, type EventOf, type Lodestone } from '../../src/index.ts'
import { writeNoise } from '../support/content.ts'
import { ALL_BITS, HAVE_ALL, handshake, UNCHOKE } from '../support/hostile-peer.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 24 * 1024 * 1024
const NAME = 'content.bin'

/** Gives `node` the torrent to seed, in a new folder, which is returned. */
async function seed(node: Lodestone, { metainfo }: CreatedTorrent, out: string): Promise<string> {
  await mkdir(out)
  await writeNoise(join(out, NAME), LENGTH)
  const seeding = next(node, 'seeding')
  node.add(metainfo, { mode: 'seed', out })
  await seeding
  return out
}

/** Claims everything, unchokes, and never answers a request. Gives its port. */
async function withSilentSeeder(
  host: string,
  infoHash: string,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(handshake(ALL_BITS, fromHex(infoHash)!, latin1('-XX0001-silentsilent')))
      socket.write(HAVE_ALL)
      socket.write(UNCHOKE)
      socket.resume()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  try {
    await body((server.address() as { port: number }).port)
  } finally {
    server.close()
  }
}

describe('a download from five seeders, one of which poisons every piece and one never answers', () => {
  for (const [where, hosts] of [
    ['on addresses of their own', ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']],
    ['all on one address', ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']],
  ] as const) {
    it(`${where}: completes, and names and bans the poisoner alone`, () =>
      inTempFolder(async (folder) => {
        const original = join(folder, NAME)
        await writeNoise(original, LENGTH)
        const created = await createTorrent(original, { pieceLength: 256 * 1024 })
        await withNodes(async (openNode) => {
          const nodes = await Promise.all(hosts.map((host) => openNode({ bind: [host], dht: false })))
          const folders = await Promise.all(
            nodes.map((node, i) => seed(node, created, join(folder, `seeder ${i}`))),
          )
          // It has checked its files; now they change under its feet.
          await writeFile(join(folders[2]!, NAME), new Uint8Array(LENGTH).fill(0xbd), { flag: 'r+' })
          const poisoner = placeOf(nodes[2]!)

          await withSilentSeeder('127.0.0.1', created.infoHash, async (port) => {
            const leech = await openNode({ dht: false })
            const banned: EventOf<'warning'>[] = []
            leech.on('warning', (warning) => {
              if (warning.code === 'peer/banned') banned.push(warning)
            })
            const out = join(folder, 'out')
            const peers = [...nodes.map(placeOf), `127.0.0.1:${port}`]
            await within(60_000, 'the download', leech.add(created.infoHash, { out, peers }).done)
            assert.deepEqual(
              banned.map((warning) => `${warning.host}:${warning.port}`),
              [poisoner],
            )
            const [arrived, sent] = await Promise.all([readFile(join(out, NAME)), readFile(original)])
            assert.ok(arrived.equals(sent))
          })
        })
      }))
  }
})
