import assert from 'node:assert/strict'
import { truncateSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  type CreatedTorrent,
  createTorrent,
  type Lodestone,
  type LodestoneEvent,
  open,
  parseTorrent,
} from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

async function seed(node: Lodestone, folder: string, created: CreatedTorrent): Promise<void> {
  const seeding = next(node, 'seeding')
  node.add(created.metainfo, { mode: 'seed', out: folder })
  await seeding
}

describe('adding a torrent', () => {
  it('downloads by magnet link, by info-hash in hex and in base32, and by metainfo', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const seeder = await openNode()
        const created = await noise(folder, 'content', 200_000)
        const content = await readFile(join(folder, 'content'))
        await seed(seeder, folder, created)
        const base32 = base32Of(Buffer.from(created.infoHash, 'hex'))
        const inputs = { magnet: created.magnet, hex: created.infoHash, base32, metainfo: created.metainfo }
        for (const [name, input] of Object.entries(inputs)) {
          const node = await openNode({ bootstrap: [placeOf(seeder)] })
          const out = join(folder, name)
          const torrent = node.add(input, { out })
          assert.equal(torrent.infoHash, created.infoHash)
          const metadata = await within(20_000, `metadata by ${name}`, torrent.metadata)
          assert.deepEqual(
            [metadata.name, metadata.length, metadata.files.map(({ path }) => path)],
            ['content', 200_000, [join(out, 'content')]],
          )
          const done = await within(20_000, `the content by ${name}`, torrent.done)
          assert.deepEqual(
            [done.path, done.length, done.infoHash],
            [join(out, 'content'), 200_000, created.infoHash],
          )
          assert.ok((await readFile(done.path)).equals(content))
          assert.match(torrent.magnet, /dn=content/)
          assert.equal(parseTorrent(torrent.torrentFile()).info.name, 'content')
          const { verified, total, phase } = torrent.progress()
          assert.deepEqual([verified, total, phase], [200_000, 200_000, 'seeding'])
        }
      })
    })
  })

  it('fetches the metadata alone when that is asked for', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const seeder = await openNode()
        const created = await noise(folder, 'content', 100_000)
        await seed(seeder, folder, created)
        const node = await openNode()
        const out = join(folder, 'out')
        const torrent = node.add(created.magnet, { mode: 'metadata', out, peers: [placeOf(seeder)] })
        assert.throws(() => torrent.torrentFile(), { kind: 'usage', code: 'torrent/no-metadata' })
        await within(20_000, 'the metadata', torrent.done)
        const { files } = await torrent.metadata
        assert.deepEqual(files, [
          { index: 0, path: join(out, 'content'), length: 100_000, selected: true, priority: 'normal' },
        ])
        await assert.rejects(readFile(join(out, 'content')), { code: 'ENOENT' })
      })
    })
  })

  it('finds a seed that comes after it within seconds', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const router = await openNode()
        const bootstrap = [placeOf(router)]
        const node = await openNode({ bootstrap })
        const created = await noise(folder, 'content', 200_000)
        const lookup = next(node, 'lookup')
        const torrent = node.add(created.magnet, { out: join(folder, 'out') })
        await lookup
        const begun = performance.now()
        await seed(await openNode({ bootstrap }), folder, created)
        await within(15_000, 'the download', torrent.done)
        assert.ok(performance.now() - begun < 15_000)
      })
    })
  })

  it('works over IPv6', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const seeder = await openNode({ bind: ['::1'] })
        const created = await noise(folder, 'content', 300_000)
        await seed(seeder, folder, created)
        const node = await openNode({ bind: ['::1'], bootstrap: [placeOf(seeder)] })
        const peer = next(node, 'peer')
        const torrent = node.add(created.magnet, { out: join(folder, 'out') })
        await within(20_000, 'the download', torrent.done)
        const { host, port, source } = await peer
        assert.deepEqual([host, port, source], ['::1', seeder.addresses[0]!.port, 'dht'])
        assert.equal(node.stats().nodes6, 1)
      })
    })
  })

  it('refuses at once what names no torrent, and options that are wrong', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const hash = 'ab'.repeat(20)
      assert.throws(() => node.add('not a torrent'), { kind: 'usage', code: 'torrent/bad-source' })
      assert.throws(() => node.add('magnet:?dn=nothing'), { kind: 'usage' })
      assert.throws(() => node.add(hash, { peers: ['nowhere'] }), { kind: 'usage', code: 'options/endpoint' })
      assert.throws(() => node.add(hash, { maxPeers: 0 }), { kind: 'usage', code: 'options/maxPeers' })
      assert.throws(() => node.add(hash, { seedRatio: -1 }), { kind: 'usage', code: 'options/seedRatio' })
      assert.throws(() => node.add(hash, { seedTime: Number.NaN }), { code: 'options/seedTime' })
      for (const input of [null, undefined, 5, {}, { info: null }, Buffer.from('d4:infodee'), '']) {
        const add = (): unknown => node.add(input as never)
        assert.throws(add, { kind: 'usage', code: 'torrent/bad-source' }, String(input))
      }
      for (const peers of ['127.0.0.1:1', [5], [null]] as never[])
        assert.throws(() => node.add(hash, { peers }), { kind: 'usage', code: 'options/endpoint' })
      const none = { kind: 'usage', code: 'options/none' }
      assert.throws(() => node.add(hash, null as never), none)
      assert.throws(() => node.setLimits(null as never), none)
      await assert.rejects(open(null as never), none)
      assert.throws(() => node.add(hash, { signal: AbortSignal.abort() }), { name: 'AbortError' })
      assert.throws(() => node.setLimits({ download: Number.NaN }), {
        kind: 'usage',
        code: 'options/downloadLimit',
      })
      const torrent = node.add(hash)
      assert.equal(torrent.infoHash, hash)
      assert.throws(() => torrent.setLimits(null as never), none)
    })
  })
})

