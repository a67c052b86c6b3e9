/**
 * DHT nodes of other programs in a network of ours, over both families. Each knows one of our nodes and announces itself, which ours
 * find; and who knows nobody but the foreign node finds its way by it, finds the peer, and announces another one.
 */
import { describe, it } from 'node:test'
import { aria2Seeder } from '../support/aria2.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Rtorrent } from '../support/rtorrent.ts'
import { SharedContent } from '../support/shared-content.ts'

/** Of our nodes in each family, of the foreign one, and of who asks it. */
const NETWORKS = {
  4: { prefix: '127.0.1.', foreign: '127.0.2.1', asker: '127.0.3.1' },
  6: { prefix: 'fd77::1:', foreign: 'fd77::2:1', asker: 'fd77::3:1' },
} as const
const NODES = 4
const PORT = 6900
const OTHER_PORT = 7002

type Family = keyof typeof NETWORKS

interface Scene {
  readonly lab: Laboratory
  readonly dht: DhtNetwork
  readonly content: SharedContent
  readonly host: string
  readonly asker: string
}

async function inNetwork(family: Family, experiment: (scene: Scene) => Promise<void>): Promise<void> {
  const { prefix, foreign: host, asker } = NETWORKS[family]
  await Laboratory.run(async (lab) => {
    if (family === 6) {
      const own = Array.from({ length: NODES }, (_, i) => `${prefix}${i + 1}`)
      await lab.addAddresses([...own, host, asker])
    }
    const content = await SharedContent.prepare(lab, '256k')
    const dht = await DhtNetwork.start(lab, 'own', prefix, 1, NODES)
    await experiment({ lab, dht, content, host, asker })
  })
}

/** The foreign node has announced itself; and now by way of it alone. */
async function throughIt({ lab, dht, content, host, asker }: Scene): Promise<void> {
  const { infoHash } = content
  await dht.announced(infoHash, 60_000, PORT)
  const entry = host.includes(':') ? `[${host}]:${PORT}` : `${host}:${PORT}`
  const ours = LodestoneProgram.start(lab, 'peers', [
    ...['peers', infoHash, '--announce', String(OTHER_PORT), '--bootstrap', entry],
    ...['--bind', asker, '--state', await lab.room('asker')],
  ])
  await ours.program.line(
    'the foreign peer',
    (line) => line.includes(`"host":"${host}","port":${PORT},"source":"dht"`),
    30_000,
  )
  await ours.program.success(15_000)
  await dht.announced(infoHash, 30_000, OTHER_PORT)
}

for (const family of [4, 6] as const) {
  describe(`a node of libtorrent over IPv${family}`, { skip: skipWithout('libtorrent') }, () => {
    it('announces itself in a network of ours, leads others into it, and finds who they announce', async () => {
      await inNetwork(family, async (scene) => {
        const { lab, dht, content, host, asker } = scene
        const libtorrent = await Libtorrent.start(lab, { host, port: PORT, entry: dht.entry })
        libtorrent.announce(content.infoHash)
        await throughIt(scene)
        await libtorrent.found(content.infoHash, asker, OTHER_PORT, 30_000)
      })
    })
  })

  describe(`a node of aria2 over IPv${family}`, { skip: skipWithout('aria2c') }, () => {
    it('announces itself in a network of ours and leads others into it', async () => {
      await inNetwork(family, async (scene) => {
        const { lab, dht, content, host } = scene
        const place = { host, port: PORT, folder: content.folder, state: await lab.room('aria2') }
        aria2Seeder(lab, content.torrent, { ...place, entry: dht.entry })
        await throughIt(scene)
      })
    })
  })
}

describe('a node of rtorrent', { skip: skipWithout('rtorrent') }, () => {
  it('announces itself in a network of ours and leads others into it', async () => {
    await inNetwork(4, async (scene) => {
      const { lab, dht, content, host } = scene
      const place = { host, port: PORT, folder: content.folder, state: await lab.room('rtorrent') }
      await Rtorrent.start(lab, content.torrent, { ...place, entry: dht.entry })
      await throughIt(scene)
    })
  })
})
