import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type OpenOptions, open } from '../../src/index.ts'
import { SocksServer } from '../support/socks-server.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, noise, placeOf, within, withNodes } from './loopback.ts'

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
