import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { miniupnpd } from '../support/miniupnpd.ts'
import { Outside } from '../support/outside.ts'
import { SharedContent } from '../support/shared-content.ts'

const WAN = '60.1.0.2'

/** The laboratory is a home behind a router, whose other side leads to the rest of the world. */
async function home(
  lab: Laboratory,
  protocols: { readonly pcp: boolean; readonly upnp: boolean },
): Promise<{ readonly router: Outside; readonly world: Outside }> {
  const router = await Outside.join(lab, [{ name: 'lan', inside: '10.80.0.1', outside: ['10.80.0.2'] }])
  const world = await Outside.join(lab, [{ name: 'wan', inside: WAN, outside: ['60.1.0.1'] }], {
    from: router,
  })
  await router.route('wan')
  await world.route()
  await miniupnpd(lab, router, { lan: 'lan', wan: 'wan', address: WAN, served: '10.80.0.0/24', ...protocols })
  return { router, world }
}

describe('a gateway (miniupnpd)', { skip: skipWithout('miniupnpd', 'nft') }, () => {
  for (const [name, protocols] of [
    ['PCP', { pcp: true, upnp: false }],
    ['UPnP', { pcp: false, upnp: true }],
  ] as const) {
    it(`maps our port of both protocols by ${name}, and no more once we have left`, async () => {
      await Laboratory.run(async (lab) => {
        const { router } = await home(lab, protocols)
        const mapped = async (): Promise<string[]> => {
          const rules = await lab.call(router.inside(['nft', 'list', 'table', 'inet', 'filter']), 10_000)
          // Protocols by their numbers, of which nft makes no words here.
          const found = rules.matchAll(/0x(6|11) th dport 7777 dnat ip to 10\.80\.0\.1:7777/g)
          return [...found].map(([, protocol]) => (protocol === '6' ? 'tcp' : 'udp')).sort()
        }
        const node = LodestoneProgram.start(lab, 'node', [
          ...['node', '--state', await lab.room('state'), '--bootstrap', 'none', '--port', '7777'],
        ])
        await until('both are mapped', async () => (await mapped()).length === 2, 30_000)
        assert.deepEqual(await mapped(), ['tcp', 'udp'])
        const network = (await node.event('stats', 20_000))['network'] as { readonly mapped?: object }
        assert.deepEqual(network.mapped, { tcp: 7777, udp: 7777, host: WAN })
        assert.deepEqual(await node.program.stop(), { code: 143, signal: null })
        assert.deepEqual(await mapped(), [])
      })
    })
  }
})

/** Two homes behind a router each (masquerade); the first has a seed, the second a download that knows a magnet link alone. */
async function twoHomes(
  options: readonly string[],
  body: (download: LodestoneProgram, arrived: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await Laboratory.run(async (lab) => {
    const { world } = await home(lab, { pcp: true, upnp: false })
    const place = { behind: true }
    const far = await Outside.join(lab, [{ name: 'wan2', inside: '60.2.0.1', outside: ['60.2.0.2'] }], {
      ...place,
      from: world,
    })
    const other = await Outside.join(lab, [{ name: 'lan2', inside: '10.81.0.2', outside: ['10.81.0.1'] }], {
      ...place,
      from: far,
    })
    await far.route('wan2')
    const dht = LodestoneProgram.start(world, 'node', [
      ...['node', '--state', await lab.room('dht'), '--bootstrap', 'none', '--port', '6881'],
      ...['--bind', '60.1.0.1'],
    ])
    await dht.event('listening', 30_000)
    const content = await SharedContent.prepare(lab, '256k')
    const seed = LodestoneProgram.start(lab, 'seed', [
      ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('seeding')],
      ...['--bootstrap', '60.1.0.1:6881', '--port', '7777', ...options],
    ])
    await seed.event('seeding', 30_000)
    await seed.event('lookup', 30_000)
    const out = await lab.room('out')
    const download = LodestoneProgram.start(other, 'download', [
      ...['download', content.magnet, '--out', out, '--state', await lab.room('state')],
      ...['--bootstrap', '60.1.0.1:6881', '--port', '7778', '--no-port-mapping'],
    ])
    await body(download, () => content.assertArrived(out))
  })
}

describe('two nodes behind a NAT each (nftables)', { skip: skipWithout('miniupnpd', 'nft') }, () => {
  it('find each other through the DHT and transfer, when one of them has its port mapped', async () => {
    await twoHomes([], async (download, arrived) => {
      await download.event('done', 45_000)
      await download.program.success(15_000)
      await arrived()
      assert.ok(download.events('peer').some(({ host, port }) => host === WAN && port === 7777))
    })
  })

  it('and do not, when none has', async () => {
    // Over uTP two who dial each other at once would meet.
    await twoHomes(['--no-port-mapping', '--transport', 'tcp'], async (download) => {
      await download.event('peer', 30_000)
      await assert.rejects(download.event('metadata', 15_000), /in vain/)
    })
  })
})
