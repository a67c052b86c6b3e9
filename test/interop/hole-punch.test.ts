/** Two hosts behind two real translators (network namespaces, nftables), which only a third one in the open has met. */
import { describe, it } from 'node:test'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { NatHome } from '../support/nat-home.ts'
import { SharedContent } from '../support/shared-content.ts'

const PORT = 6881
const WAIT = 120_000
/** A second that the seed gives: the relay must not be complete before the others have met, for it would part with the seed. */
const SEED_LIMIT = '3M'
/** And that our relay gives: what comes to the other end came through the hole. */
const RELAY_LIMIT = '2k'

/** A seed and a download, each behind a box, and one in the open; `network`: how they find each other, given an entry of a DHT there. */
async function meet(
  relay: (lab: Laboratory, content: SharedContent, host: string, entry: string) => Promise<void>,
  network: (host: string, entry: string) => readonly string[],
): Promise<void> {
  await Laboratory.run(async (lab) => {
    const [, , host] = await NatHome.lay(lab, 1, 2, 3)
    const content = await SharedContent.prepare(lab, '256k')
    const { entry } = await DhtNetwork.start(lab, 'own', '198.51.100.', 1, 2)
    await relay(lab, content, host!, entry)
    const start = async (home: NatHome, name: string, args: readonly string[]) => {
      const own = ['--no-lsd', '--bind', home.host, '--state', await lab.room(`${name}-state`)]
      return LodestoneProgram.start(home, name, [...args, ...own, ...network(host!, entry)])
    }
    const seed = ['seed', content.torrent, '--out', content.folder, '--upload-limit', SEED_LIMIT]
    await start(await NatHome.build(lab, 11), 'seed', seed)
    const out = await lab.room('out')
    const args = ['download', content.magnet, '--out', out]
    const ours = await start(await NatHome.build(lab, 12), 'download', args)
    const hasBoth = async () => ours.events('progress').some(({ peers }) => Number(peers) === 2)
    await until('the two have met', hasBoth, WAIT)
    await ours.event('done', WAIT)
    await content.assertArrived(out)
  })
}

describe('two of ours behind two translators', {
  skip: skipWithout('libtorrent') || skipWithout('nft'),
}, () => {
  it('find each other through the DHT, meet by way of one of ours in the open, and transfer', async () => {
    await meet(
      async (lab, content, host, entry) => {
        const limits = ['--upload-limit', RELAY_LIMIT, '--download-limit', RELAY_LIMIT, '--no-lsd']
        const place = ['--bind', host, '--bootstrap', entry, '--state', await lab.room('relay-state')]
        const args = ['download', content.torrent, '--out', await lab.room('relay'), ...limits, ...place]
        LodestoneProgram.start(lab, 'relay', args)
      },
      (_host, entry) => ['--bootstrap', entry],
    )
  })

  // libtorrent finds those alone who came over uTP.
  it('meet by way of libtorrent, the only one that they know, and transfer', async () => {
    await meet(
      async (lab, content, host) => {
        const libtorrent = await Libtorrent.start(lab, { host, port: PORT })
        libtorrent.fetch(content.magnet, await lab.room('relay'))
      },
      (host) => ['--no-dht', '--transport', 'utp', '--peer', `${host}:${PORT}`],
    )
  })
})
