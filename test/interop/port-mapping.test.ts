import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Outside } from '../support/outside.ts'

const ROUTER = '10.80.0.2'
const WAN = '60.1.2.3'

/** What miniupnpd keeps its rules in. */
const CHAINS = `table inet filter {
  chain miniupnpd {}
  chain prerouting_miniupnpd {}
  chain postrouting_miniupnpd {}
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; oifname "wan" masquerade; }
}`

/** A node behind a router that runs miniupnpd, and the router's rules of that moment. */
async function behindRouter(
  protocols: { readonly pcp: boolean; readonly upnp: boolean },
  body: (start: () => Promise<LodestoneProgram>, rules: () => Promise<string>) => Promise<void>,
): Promise<void> {
  await Laboratory.run(async (lab) => {
    const outside = await Outside.join(lab, [{ name: 'cable', inside: '10.80.0.1', outside: [ROUTER] }])
    const call = async (command: readonly string[]): Promise<string> => {
      const program = outside.start(command[0]!, command)
      await program.success(10_000)
      return program.output()
    }
    const wan = `ip link add wan type veth peer name far && ip address add ${WAN}/24 dev wan && ip link set wan up && ip link set far up`
    await call(['sh', '-c', `${wan} && ip route add default dev wan && ip route add 224.0.0.0/4 dev cable`])
    await call(['nft', CHAINS])
    const config = join(lab.folder, 'miniupnpd.conf')
    const yes = (is: boolean): string => (is ? 'yes' : 'no')
    const lines = [
      ...['ext_ifname=wan', `ext_ip=${WAN}`, 'listening_ip=cable', 'port=5000', 'secure_mode=yes'],
      ...[`enable_natpmp=${yes(protocols.pcp)}`, `enable_upnp=${yes(protocols.upnp)}`],
      ...[
        'uuid=d65ade5e-06ba-4755-aa89-301119bea27d',
        'allow 1024-65535 10.80.0.0/24 1024-65535',
        'deny 0-65535 0.0.0.0/0 0-65535',
      ],
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    const daemon = outside.start('miniupnpd', [
      'miniupnpd',
      '-d',
      '-f',
      config,
      '-P',
      join(lab.folder, 'pid'),
    ])
    await daemon.line('its first word', (line) => /listening|HTTP/i.test(line), 10_000)
    const state = await lab.room('state')
    const start = async (): Promise<LodestoneProgram> => {
      const node = LodestoneProgram.start(lab, 'node', [
        'node',
        '--state',
        state,
        '--bootstrap',
        'none',
        '--port',
        '7777',
      ])
      await node.event('listening', 30_000)
      return node
    }
    await body(start, () => call(['nft', 'list', 'table', 'inet', 'filter']))
  })
}

describe('a gateway (miniupnpd)', { skip: skipWithout('miniupnpd', 'nft') }, () => {
  for (const [name, protocols] of [
    ['PCP', { pcp: true, upnp: false }],
    ['UPnP', { pcp: false, upnp: true }],
  ] as const) {
    it(`maps our port of both protocols by ${name}, and no more once we have left`, async () => {
      await behindRouter(protocols, async (start, rules) => {
        const node = await start()
        // Protocols by their numbers, of which nft makes no words here.
        const mapped = async (): Promise<string[]> => {
          const found = (await rules()).matchAll(/0x(6|11) th dport 7777 dnat ip to 10\.80\.0\.1:7777/g)
          return [...found].map(([, protocol]) => (protocol === '6' ? 'tcp' : 'udp')).sort()
        }
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
