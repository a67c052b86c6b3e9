/**
 * Two hosts behind two real translators (network namespaces, nftables), which only a third one in the open has met. Boxes let in nobody
 * whom their host has not sent to, and dials from both sides at once punch holes too, whoever arranges them. So the target must not
 * hear of the caller but by the relay's `connect`: either it takes no peer exchange, or it was told of a fourth peer within the minute.
 */
import assert from 'node:assert/strict'
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
/** Milliseconds between two messages of peer exchange to the same peer (BEP 11). */
const EXCHANGE = 60_000
/** A second that the seed gives: the relay must not be complete before the others have met, for it would part with the seed. */
const SEED_LIMIT = '3M'
/** And that others between them give and take: what comes to the other end came through the hole. */
const LIMITS = ['--upload-limit', '2k', '--download-limit', '2k']
const ALONE = ['--no-dht', '--no-lsd']

/** Three places to be: in the open, and behind two boxes. */
class Scene {
  readonly content: SharedContent
  readonly caller: NatHome
  readonly target: NatHome
  readonly #lab: Laboratory
  readonly #open: readonly string[]

  private constructor(
    lab: Laboratory,
    open: readonly string[],
    content: SharedContent,
    caller: NatHome,
    target: NatHome,
  ) {
    this.#lab = lab
    this.#open = open
    this.content = content
    this.caller = caller
    this.target = target
  }

  static run(experiment: (scene: Scene) => Promise<void>): Promise<void> {
    return Laboratory.run(async (lab) => {
      const open = await NatHome.lay(lab, 1, 2)
      const content = await SharedContent.prepare(lab, '256k')
      await experiment(
        new Scene(lab, open, content, await NatHome.build(lab, 11), await NatHome.build(lab, 12)),
      )
    })
  }

  get relay(): string {
    return this.#open[0]!
  }

  room(name: string): Promise<string> {
    return this.#lab.room(name)
  }

