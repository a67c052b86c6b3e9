import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { MICROSOCKS_PORT, startMicrosocks } from '../support/microsocks.ts'
import { Nginx } from '../support/nginx.ts'
import { Opentracker } from '../support/opentracker.ts'
import { Outside } from '../support/outside.ts'
import { SharedContent } from '../support/shared-content.ts'
import { TrafficCount } from '../support/traffic-count.ts'

/** All of the open network: no tracker sends to a private one whom it cannot see. */
const PROXY = '203.0.113.2'
const SEED = '203.0.113.3'
const SERVERS = '203.0.113.4'
const NAMES = { 'tracker.example': SERVERS, 'files.example': SERVERS }
const THROUGH = `ip daddr ${PROXY} tcp dport ${MICROSOCKS_PORT}`

interface Scene {
  readonly content: SharedContent
  /** As a laboratory outside. */
  readonly servers: Pick<Laboratory, 'room' | 'call' | 'start'>
  /** A download through the proxy, which must arrive without a packet to anybody else. */
  arrives(env?: Record<string, string>): Promise<LodestoneProgram>
}

/** `more`: options of `create`. */
function scene(more: readonly string[], body: (scene: Scene) => Promise<void>): Promise<void> {
  return Laboratory.run(async (lab) => {
    const outside = await Outside.join(lab, [
      { name: 'cable', inside: '203.0.113.1', outside: [PROXY, SEED, SERVERS] },
    ])
    const content = await SharedContent.prepare(lab, '256k', ...more)
    await startMicrosocks(lab, outside, PROXY, NAMES)
    const count = await TrafficCount.start(lab, THROUGH)
    await body({
      content,
      servers: {
        room: (name) => lab.room(name),
        call: (command, ms) => lab.call(command, ms),
        start: (name, command) => outside.start(name, command),
      },
      arrives: async (env = {}) => {
        const before = await count.read()
        const out = await lab.room('out')
        const state = ['--state', await lab.room('state')]
        const proxy = ['--proxy', `socks5://me:secret@${PROXY}:${MICROSOCKS_PORT}`]
        const command = ['download', content.torrent, '--out', out, ...state, ...proxy]
        const ours = LodestoneProgram.start(lab, 'download', command, { env })
        await ours.event('done', 90_000)
        await ours.program.success(15_000)
        await content.assertArrived(out)
        const { matched, other } = await count.read()
        assert.ok(matched > before.matched + 100)
        assert.equal(other, before.other, 'packets that passed the proxy by')
        return ours
      },
    })
  })
}

describe('servers behind a SOCKS5 proxy (microsocks), which looks their names up', {
  skip: skipWithout('microsocks', 'nft', 'nginx', 'openssl', 'opentracker'),
}, () => {
  it('opentracker leads a private torrent to a peer, and takes who asks for one that nobody can dial', async () => {
    const tracker = 'http://tracker.example:6969/announce'
    await scene(['--private', '--tracker', tracker], async ({ content, servers, arrives }) => {
      const { http } = await Opentracker.start(servers, SERVERS, 6969, content.infoHash)
      const seed = LodestoneProgram.start(servers, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--state', await servers.room('seeding')],
        ...['--bind', SEED, '--port', '6900', '--no-lsd', '--no-dht', '--tracker', http],
      ])
      await seed.event('seeding', 30_000)
      const ours = await arrives()
      const sources = ours.events('peer').map(({ host, source }) => `${host} ${source}`)
      assert.deepEqual(sources, [`${SEED} tracker`])
      const troubles = ours.events('warning').map(({ code }) => code)
      assert.deepEqual(troubles, ['swarm/private'])
    })
  })

  for (const scheme of ['http', 'https'] as const) {
    it(`nginx serves all of a download over ${scheme}`, async () => {
      const port = scheme === 'http' ? 8080 : 8443
      const url = `${scheme}://files.example:${port}/`
      await scene(['--web-seed', url], async ({ content, servers, arrives }) => {
        const isSecure = scheme === 'https'
        const nginx = await Nginx.start(servers, SERVERS, port, content.folder, isSecure, 'files.example')
        const ours = await arrives(isSecure ? { NODE_EXTRA_CA_CERTS: nginx.certificate } : {})
        assert.deepEqual(ours.events('warning'), [])
        const requests = await nginx.requests()
        assert.deepEqual([...new Set(requests.map(({ status }) => status))], ['206'])
        assert.equal(new Set(requests.map(({ connection }) => connection)).size, 1)
      })
    })
  }
})
