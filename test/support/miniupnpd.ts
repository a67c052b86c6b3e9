import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'
import type { Outside } from './outside.ts'

export interface MiniupnpdPlace {
  /** The interfaces to the inside, and to the outside with its address. */
  readonly lan: string
  readonly wan: string
  readonly address: string
  /** Of those inside, as a network. */
  readonly served: string
  readonly pcp: boolean
  readonly upnp: boolean
}

/** The chains that it wants to find, for traffic that is let through and translated. */
const CHAINS = `table inet filter {
  chain miniupnpd {}
  chain prerouting_miniupnpd {}
  chain postrouting_miniupnpd {}
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 99; jump postrouting_miniupnpd; }
}`

/** Starts miniupnpd on a router; its rules are in the table `inet filter`. */
export async function miniupnpd(lab: Laboratory, router: Outside, place: MiniupnpdPlace): Promise<void> {
  await lab.call(router.inside(['nft', CHAINS]), 10_000)
  await lab.call(router.inside(['ip', 'route', 'add', '224.0.0.0/4', 'dev', place.lan]), 10_000)
  const yes = (is: boolean): string => (is ? 'yes' : 'no')
  const config = join(lab.folder, 'miniupnpd.conf')
  const lines = [
    ...[`ext_ifname=${place.wan}`, `ext_ip=${place.address}`, `listening_ip=${place.lan}`, 'port=5000'],
    ...[`enable_natpmp=${yes(place.pcp)}`, `enable_upnp=${yes(place.upnp)}`, 'secure_mode=yes'],
    'uuid=d65ade5e-06ba-4755-aa89-301119bea27d',
    `allow 1024-65535 ${place.served} 1024-65535`,
    'deny 0-65535 0.0.0.0/0 0-65535',
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  const daemon = router.start('miniupnpd', ['miniupnpd', '-d', '-f', config, '-P', join(lab.folder, 'pid')])
  await daemon.line('its first word', (line) => /listening|HTTP/i.test(line), 10_000)
}
