import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import {
  createTorrent,
  followTorrent,
  formatItemLink,
  type Lodestone,
  LodestoneError,
  type TorrentVersion,
} from '../../src/index.ts'
import { SEED } from '../support/items.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, placeOf, within, withNodes } from './loopback.ts'

const LINK = formatItemLink({ publicKey: new Uint8Array(32).fill(7), salt: new Uint8Array(0) })
const NAME = 'torrent'

type Files = Readonly<Record<string, Buffer>>

async function write(folder: string, files: Files): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
}

/** Seeds a version out of a folder of its own; its info-hash. */
async function publish(seed: Lodestone, folder: string, what: string, files: Files): Promise<string> {
  await write(folder, files)
  const created = await createTorrent(join(folder, what), { pieceLength: 16_384 })
  await within(
    20_000,
    'a version to be seeded',
    seed.add(created.metainfo, { mode: 'seed', out: folder }).done,
  )
  return created.infoHash
}

/** The versions in which an item is found, when the test says so. */
function script() {
  const named: string[] = []
  let wake = (): void => {}
  return {
    tell(infoHash: string): void {
      named.push(infoHash)
      wake()
    },
    async *follow() {
      for (let seq = 0; ; seq++) {
        while (named.length <= seq) await new Promise<void>((resolve) => (wake = resolve))
        yield {
          target: '',
          value: undefined,
          bytes: new Uint8Array(0),
          infoHash: named[seq]!,
          seq: BigInt(seq),
        }
      }
    },
  }
}

/** A seed, and a follower whose item is scripted. */
async function followed(
  body: (parts: {
    readonly folder: string
    readonly out: string
    readonly seed: Lodestone
    tell(infoHash: string): void
    next(): Promise<TorrentVersion>
  }) => Promise<void>,
): Promise<void> {
  await inTempFolder((folder) =>
    withNodes(async (openNode) => {
      const seed = await openNode()
      const leech = await openNode({ bind: ['127.0.0.2'] })
      const out = join(folder, 'out')
      const item = script()
      const follower = { ready: leech.ready, items: item, add: leech.add.bind(leech) }
      const versions = followTorrent(follower, LINK, { out, peers: [placeOf(seed)] })[Symbol.asyncIterator]()
      const next = async (): Promise<TorrentVersion> =>
        (await within(20_000, 'a version', versions.next())).value
      await body({ folder, out, seed, tell: item.tell, next })
    }),
  )
}

describe('a torrent that changes', () => {
  it('moves on to the new version: what did not change is kept, what changed is fetched, what is gone is left', async () => {
    await followed(async ({ folder, out, seed, tell, next }) => {
      const same = randomBytes(600_000)
      const first = { 'torrent/a': same, 'torrent/b': randomBytes(90_000), 'torrent/c': randomBytes(50_000) }
      const second = {
        'torrent/a': same,
        'torrent/b': randomBytes(70_000),
        'torrent/d/e': randomBytes(40_000),
      }
      const one = await publish(seed, join(folder, '1'), NAME, first)
      const two = await publish(seed, join(folder, '2'), NAME, second)
      tell(one)
      const before = await next()
      await within(20_000, 'the first version', before.torrent.done)
      const { mtimeMs } = await stat(join(out, 'torrent/a'))
      // A version that says the same is none.
      tell(one)
      tell(two)
      const after = await next()
      assert.deepEqual([before.seq, before.torrent.infoHash], [0n, one])
      assert.deepEqual([after.seq, after.torrent.infoHash], [2n, two])
      await within(20_000, 'the second version', after.torrent.done)
      for (const [name, bytes] of Object.entries({ ...first, ...second }))
        assert.deepEqual(await readFile(join(out, name)), bytes, name)
      assert.ok(after.torrent.progress().received < 200_000, `${after.torrent.progress().received}`)
      assert.ok((await stat(join(out, 'torrent/a'))).mtimeMs >= mtimeMs)
    })
  })

  it('writes over what an older version wrote, though nothing of it is left, and over nothing else', async () => {
    await followed(async ({ folder, out, seed, tell, next }) => {
      const [first, second, third] = [randomBytes(80_000), randomBytes(60_000), randomBytes(50_000)]
      tell(await publish(seed, join(folder, '1'), 'x.bin', { 'x.bin': first }))
      await within(20_000, 'the first version', (await next()).torrent.done)
      tell(await publish(seed, join(folder, '2'), 'x.bin', { 'x.bin': second }))
      await within(20_000, 'the second version', (await next()).torrent.done)
      assert.deepEqual(await readFile(join(out, 'x.bin')), second)

      const foreign = randomBytes(50_000)
      await write(out, { 'y.bin': foreign })
      tell(await publish(seed, join(folder, '3'), 'y.bin', { 'y.bin': third }))
      const { torrent } = await next()
      const refused = (error: unknown): boolean =>
        error instanceof LodestoneError && error.code === 'storage/foreign-files'
      await assert.rejects(within(20_000, 'a refusal', torrent.done), refused)
      assert.deepEqual(await readFile(join(out, 'y.bin')), foreign)
      // Nor is it by the next version, for the one before has not written it.
      tell(await publish(seed, join(folder, '4'), 'y.bin', { 'y.bin': randomBytes(50_000) }))
      await assert.rejects(within(20_000, 'another refusal', (await next()).torrent.done), refused)
      assert.deepEqual(await readFile(join(out, 'y.bin')), foreign)
    })
  })

  it('is found in the DHT by its key, and goes on when the loop is left', async () => {
    await inTempFolder((folder) =>
      withNodes(async (openNode) => {
        const seed = await openNode()
        const leech = await openNode({ bind: ['127.0.0.2'], bootstrap: [placeOf(seed)] })
        const nodes = [seed, leech]
        await eventually('both to know the other', 10_000, async () =>
          nodes.every((node) => node.stats().nodes === 1),
        )
        const infoHash = await publish(seed, join(folder, '1'), NAME, { 'torrent/a': randomBytes(100_000) })
        const { link } = await seed.items.put(
          { ih: Uint8Array.from(Buffer.from(infoHash, 'hex')) },
          { key: SEED },
        )
        const out = join(folder, 'out')
        const find = async (): Promise<void> => {
          for await (const { torrent } of followTorrent(leech, link!, { out })) {
            void torrent.done.then(() => done(torrent.infoHash))
            break
          }
        }
        let done = (_infoHash: string): void => {}
        const came = new Promise<string>((resolve) => (done = resolve))
        await within(20_000, 'the version of the day', find())
        assert.equal(await within(20_000, 'its end', came), infoHash)
        assert.throws(() => followTorrent(leech, `magnet:?xt=urn:btih:${infoHash}`), /needs xs=urn:btpk/)
      }),
    )
  })
})
