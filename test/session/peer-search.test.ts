import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { MINUTE } from '../../src/core/time.ts'
import type { Transport } from '../../src/session/options.ts'
import { PeerSearch } from '../../src/session/peer-search.ts'
import type { Mapped } from '../../src/session/port-mapping.ts'
import type { Publishing } from '../../src/session/publishing.ts'
import type { TorrentDriverInit } from '../../src/session/torrent-driver-init.ts'
import { address } from '../support/virtual-dht.ts'
import { LoneTorrent } from '../swarm/lone-torrent.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

describe('the search for peers', () => {
  it('finds a seed, and announces nothing of a session that takes no peers', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const seed = swarm.join({ mode: 'seed' })
    swarm.pass(MINUTE)
    const mute = swarm.join({ session: { listen: false } })
    swarm.until(() => mute.of('done').length > 0)
    swarm.pass(20 * MINUTE)
    seed.host.command({ kind: 'lookup', lookup: 7, target: swarm.infoHash, want: 'peers' })
    swarm.pass(MINUTE)
    const named = seed.of('lookup-peers').flatMap(({ peers }) => peers)
    assert.deepEqual(
      named.map(({ text }) => text),
      [seed.address.text],
    )
  })

  it('announces over IPv4 the port of the gateway, else that which all see, as it is at each time, and over IPv6 our own', () => {
    const session: { listen: boolean; transport: Transport } = { listen: true, transport: 'both' }
    const asked: ((family: 4 | 6) => number)[] = []
    let mapped: Mapped | undefined
    const seen: Address[] = []
    const publish = (_now: number, _hash: Uint8Array, port: (family: 4 | 6) => number): Publishing => {
      asked.push(port)
      return { stop() {} }
    }
    const init = {
      ...{
        dht: { publish, external: seen },
        source: { infoHash: new Uint8Array(20) },
        port: 6881,
        mapped: () => mapped,
      },
      ...{ session, options: { mode: 'download' } },
    } as unknown as TorrentDriverInit
    new PeerSearch(init, new LoneTorrent().torrent).begin(0)
    const ports = (): number[] => [asked[0]!(4), asked[0]!(6)]
    assert.deepEqual(ports(), [6881, 6881])
    mapped = { tcp: 40_000, udp: 6881, address: undefined }
    assert.deepEqual(ports(), [40_000, 6881])
    mapped = { tcp: undefined, udp: 6881, address: undefined }
    assert.deepEqual(ports(), [6881, 6881])
    seen.push(address('60.1.1.1', 0))
    assert.deepEqual(ports(), [6881, 6881])
    seen[0] = address('60.1.1.1', 1024)
    assert.deepEqual(ports(), [1024, 6881])
    session.transport = 'tcp'
    assert.deepEqual(ports(), [6881, 6881])
    session.transport = 'both'
    mapped = { tcp: 40_000, udp: 6881, address: undefined }
    assert.deepEqual(ports(), [40_000, 6881])
  })

  it('announces the port that all see of who is behind a translator that keeps none', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const [seed] = [1, 2, 3, 4].map(() => swarm.join({ mode: 'seed' }))
    swarm.pass(MINUTE)
    const nat = swarm.world.addNat({ mapping: 'none', filtering: 'address-and-port', preserve: false })
    swarm.join({ nat, session: { transport: 'both' } })
    swarm.pass(MINUTE)
    seed!.host.command({ kind: 'lookup', lookup: 7, target: swarm.infoHash, want: 'peers' })
    swarm.pass(MINUTE)
    const hidden = seed!
      .of('lookup-peers')
      .flatMap(({ peers }) => peers.filter(({ host }) => host === nat.host))
    // What it has announced before they had told it is kept for a while as well.
    assert.ok(hidden.some(({ port }) => port === 1024))
  })

  it('goes on while nobody is connected, so a seed that comes late is found soon', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const early = [true, false].map((listen) => swarm.join({ session: { listen } }))
    swarm.pass(5 * MINUTE)
    swarm.join({ mode: 'seed' })
    swarm.until(() => early.every((member) => member.of('done').length > 0), 2 * MINUTE)
  })
})
