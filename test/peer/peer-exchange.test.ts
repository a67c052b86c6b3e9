import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodePeerExchange, encodePeerExchange, type NamedPeer } from '../../src/codec/peer-exchange.ts'
import { parseAddress } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { EXTENDED, extended, HostilePeer, KEEP_ALIVE } from '../support/hostile-peer.ts'
import type { StationSetup } from '../support/peer-pair.ts'

/** What we take messages as, and what the remote does. */
const OURS = 3
const THEIRS = 5

const peerAt = (index: number, flags = 0): NamedPeer => {
  return { address: parseAddress(`8.${index >> 8}.${index & 255}.1`, 6881)!, flags }
}
const peers = (from: number, to: number): NamedPeer[] =>
  Array.from({ length: to - from }, (_, i) => peerAt(from + i))
const connected = (...named: NamedPeer[]) => new Map(named.map((peer) => [peer.address.text, peer]))
const added = (...named: NamedPeer[]): Uint8Array =>
  extended(OURS, encodePeerExchange({ added: named, dropped: [] }))

function introduced(setup: StationSetup = {}): HostilePeer {
  const remote = HostilePeer.greeted(EXTENDED, setup).send(extended(0, `d1:md6:ut_pexi${THEIRS}eee`))
  remote.events.length = 0
  return remote
}

/** Tells the remote; what it read of that: the id, who came, who left. */
function told(remote: HostilePeer, ...named: NamedPeer[]): [number, number[], number] | undefined {
  const { peer, now } = remote.station
  peer.ofOthers?.exchange.tell(now, peer.address, connected(...named))
  const [said] = remote.messages()
  if (said === undefined) return undefined
  const bytes = fromHex(said)!
  const message = decodePeerExchange(bytes.subarray(2), 1000)!
  return [bytes[1]!, message.added.map(({ flags }) => flags), message.dropped.length]
}

describe('messages of peer exchange that we send', () => {
  it('PX1: are a minute apart, say something, and name every one that was added once it is gone', () => {
    const remote = introduced()
    assert.equal(told(remote), undefined)
    assert.deepEqual(told(remote, peerAt(1, 0x10), peerAt(2, 2)), [THEIRS, [0x10, 2], 0])
    remote.stall(MINUTE - SECOND)
    assert.equal(told(remote, peerAt(1)), undefined)
    remote.stall(SECOND)
    assert.deepEqual(told(remote, peerAt(1)), [THEIRS, [], 1])
    remote.stall(MINUTE)
    assert.equal(told(remote, peerAt(1)), undefined)
  })

  it('PX1: hold fifty of either kind, the first one a hundred', () => {
    const remote = introduced()
    assert.equal(told(remote, ...peers(0, 160))![1].length, 100)
    remote.stall(MINUTE)
    assert.equal(told(remote, ...peers(0, 160))![1].length, 50)
    remote.send(KEEP_ALIVE).stall(MINUTE)
    assert.equal(told(remote)![2], 50)
  })

  it('PX2: leave out who came and went between two of them', () => {
    const remote = introduced()
    told(remote, peerAt(1))
    remote.seconds(20)
    told(remote, peerAt(1), peerAt(2))
    told(remote)
    remote.seconds(40)
    assert.equal(told(remote, peerAt(1)), undefined)
  })

  it('PX6, PX12: carry both families, and no address of narrower scope than the remote', () => {
    const six = { address: parseAddress('2001:db8::1', 6881)!, flags: 0 }
    const home = { address: parseAddress('192.168.1.2', 6881)!, flags: 0 }
    assert.deepEqual(told(introduced(), home, six, peerAt(1)), [THEIRS, [0, 0], 0])
  })

  it('EX3: end when the remote disables them, and go on under the id of a later handshake', () => {
    const remote = introduced().send(extended(0, 'd1:md6:ut_pexi0eee'))
    assert.equal(told(remote, peerAt(1)), undefined)
    remote.send(extended(0, 'd1:md6:ut_pexi7eee'))
    assert.deepEqual(told(remote, peerAt(1)), [7, [0], 0])
  })

  it('PX9, EX16: are none for a private torrent, which does not offer nor read them', () => {
    const setup = { terms: { private: true } }
    const fresh = new HostilePeer(setup)
    const remote = introduced(setup)
    assert.doesNotMatch(Buffer.from(fresh.heard(), 'hex').toString('latin1'), /ut_pex|ut_metadata/)
    assert.equal(told(remote, peerAt(1)), undefined)
    remote.send(added(peerAt(1)))
    assert.deepEqual([remote.events, remote.station.peer.counters.unknown], [[], 1])
  })
})

describe('messages of peer exchange that we receive', () => {
  it('PX3: count for their whole entries; the second that ends amid one is a strike', () => {
    const ragged = extended(OURS, 'd5:added8:\u0008\u0001\u0001\u0001\u001a\u00e1xxe')
    const remote = introduced().send(ragged)
    assert.deepEqual(remote.events, ['peersNamed +8.1.1.1:6881/0'])
    assert.equal(remote.station.peer.counters.peersIgnored, 1)
    assert.equal(remote.send(ragged).ending, 'wire/bad-peers-message strike')
  })

  for (const [flags, expected] of [
    ['', 0],
    ['7:added.f0:', 0],
    ['7:added.f3:\u0012ab', 0x12],
  ] as const) {
    it(`PX4: may have more or fewer flags than entries (${JSON.stringify(flags)})`, () => {
      const entry = '\u0008\u0001\u0001\u0001\u001a\u00e1'
      const remote = introduced().send(extended(OURS, `d5:added6:${entry}${flags}e`))
      assert.deepEqual(remote.events, [`peersNamed +8.1.1.1:6881/${expected}`])
    })
  }

  it('PX5: above 500 KiB close before they have come', () => {
    const remote = introduced().send(extended(OURS, new Uint8Array(500 * 1024 + 1)).subarray(0, 6))
    assert.equal(remote.ending, 'wire/peers-message-too-long close')
  })

  it('PX5: count for a hundred entries, then for fifty; the sixth within a minute closes', () => {
    const remote = introduced()
    for (let i = 0; i < 5; i++) remote.send(added(...peers(0, 10_000))).seconds(1)
    assert.deepEqual(
      remote.events.map((event) => event.split(' ').length - 1),
      [100, 50, 50, 50, 50],
    )
    assert.equal(remote.ending, undefined)
    assert.equal(remote.send(added(peerAt(1))).ending, 'wire/flood-peers close')
  })
})
