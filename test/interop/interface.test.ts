import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Outside } from '../support/outside.ts'
import { SharedContent } from '../support/shared-content.ts'
import { TrafficCount } from '../support/traffic-count.ts'

/** Of the interface that is named; the other one is the way to everywhere else. */
const OWN = '10.81.0.1'

interface Scene {
  readonly lab: Laboratory
  readonly count: TrafficCount
  /** A download of what is seeded on both networks, tempted to look elsewhere too. */
  download(...options: readonly string[]): LodestoneProgram
  arrived(): Promise<void>
}

/** A machine with two interfaces; what leaves from the address of the second is counted, and what leaves from any other. */
function scene(body: (scene: Scene) => Promise<void>): Promise<void> {
  return Laboratory.run(async (lab) => {
    const outside = await Outside.join(lab, [
      { name: 'first', inside: '10.80.0.1', outside: ['10.80.0.2'] },
      { name: 'second', inside: OWN, outside: ['10.81.0.2'] },
    ])
    const content = await SharedContent.prepare(lab, '256k')
    const seed = LodestoneProgram.start(outside, 'seed', [
      ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('seeding')],
      ...['--port', '6900', '--no-lsd', '--no-dht', '--no-port-mapping'],
    ])
    await seed.event('seeding', 30_000)
    const out = await lab.room('out')
    const state = await lab.room('state')
    await body({
      lab,
      count: await TrafficCount.start(lab, `ip saddr ${OWN}`),
      download: (...options) =>
        LodestoneProgram.start(lab, 'download', [
          ...['download', content.magnet, '--out', out, '--state', state, '--bootstrap', '10.80.0.9:6881'],
          ...['--peer', '10.80.0.2:6900', '--peer', '10.81.0.2:6900', ...options],
        ]),
      arrived: () => content.assertArrived(out),
    })
  })
}

describe('a download by one of two network interfaces', { skip: skipWithout('nft') }, () => {
  it('sends nothing from an address of the other: no dial, no datagram, no multicast', async () => {
    await scene(async ({ count, download, arrived }) => {
      const before = await count.read()
      const ours = download('--interface', 'second')
      assert.equal((await ours.event('listening', 30_000))['host'], OWN)
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await arrived()
      const { matched, other } = await count.read()
      assert.ok(matched > before.matched + 100)
      assert.equal(other, before.other)
    })
  })

  it('so does one that is bound to its address', async () => {
    await scene(async ({ count, download }) => {
      const before = await count.read()
      const ours = download('--bind', OWN)
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      assert.equal((await count.read()).other, before.other)
    })
  })

  it('and the count sees what leaves from the other', async () => {
    await scene(async ({ count, download }) => {
      const before = await count.read()
      const ours = download()
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      assert.ok((await count.read()).other > before.other)
    })
  })

  it('says so when its address goes, uses no other meanwhile, and goes on when it is back', async () => {
    await scene(async ({ lab, count, download }) => {
      const before = await count.read()
      const ours = download('--interface', 'second', '--download-limit', '20k')
      await ours.program.line('some progress', (line) => /"verified":[1-9]/.test(line), 60_000)
      await lab.call(['ip', 'address', 'del', `${OWN}/24`, 'dev', 'second'], 10_000)
      const said = (code: string): Promise<string> =>
        ours.program.line(code, (line) => line.includes(`"${code}"`), 30_000)
      assert.match(await said('network/address-gone'), /no more: nothing goes in or out by it/)
      await lab.call(['ip', 'address', 'add', `${OWN}/24`, 'dev', 'second'], 10_000)
      await said('network/address-back')
      assert.equal((await count.read()).other, before.other)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })

  it('is refused where there is no such interface, or an address besides', async () => {
    await scene(async ({ download }) => {
      for (const [options, sentence] of [
        [['--interface', 'third'], /There is no network interface "third"; there are lo, first, second\./],
        [['--interface', 'second', '--bind', OWN], /Bind to an interface or to addresses, not to both\./],
      ] as const) {
        const ours = download(...options)
        assert.equal((await ours.program.end(20_000)).code, 2)
        assert.match(ours.program.output(), sentence)
      }
    })
  })
})
