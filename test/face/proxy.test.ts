import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTorrent, type OpenOptions, open } from '../../src/index.ts'
import { HttpTracker } from '../support/http-tracker.ts'
import { SocksServer } from '../support/socks-server.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { fileServer, WebServer } from '../support/web-server.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

/** What is open by default but for what a proxy rules out. */
const PRIVATE: OpenOptions = { bind: ['127.0.0.1'], state: false }
const PASSWORD = 'p@ss:w/rd'

describe('a node with a proxy', () => {
  it('downloads through it alone, and opens nothing', async (t) => {
    const proxy = await SocksServer.start(t, { login: `me:${PASSWORD}` })
    await inTempFolder(async (folder) => {
      const made = await noise(folder, 'noise.bin', 300_000)
      await withNodes(async (openNode) => {
        const seed = await openNode({ dht: false })
        seed.add(made.metainfo, { out: folder, mode: 'seed' })
        const url = `socks5://me:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}`
        const node = await open({ ...PRIVATE, proxy: url })
        try {
          assert.deepEqual(node.addresses, [])
          assert.throws(() => node.lookup('a'.repeat(40)), { code: 'dht/off' })
          const out = join(folder, 'out')
          const torrent = node.add(made.metainfo, { out, peers: [placeOf(seed)] })
          await within(20_000, 'the download', torrent.done)
          assert.deepEqual(proxy.asked, [placeOf(seed)])
          assert.deepEqual(await readFile(join(out, 'noise.bin')), await readFile(join(folder, 'noise.bin')))
        } finally {
          await node.close()
        }
      })
    })
  })

  it('asks the tracker of a private torrent through it, who takes it for one that nobody can dial', async (t) => {
    const proxy = await SocksServer.start(t)
    const tracker = new HttpTracker()
    const server = await WebServer.open(t, tracker.answer)
    await inTempFolder(async (folder) => {
      await noise(folder, 'noise.bin', 300_000)
      const { metainfo } = await createTorrent(join(folder, 'noise.bin'), { private: true })
      await withNodes(async (openNode) => {
        const trackers = [`${server.url}/announce`]
        const seed = await openNode({ dht: false })
        const told = next(seed, 'seeding')
        seed.add(metainfo, { out: folder, mode: 'seed', trackers })
        await told
        await eventually('the seed is known', 10_000, async () => tracker.events.length > 0)
        const node = await open({ ...PRIVATE, proxy: `socks5://127.0.0.1:${proxy.port}` })
        try {
          const peer = next(node, 'peer')
          const torrent = node.add(metainfo, { out: join(folder, 'out'), trackers })
          await within(20_000, 'the download', torrent.done)
          assert.equal((await peer).source, 'tracker')
          const told = async (): Promise<boolean> => tracker.events.includes('completed')
          await eventually('it is told that all has come', 10_000, told)
        } finally {
          await node.close()
        }
        const places = [`127.0.0.1:${server.port}`, placeOf(seed)]
        assert.deepEqual(new Set(proxy.asked), new Set(places))
        const asked = server.asked.filter((path) => path.includes('&port=1&'))
        assert.deepEqual(
          asked.map((path) => /event=(\w+)/.exec(path)?.[1]),
          ['started', 'completed', 'stopped'],
        )
        assert.ok(server.asked.every((path) => !/[?&]ip(v[46])?=/.test(path)))
      })
    })
  })

  it('fetches from a web seed through it, by a name that the proxy looks up', async (t) => {
    const proxy = await SocksServer.start(t)
    await inTempFolder(async (folder) => {
      const made = await noise(folder, 'noise.bin', 3_000_000)
      const server = await WebServer.open(t, fileServer(folder))
      const node = await open({ ...PRIVATE, proxy: `socks5://127.0.0.1:${proxy.port}` })
      try {
        const webSeeds = [`http://localhost:${server.port}/noise.bin`]
        const torrent = node.add(made.metainfo, { out: join(folder, 'out'), webSeeds })
        await within(20_000, 'the download', torrent.done)
      } finally {
        await node.close()
      }
      const there = await readFile(join(folder, 'noise.bin'))
      assert.deepEqual(await readFile(join(folder, 'out', 'noise.bin')), there)
      assert.deepEqual([proxy.asked, server.connections], [[`localhost:${server.port}`], 1])
    })
  })

  it('says what is wrong while that fails, and dials nobody around it', async (t) => {
    const proxy = await SocksServer.start(t, { login: 'somebody:else' })
    await inTempFolder(async (folder) => {
      const made = await noise(folder, 'noise.bin', 300_000)
      await withNodes(async (openNode) => {
        const seed = await openNode({ dht: false })
        const served = next(seed, 'seeding')
        const seeding = seed.add(made.metainfo, { out: folder, mode: 'seed' })
        await served
        const node = await open({ ...PRIVATE, proxy: `socks5://127.0.0.1:${proxy.port}` })
        try {
          const warning = next(node, 'warning')
          node.add(made.metainfo, { out: join(folder, 'out'), peers: [placeOf(seed)] })
          const { code, message } = await warning
          assert.equal(code, 'network/proxy-denied')
          assert.match(message, /wants another name and password than --proxy has/)
          assert.deepEqual([proxy.asked, seeding.progress().peers], [[], 0])
        } finally {
          await node.close()
        }
      })
    })
  })

  for (const [what, options] of [
    ['no URL', { proxy: 'somewhere' }],
    ['another protocol', { proxy: 'http://127.0.0.1:8080' }],
    ['no host', { proxy: 'socks5://' }],
    ['a port that is none', { proxy: 'socks5://127.0.0.1:0' }],
    ['a path', { proxy: 'socks5://127.0.0.1/there' }],
    ['a name without a password', { proxy: 'socks5://me@127.0.0.1' }],
    ['a password that is too long', { proxy: `socks5://me:${'x'.repeat(256)}@127.0.0.1` }],
    ['a broken escape', { proxy: 'socks5://me:%@127.0.0.1' }],
    ['a DHT beside it', { proxy: 'socks5://127.0.0.1', dht: true }],
    ['local discovery beside it', { proxy: 'socks5://127.0.0.1', lsd: true }],
    ['a port to be dialled at', { proxy: 'socks5://127.0.0.1', port: 6881 }],
    ['a number', { proxy: 1080 as unknown as string }],
  ] as [string, OpenOptions][]) {
    it(`refuses ${what}, without repeating the password`, async () => {
      await assert.rejects(open({ ...PRIVATE, ...options }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'options/proxy')
        assert.doesNotMatch(error.message, /xxx|%/)
        return true
      })
    })
  }
})
