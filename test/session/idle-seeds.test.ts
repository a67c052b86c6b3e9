import assert from 'node:assert/strict'
import { it } from 'node:test'
import { PORT } from '../../sim/hosts/session-host.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { ManyTorrents } from './many-torrents.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const TORRENTS = 100
const HOUR = 60 * MINUTE

it('RS7: a session with 100 idle seeds wakes up less than once a second, and each peer that is connected costs some a minute', () => {
  const all = new ManyTorrents(TORRENTS, 64 * 1024)
  const router = all.join({ dht: true, listen: false })
  const dht = { dht: true, bootstrap: [{ host: router.host.host, port: PORT }] }
  for (let i = 0; i < 20; i++) all.join({ ...dht, listen: false })
  all.pass(MINUTE)
  const seeder = all.join(dht)
  for (let torrent = 0; torrent < TORRENTS; torrent++) seeder.add(torrent, 'seed')
  all.pass(10 * MINUTE)
  assert.equal(seeder.phases, 's'.repeat(TORRENTS))
  /** How often it wakes up in a second of the next hour. */
  const rate = (): number => {
    const before = seeder.wakeUps
    all.pass(HOUR)
    return (seeder.wakeUps - before) / (HOUR / SECOND)
  }
  const alone = rate()
  assert.ok(alone < 1, `${alone} a second`)
  for (const [torrent, { infoHash }] of all.payloads.entries()) {
    const peerId = new Uint8Array(20).fill(torrent)
    ScriptedPeer.join(all.world, { infoHash, peerId, dials: [seeder.host.address(PORT)] })
  }
  const together = rate()
  const connected = all.payloads.map((_, torrent) => seeder.progress(torrent)!.peers)
  assert.deepEqual(new Set(connected), new Set([1]))
  const each = ((together - alone) / TORRENTS) * 60
  assert.ok(each < 3, `${each} a minute`)
})