  /** Knows nobody. */
  async libtorrent(at: 'relay' | NatHome): Promise<Libtorrent> {
    const [lab, host] = at === 'relay' ? [this.#lab, this.relay] : [at, at.host]
    const libtorrent = await Libtorrent.start(lab, { host, port: PORT })
    libtorrent.tellPunching()
    return libtorrent
  }

  /** One of ours in the open: the relay, or the fourth, who knows it. */
  async between(which: 'relay' | 'fourth'): Promise<LodestoneProgram> {
    const host = this.#open[which === 'relay' ? 0 : 1]!
    const args = ['download', this.content.torrent, '--out', await this.#lab.room(which), ...LIMITS, ...ALONE]
    // The fourth has no place for anybody else, whom it would tell of others.
    const known = which === 'relay' ? [] : ['--max-peers', '1', '--peer', `${this.relay}:${PORT}`]
    const place = ['--bind', host, '--state', await this.#lab.room(`${which}-state`)]
    const ours = LodestoneProgram.start(this.#lab, which, [...args, ...known, ...place])
    await ours.event('listening', 30_000)
    return ours
  }

  /** Ours behind a box, who knows the relay, or who is named instead. */
  async ours(home: NatHome, args: readonly string[], known: string = this.relay): Promise<LodestoneProgram> {
    const name = args[0]!
    const place = ['--bind', home.host, '--state', await this.#lab.room(`${name}-state`)]
    return LodestoneProgram.start(home, name, [...args, '--peer', `${known}:${PORT}`, ...ALONE, ...place])
  }

  seed(...more: string[]): Promise<LodestoneProgram> {
    const { torrent, folder } = this.content
    return this.ours(this.target, ['seed', torrent, '--out', folder, '--upload-limit', SEED_LIMIT, ...more])
  }

  /** The caller of ours, who fetches the content into `out`. */
  async download(known?: string, ...more: string[]): Promise<{ ours: LodestoneProgram; out: string }> {
    const out = await this.room('out')
    const ours = await this.ours(this.caller, ['download', this.content.magnet, '--out', out, ...more], known)
    return { ours, out }
  }

  /** Has the relay tell the target of somebody else. */
  async occupy(target: LodestoneProgram): Promise<void> {
    await target.progress('peers', 1, 30_000)
    await this.between('fourth')
    await target.peer(this.#open[1]!, 90_000)
  }

  /** Only a `connect` can have told the target of the caller so soon. */
  async assertCalled(target: LodestoneProgram): Promise<void> {
    const told = await target.peer(this.#open[1]!, 0)
    const called = await target.peer(this.caller.outside, WAIT)
    assert.ok(
      called.at - told.at < EXCHANGE,
      `called ${called.at - told.at} ms after it was told of the fourth`,
    )
  }
}

const needs = skipWithout('libtorrent') || skipWithout('nft')

describe('two behind two translators, whom a third one tells of each other', { skip: needs }, () => {
  it('do not meet by dialling alone', async () => {
    await Scene.run(async (scene) => {
      await scene.between('relay')
      const target = await scene.seed()
      await target.progress('peers', 1, 30_000)
      const { ours } = await scene.download(scene.target.outside)
      const why = async () => ours.events('why').some(({ code }) => code === 'unreachable')
      await until('the caller has dialled in vain', why, WAIT)
    })
  })

  it('find each other through the DHT, meet by way of one of ours, and transfer', async () => {
    await Laboratory.run(async (lab) => {
      const [, , host] = await NatHome.lay(lab, 1, 2, 3)
      const content = await SharedContent.prepare(lab, '256k')
      const { entry } = await DhtNetwork.start(lab, 'own', '198.51.100.', 1, 2)
      const start = async (
        home: Pick<Laboratory, 'start'>,
        name: string,
        at: string,
        args: readonly string[],
      ) => {
        const place = ['--no-lsd', '--bind', at, '--state', await lab.room(`${name}-state`)]
        return LodestoneProgram.start(home, name, [...args, ...place, '--bootstrap', entry])
      }
      const copy = ['download', content.torrent, '--out', await lab.room('relay'), ...LIMITS]
      await start(lab, 'relay', host!, copy)
      const [near, far] = [await NatHome.build(lab, 11), await NatHome.build(lab, 12)]
      const seed = ['seed', content.torrent, '--out', content.folder, '--upload-limit', SEED_LIMIT]
      await start(near, 'seed', near.host, seed)
      const out = await lab.room('out')
      const ours = await start(far, 'download', far.host, ['download', content.magnet, '--out', out])
      await ours.progress('peers', 2, WAIT)
      await ours.event('done', WAIT)
      await content.assertArrived(out)
    })
  })

  // libtorrent knows no other place of a peer than where its packets come from, so it must be met over uTP.
  it('meet by way of libtorrent, who passes on what one of ours asks it, and transfer', async () => {
    await Scene.run(async (scene) => {
      const { caller, target, content } = scene
      const libtorrent = await scene.libtorrent('relay')
      libtorrent.limit(16_384)
      libtorrent.fetchFile(content.torrent, await scene.room('relay'), scene.relay, 1)
      const called = await scene.seed('--transport', 'utp')
      await scene.occupy(called)
      const { ours, out } = await scene.download(scene.relay, '--transport', 'utp')
      await ours.progress('punched', 1, WAIT)
      await called.progress('punched', 1, WAIT)
      await scene.assertCalled(called)
      await libtorrent.punching('<==', caller.outside, 'rendezvous', target.outside)
      await libtorrent.punching('==>', caller.outside, 'connect', target.outside)
      await libtorrent.punching('==>', target.outside, 'connect', caller.outside)
      await ours.event('done', WAIT)
      await content.assertArrived(out)
    })
  })

  it('meet by way of one of ours, who calls libtorrent for one of ours, and transfer', async () => {
    await Scene.run(async (scene) => {
      const { caller, target, content, relay } = scene
      const between = await scene.between('relay')
      const libtorrent = await scene.libtorrent(target)
      libtorrent.exchangeNothing()
      await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0)
      libtorrent.dial(relay, PORT)
      await between.progress('peers', 1, WAIT)
      const { ours, out } = await scene.download()
      await libtorrent.punching('<==', relay, 'connect', caller.outside)
      await ours.progress('punched', 1, WAIT)
      await ours.event('done', WAIT)
      await content.assertArrived(out)
    })
  })

  it('meet by way of one of ours, whom libtorrent asks to call one of ours, and transfer', async () => {
    await Scene.run(async (scene) => {
      const { caller, target, content, relay } = scene
      await scene.between('relay')
      const called = await scene.seed()
      await scene.occupy(called)
      const libtorrent = await scene.libtorrent(caller)
      // It asks once TCP has failed, and that must not take until the target hears of it otherwise.
      libtorrent.patience(3)
      const out = await scene.room('out')
      libtorrent.fetchFile(content.torrent, out, relay, PORT)
      await libtorrent.punching('==>', relay, 'rendezvous', target.outside)
      await libtorrent.punching('<==', relay, 'connect', target.outside)
      await called.progress('punched', 1, WAIT)
      await scene.assertCalled(called)
      await libtorrent.complete(content.infoHash, WAIT)
      await content.assertArrived(out)
    })
  })
})
