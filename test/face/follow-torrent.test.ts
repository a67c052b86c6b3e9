import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import {
  createTorrent,
  followTorrent,
  formatItemLink,
  type Lodestone,
  type OpenOptions,
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

interface Parts {
  readonly folder: string
  readonly out: string
  readonly seed: Lodestone
  /** A run of the follower; the one before must be over. */
  run(options?: OpenOptions): Promise<Run>
}

interface Run {
  readonly node: Lodestone
  tell(infoHash: string): void
  next(): Promise<TorrentVersion>
  /** Waits until a version is refused; why. */
  refused(): Promise<string>
}

/** A seed, and a follower whose item is scripted. */
async function scene(body: (parts: Parts) => Promise<void>): Promise<void> {
  await inTempFolder((folder) =>
    withNodes(async (openNode) => {
      const seed = await openNode()
      const out = join(folder, 'out')
      const run = async (options: OpenOptions = {}): Promise<Run> => {
        const node = await openNode({ bind: ['127.0.0.2'], state: join(folder, 'state'), ...options })
        const item = script()
        const { ready, versions } = node
        const follower = { ready, versions, items: item, add: node.add.bind(node) }
        const found = followTorrent(follower, LINK, { out, peers: [placeOf(seed)] })[Symbol.asyncIterator]()
        const refusals: string[] = []
        node.on('warning', ({ code, message }) => {
          if (code === 'storage/foreign-files' || code === 'storage/unsafe-path') refusals.push(message)
        })
        let coming: Promise<IteratorResult<TorrentVersion>> | undefined
        const next = async (): Promise<TorrentVersion> => {
          coming ??= found.next()
          const { value } = await within(20_000, 'a version', coming)
          coming = undefined
          return value
        }
        const refused = async (): Promise<string> => {
          coming ??= found.next()
          await eventually('a refusal', 20_000, async () => refusals.length > 0)
          return refusals.shift()!
        }
        return { node, tell: item.tell, next, refused }
      }
      await body({ folder, out, seed, run })
    }),
  )
}

/** The same with one run, of a node that keeps no state. */
function followed(body: (parts: Parts & Run) => Promise<void>): Promise<void> {
  return scene(async (parts) => body({ ...parts, ...(await parts.run({ state: false })) }))
}

async function whole({ torrent }: TorrentVersion): Promise<TorrentVersion['torrent']> {
  await within(20_000, 'a whole version', torrent.done)
  return torrent
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
    await followed(async ({ folder, out, seed, tell, next, refused }) => {
      const [first, second, third] = [randomBytes(80_000), randomBytes(60_000), randomBytes(50_000)]
      tell(await publish(seed, join(folder, '1'), 'x.bin', { 'x.bin': first }))
      await within(20_000, 'the first version', (await next()).torrent.done)
      tell(await publish(seed, join(folder, '2'), 'x.bin', { 'x.bin': second }))
      await within(20_000, 'the second version', (await next()).torrent.done)
      assert.deepEqual(await readFile(join(out, 'x.bin')), second)

      const foreign = randomBytes(50_000)
      await write(out, { 'y.bin': foreign })
      tell(await publish(seed, join(folder, '3'), 'y.bin', { 'y.bin': third }))
      assert.match(await refused(), /y\.bin; give another --out/)
      // Nor is it by the next version, for the one before has not written it.
      tell(await publish(seed, join(folder, '4'), 'y.bin', { 'y.bin': randomBytes(50_000) }))
      assert.match(await refused(), /y\.bin; give another --out/)
      assert.deepEqual(await readFile(join(out, 'y.bin')), foreign)
      assert.deepEqual(await readFile(join(out, 'x.bin')), second)
    })
  })

  it('knows in a later run what an older version wrote: that is replaced and cut, and what somebody has changed is refused', async () => {
    await scene(async ({ folder, out, seed, run }) => {
      const big = randomBytes(100_000)
      const page = (text: string): Files => ({ 'torrent/big': big, 'torrent/page': Buffer.from(text) })
      const one = await publish(seed, join(folder, '1'), NAME, page('a long first page'))
      const short = { 'torrent/big': big.subarray(0, 50_000), 'torrent/page': Buffer.from('short') }
      const two = await publish(seed, join(folder, '2'), NAME, short)
      const three = await publish(seed, join(folder, '3'), NAME, page('third'))
      const four = await publish(seed, join(folder, '4'), NAME, { 'torrent/big': big })
      const first = await run()
      first.tell(one)
      await whole(await first.next())
      await first.node.close()

      const second = await run()
      // That which is there is served at once.
      assert.equal((await whole(await second.next())).infoHash, one)
      second.tell(two)
      const torrent = await whole(await second.next())
      assert.deepEqual([torrent.infoHash, torrent.progress().received < 20_000], [two, true])
      for (const [name, bytes] of Object.entries(short))
        assert.deepEqual(await readFile(join(out, name)), bytes)
      await second.node.close()

      await writeFile(join(out, 'torrent/page'), 'my precious edit')
      const third = await run()
      assert.match(await third.refused(), /torrent\/page was changed since/)
      third.tell(three)
      assert.match(await third.refused(), /torrent\/page was changed since/)
      assert.equal((await stat(join(out, 'torrent/big'))).size, 50_000)
      third.tell(four)
      assert.equal((await whole(await third.next())).infoHash, four)
      assert.equal(await readFile(join(out, 'torrent/page'), 'utf8'), 'my precious edit')
    })
  })

  it('serves the older version on when a file of it was changed in this run', async () => {
    await scene(async ({ folder, out, seed, run }) => {
      const before = await run()
      before.tell(await publish(seed, join(folder, '1'), NAME, { 'torrent/page': randomBytes(30_000) }))
      await whole(await before.next())
      await before.node.close()
      const { tell, next, refused } = await run()
      const first = await whole(await next())
      await writeFile(join(out, 'torrent/page'), 'my precious edit')
      tell(await publish(seed, join(folder, '2'), NAME, { 'torrent/page': randomBytes(20_000) }))
      assert.match(await refused(), /torrent\/page was changed since/)
      assert.equal(first.progress().phase, 'seeding')
      assert.equal(await readFile(join(out, 'torrent/page'), 'utf8'), 'my precious edit')
    })
  })

  it('turns files into folders and back where all that goes was its own, and else waits for the next version', async () => {
    await followed(async ({ folder, out, seed, tell, next, refused }) => {
      const file = { 'torrent/a': randomBytes(30_000), 'torrent/x': randomBytes(30_000) }
      const deep = {
        'torrent/a': file['torrent/a'],
        'torrent/x/y/z': randomBytes(20_000),
        'torrent/x/w': randomBytes(9),
      }
      const one = await publish(seed, join(folder, '1'), NAME, file)
      const two = await publish(seed, join(folder, '2'), NAME, deep)
      const three = await publish(seed, join(folder, '3'), NAME, { ...file, 'torrent/b': randomBytes(9) })
      for (const [version, files] of [
        [one, file],
        [two, deep],
        [one, file],
        [two, deep],
      ] as const) {
        tell(version)
        assert.equal((await whole(await next())).infoHash, version)
        for (const [name, bytes] of Object.entries(files))
          assert.deepEqual(await readFile(join(out, name)), bytes)
      }
      await write(out, { 'torrent/x/y/mine': Buffer.from('mine') })
      tell(one)
      assert.match(await refused(), /A folder stands where a file should be: .*torrent\/x\./)
      for (const [name, bytes] of Object.entries(deep))
        assert.deepEqual(await readFile(join(out, name)), bytes)
      await rm(join(out, 'torrent/x/y/mine'))
      tell(three)
      assert.equal((await whole(await next())).infoHash, three)
    })
  })

  it('serves the older version until the newer one can be had, and goes on to a still newer one', async () => {
    await followed(async ({ folder, seed, tell, next }) => {
      const one = await publish(seed, join(folder, '1'), NAME, { 'torrent/page': randomBytes(30_000) })
      const three = await publish(seed, join(folder, '3'), NAME, { 'torrent/page': randomBytes(30_000) })
      tell(one)
      const first = await whole(await next())
      tell('11'.repeat(20))
      const coming = next()
      await eventually('the trial', 10_000, async () => first.progress().phase === 'seeding')
      tell(three)
      assert.equal((await whole(await coming)).infoHash, three)
      assert.throws(() => first.read(0), { code: 'torrent/removed' })
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