describe('a torrent that cannot go on', () => {
  it('rejects its metadata and its content with a typed error, tells it as an event, and ends its events', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const node = await openNode()
        const created = await noise(folder, 'content', 50_000)
        await writeFile(join(folder, 'file'), 'in the place of a folder')
        const told = next(node, 'error')
        const torrent = node.add(created.metainfo, { out: join(folder, 'file') })
        const seen: LodestoneEvent[] = []
        const end = (async () => {
          for await (const event of torrent.events()) seen.push(event)
        })()
        await assert.rejects(within(10_000, 'the failure', torrent.done), { kind: 'usage' })
        await assert.rejects(torrent.metadata, { kind: 'usage' })
        await within(5000, 'the end of the events', end)
        assert.deepEqual(seen.at(-1), await told)
        assert.equal(torrent.progress().phase, 'failed')
        await within(5000, 'the removal', torrent.remove())
      })
    })
  })

  it('is one that is open already in another mode; removing it leaves the other alone', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const first = node.add('ab'.repeat(20))
      const second = node.add('ab'.repeat(20), { mode: 'metadata' })
      await assert.rejects(second.done, { kind: 'usage', code: 'session/duplicate' })
      await within(5000, 'the removal', second.remove())
      assert.notEqual(first.progress().phase, 'failed')
      const removal = first.remove()
      await within(5000, 'both removals', Promise.all([removal, first.remove()]))
      await assert.rejects(first.done, { kind: 'closed', code: 'torrent/removed' })
      const third = node.add('ab'.repeat(20))
      assert.notEqual(third.progress().phase, 'failed')
    })
  })

  it('is one whose signal was aborted', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const stop = new AbortController()
      const torrent = node.add('ab'.repeat(20), { signal: stop.signal })
      stop.abort()
      await assert.rejects(within(5000, 'the end', torrent.done), { kind: 'closed', code: 'torrent/removed' })
      await within(5000, 'the removal', torrent.remove())
    })
  })
})

