import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { Payload } from '../../sim/payload/payload.ts'
import { MINUTE } from '../../src/core/time.ts'
import type { SessionEvent } from '../../src/session/events.ts'

describe('a torrent of a session', () => {
  it('HS10 does not take the session itself for a peer when the DHT names it', () => {
    const world = new World({ seed: 1 })
    const payload = new Payload({ seed: 1, name: 'payload.bin', length: 65_536, pieceLength: 16_384 })
    const [router, seed] = [world.addHost(), world.addHost()]
    bootSession(router, 0, { bootstrap: [] }, () => {})
    seed.disk.volume(payload.storeSpec('/torrents')).fill(payload)
    const events: SessionEvent[] = []
    bootSession(seed, 0, { bootstrap: [{ host: router.host, port: PORT }] }, (event) => events.push(event))
    const { info: metadata, infoHash, name } = payload
    seed.command({
      kind: 'add',
      torrent: 1,
      source: { infoHash, metadata, name, peers: [], nodes: [] },
      options: { out: '/torrents', mode: 'seed', overwrite: false, recheck: false, maxPeers: 50 },
    })
    seed.command({ kind: 'lookup', lookup: 7, target: infoHash, want: 'peers' }, MINUTE)
    world.run(2 * MINUTE)
    const named = events.flatMap((event) => (event.kind === 'lookup-peers' ? event.peers : []))
    assert.deepEqual(
      named.map(({ text }) => text),
      [seed.address(PORT).text],
    )
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'peer'),
      [],
    )
    assert.equal(world.streams.opened, 0)
  })
})
