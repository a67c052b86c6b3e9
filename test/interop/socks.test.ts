import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { MICROSOCKS_PORT, startMicrosocks } from '../support/microsocks.ts'
import { Outside } from '../support/outside.ts'
import { SharedContent } from '../support/shared-content.ts'
import { TrafficCount } from '../support/traffic-count.ts'

const PROXY = '10.80.0.2'
const SEED = '10.80.0.3'
const THROUGH = `ip daddr ${PROXY} tcp dport ${MICROSOCKS_PORT}`
/** Whom the system would look up, and a proxy does not find. */
const ELSEWHERE = 'tr=http://tracker.example/announce&tr=udp://10.80.0.9:80&ws=http://files.example/'

interface Scene {
  readonly lab: Laboratory
  readonly count: TrafficCount
  /** Starts the proxy, which wants a login. */
  proxy(): Promise<void>
  /** A download of what somebody outside seeds, tempted to look elsewhere too. */
  download(...options: readonly string[]): LodestoneProgram
  arrived(): Promise<void>
}

/** A downloader in a network of its own, with one cable to everybody else; all that leaves is counted. */
function scene(body: (scene: Scene) => Promise<void>): Promise<void> {
  return Laboratory.run(async (lab) => {
    const outside = await Outside.join(lab, [{ name: 'cable', inside: '10.80.0.1', outside: [PROXY, SEED] }])
    const content = await SharedContent.prepare(lab, '256k')
    const seed = LodestoneProgram.start(outside, 'seed', [
      ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('seeding')],
      ...['--bind', SEED, '--port', '6900', '--no-lsd', '--no-dht'],
    ])
    await seed.event('seeding', 30_000)
    const out = await lab.room('out')
    const state = await lab.room('state')
    // A peer that is a name, one that is not there, and one that answers.
    const magnet = `${content.magnet}&x.pe=peer.example:6881&x.pe=10.80.0.9:6881&${ELSEWHERE}`
    await body({
      lab,
      count: await TrafficCount.start(lab, THROUGH),
      proxy: () => startMicrosocks(lab, outside, PROXY),
      download: (...options) =>
        LodestoneProgram.start(lab, 'download', [
          ...['download', magnet, '--out', out, '--state', state, '--peer', `${SEED}:6900`, ...options],
        ]),
      arrived: () => content.assertArrived(out),
    })
  })
}

describe('a download through a SOCKS5 proxy (microsocks)', { skip: skipWithout('microsocks', 'nft') }, () => {
  it('sends no packet but to the proxy, to whoever it may be', async () => {
    await scene(async ({ count, proxy, download, arrived }) => {
      await proxy()
      const before = await count.read()
      const ours = download('--trackers', '--proxy', `socks5://me:secret@${PROXY}:1080`)
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await arrived()
      const { matched, other } = await count.read()
      assert.ok(matched > before.matched + 100)
      assert.equal(other, before.other, 'packets that passed the proxy by')
    })
  })

  it('nor while the proxy is not there, nor when it lets nobody in', async () => {
    await scene(async ({ count, proxy, download }) => {
      const before = await count.read()
      const alone = download('--trackers', '--proxy', `socks5://me:secret@${PROXY}:1080`)
      assert.equal((await alone.event('warning', 30_000))['code'], 'network/proxy-unreachable')
      await alone.program.stop()
      await proxy()
      const between = await count.read()
      const denied = download('--trackers', '--proxy', `socks5://me:wrong@${PROXY}:1080`)
      assert.equal((await denied.event('warning', 30_000))['code'], 'network/proxy-denied')
      await denied.program.stop()
      assert.equal(between.other, before.other)
      assert.equal((await count.read()).other, before.other)
    })
  })

  it('and the count sees what goes around: without the proxy nothing else does', async () => {
    await scene(async ({ count, download, arrived }) => {
      const before = await count.read()
      const ours = download('--no-web-seeds', '--bootstrap', '10.80.0.9:6881')
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await arrived()
      const { matched, other } = await count.read()
      assert.equal(matched, before.matched)
      assert.ok(other > before.other + 100)
    })
  })
})