describe('closing in the middle of a download', () => {
  it('keeps what is verified, and the next node goes on from there', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const seeder = await openNode({ uploadLimit: 2 * 1024 * 1024 })
        const created = await noise(folder, 'content', 3_000_000)
        await seed(seeder, folder, created)
        const place = { out: join(folder, 'out'), peers: [placeOf(seeder)] }
        const state = join(folder, 'state')
        const first = await openNode({ state })
        const part = first.add(created.magnet, place)
        await eventually('a third', 20_000, async () => part.progress().verified > 1_000_000)
        const { peers, encrypted, utp } = part.progress()
        assert.deepEqual([peers, encrypted, utp], [1, 1, 0])
        assert.deepEqual(first.stats().connections, { peers, encrypted, utp, punched: 0 })
        await first.close()
        await assert.rejects(part.done, { kind: 'closed' })
        const { verified } = part.progress()

        const node = await openNode({ state })
        const torrent = node.add(created.magnet, place)
        await within(20_000, 'the rest', torrent.done)
        assert.ok(torrent.progress().received <= 3_000_000 - verified)
        const [a, b] = await Promise.all(
          [folder, place.out].map((parent) => readFile(join(parent, 'content'))),
        )
        assert.ok(a!.equals(b!))
      })
    })
  })
})

describe('making a torrent', () => {
  it('takes a file or a folder, says how far it is, and stops with its signal', async () => {
    await inTempFolder(async (folder) => {
      await mkdir(join(folder, 'content', 'sub'), { recursive: true })
      await writeFile(join(folder, 'content', 'b'), new Uint8Array(70_000))
      await writeFile(join(folder, 'content', 'sub', 'a'), 'small')
      const steps: [number, number][] = []
      const created = await createTorrent(join(folder, 'content'), {
        pieceLength: 16_384,
        private: true,
        nodes: ['127.0.0.1:6881'],
        comment: 'a comment',
        onProgress: (done, total) => steps.push([done, total]),
      })
      assert.deepEqual(steps.at(-1), [70_005, 70_005])
      const { info, nodes } = parseTorrent(created.bytes)
      assert.deepEqual(
        info.files.map(({ path, length }) => [path.join('/'), length]),
        [
          ['content/b', 70_000],
          ['content/sub/a', 5],
        ],
      )
      assert.deepEqual([info.private, nodes], [true, [{ host: '127.0.0.1', port: 6881 }]])
      const stopped = createTorrent(join(folder, 'content'), { signal: AbortSignal.abort() })
      await assert.rejects(stopped, { name: 'AbortError' })
    })
  })

  it('refuses what is not there, what is empty, and a piece length that is no power of two', async () => {
    await inTempFolder(async (folder) => {
      await assert.rejects(createTorrent(join(folder, 'missing')), { kind: 'usage', code: 'content/missing' })
      await assert.rejects(createTorrent(folder), { kind: 'usage', code: 'content/empty' })
      await writeFile(join(folder, 'a'), 'a')
      for (const pieceLength of [0, 1000, 2 ** 30, Number.NaN]) {
        await assert.rejects(createTorrent(folder, { pieceLength }), {
          kind: 'usage',
          code: 'create/piece-length',
        })
      }
    })
  })

  it('says that the disk changed when a file becomes shorter meanwhile', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'content')
      await writeFile(path, new Uint8Array(3 * 1024 * 1024))
      // Cut at once after the first of three chunks: a cut on another thread may come after the last one.
      const options = { onProgress: () => truncateSync(path, 1024) }
      await assert.rejects(createTorrent(path, options), { kind: 'storage', code: 'content/changed' })
    })
  })
})

function base32Of(bytes: Uint8Array): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{5}/g) ?? []).map((five) => digits[Number.parseInt(five, 2)]).join('')
}
