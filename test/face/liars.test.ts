/** Nine liars of ten over real sockets: sessions with a liar's policies, which the face does not give. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type MetadataLie, metadataLiar } from '../../sim/adversaries/metadata-liar.ts'
import { poisoner } from '../../sim/adversaries/poisoner.ts'
import { torrentSource } from '../../src/face/torrent-input.ts'
import { NodeHost } from '../../src/host/host.ts'
import { type CreatedTorrent, createTorrent, type Lodestone } from '../../src/index.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { Session } from '../../src/session/session.ts'
import { writeNoise } from '../support/content.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, placeOf, within, withNodes } from './loopback.ts'

const NAME = 'content.bin'
const MIB = 1024 * 1024
/** Each on an address of its own, by which it is named however it comes. */
const LIARS = Array.from({ length: 9 }, (_, i) => `127.0.0.${20 + i}`)

interface Scene {
  readonly liars: readonly string[]
  /** A seed that tells the truth, and dials these. */
  readonly honest: (...peers: readonly string[]) => Promise<Lodestone>
  readonly leech: Lodestone
  readonly out: string
  /** Addresses that were warned of, by code. */
  readonly named: (code: string) => readonly string[]
  readonly created: CreatedTorrent
  /** Waits for a download and looks at what has come. */
  readonly whole: (done: PromiseLike<unknown>) => Promise<void>
}

/** Seeds the file in `folder` as `policies` have it. Gives its place, and what ends it. */
async function openLiar(
  host: string,
  created: CreatedTorrent,
  folder: string,
  policies: SessionPolicies,
): Promise<{ readonly place: string; readonly close: () => Promise<void> }> {
  const noThreads = (): never => {
    throw new Error('nine sessions with two threads each take seconds to start')
  }
  const machine = new NodeHost({ stateFolder: undefined, launch: noThreads })
  let place = ''
  let seeds = (): void => {}
  const seeding = new Promise<void>((resolve) => {
    seeds = resolve
  })
  const session = new Session({
    ports: machine.ports,
    options: { bind: [host], port: 0, dht: false },
    policies,
    emit: (event) => {
      if (event.kind === 'listening') place = event.address.text
      if (event.kind === 'seeding') seeds()
    },
  })
  machine.attach(session)
  session.start(machine.now())
  const source = torrentSource(created.metainfo)
  const options = { out: folder, mode: 'seed', overwrite: false, recheck: false, maxPeers: 50 } as const
  session.command(machine.now(), { kind: 'add', torrent: 1, source, options })
  await within(20_000, 'a liar to seed', seeding)
  return { place, close: () => machine.close() }
}

/** Nine liars on `length` bytes, and who is to download. */
function withLiars(
  length: number,
  pieceLength: number,
  policies: (nth: number, trueSize: number) => SessionPolicies,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  return inTempFolder(async (folder) => {
    const original = join(folder, NAME)
    await writeNoise(original, length)
    const created = await createTorrent(original, { pieceLength })
    const trueSize = created.metainfo.info.bytes.length
    const liars = await Promise.all(
      LIARS.map((host, nth) => openLiar(host, created, folder, policies(nth, trueSize))),
    )
    try {
      await withNodes(async (openNode) => {
        const leech = await openNode({ dht: false, bind: ['127.0.0.1'] })
        const warned: { readonly code: string; readonly host: string | undefined }[] = []
        leech.on('warning', ({ code, host }) => warned.push({ code, host }))
        const out = join(folder, 'out')
        await body({
          ...{ leech, out, created, liars: liars.map(({ place }) => place) },
          honest: async (...peers) => {
            // Slow enough for the liars to have their part.
            const node = await openNode({ dht: false, bind: ['127.0.0.2'], uploadLimit: 4 * MIB })
            const seeding = next(node, 'seeding')
            node.add(created.metainfo, { mode: 'seed', out: folder, peers })
            await seeding
            return node
          },
          named: (code) => [...new Set(warned.flatMap((w) => (w.code === code ? [w.host!] : [])))].sort(),
          whole: async (done) => {
            await within(60_000, 'the download', done)
            const [arrived, sent] = await Promise.all([readFile(join(out, NAME)), readFile(original)])
            assert.ok(arrived.equals(sent))
          },
        })
      })
    } finally {
      await Promise.all(liars.map(({ close }) => close()))
    }
  })
}

describe('nine liars of ten, over sockets', () => {
  it('MD14, MD15: each is named for its metadata; an honest seed that comes then is enough', () => {
    const lies: readonly MetadataLie[] = ['wrong-bytes', 'wrong-size']
    const policies = (nth: number, trueSize: number): SessionPolicies => ({
      swarm: { ...metadataLiar({ lie: lies[nth % 2]!, trueSize }).swarm, ...poisoner({ share: 1 }).swarm },
    })
    return withLiars(
      4 * MIB,
      16_384,
      policies,
      async ({ leech, liars, honest, named, created, out, whole }) => {
        const torrent = leech.add(created.infoHash, { out, peers: [...liars] })
        await eventually('each to be named', 30_000, async () => named('peer/lied').length === LIARS.length)
        await honest(placeOf(leech))
        await whole(torrent.done)
        assert.deepEqual(named('peer/lied'), LIARS)
        assert.ok(!named('peer/banned').includes('127.0.0.2'))
      },
    )
  })

  it('CL9, CL12: each is banned for its blocks, and the honest one never', () =>
    withLiars(
      8 * MIB,
      256 * 1024,
      () => poisoner({ share: 0.5 }),
      async ({ leech, liars, honest, named, created, out, whole }) => {
        const seed = await honest()
        const torrent = leech.add(created.infoHash, { out, peers: [...liars, placeOf(seed)] })
        await whole(torrent.done)
        assert.deepEqual(named('peer/banned'), LIARS)
      },
    ))
})
