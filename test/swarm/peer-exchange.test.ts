import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import type { NamedPeer } from '../../src/codec/peer-exchange.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { PeerExchange } from '../../src/swarm/peer-exchange.ts'
import type { PeerSlot } from '../../src/swarm/peer-slot.ts'
import { VirtualSwarm } from '../session/virtual-swarm.ts'

const at = (host: string, port = 6881): Address => parseAddress(host, port)!
const slotAt = (host: string): PeerSlot => ({ key: 1, peer: { address: at(host) } }) as unknown as PeerSlot

function accepted(from: string, added: NamedPeer[], seeding = false): string[] {
  const exchange = new PeerExchange(new Map())
  const named = exchange.accepted(0, slotAt(from), { added, dropped: [] }, seeding)
  return named.map(({ address }) => address.text)
}
const plain = (...addresses: Address[]): NamedPeer[] => addresses.map((address) => ({ address, flags: 0 }))

describe('addresses from peer exchange', () => {
  const odd = plain(at('8.1.1.1', 0), at('224.0.0.1'), at('127.0.0.1'), at('192.168.1.2'), at('8.1.1.2'))

  it('PX6: are of no narrower scope than who names them, and can be dialled', () => {
    assert.deepEqual(accepted('9.9.9.9', odd), ['8.1.1.2:6881'])
    assert.deepEqual(accepted('192.168.1.9', odd), ['192.168.1.2:6881', '8.1.1.2:6881'])
  })

  it('PX7: count once an IP and four times a /24 for each source; in narrower scopes ports count', () => {
    const ports = Array.from({ length: 50 }, (_, i) => at('8.1.1.1', 1000 + i))
    assert.equal(accepted('9.9.9.9', plain(...ports)).length, 1)
    const neighbours = Array.from({ length: 50 }, (_, i) => at(`8.1.1.${i + 1}`))
    assert.equal(accepted('9.9.9.9', plain(...neighbours)).length, 4)
    assert.equal(accepted('127.0.0.1', plain(at('127.0.0.1', 1000), at('127.0.0.1', 1001))).length, 2)
  })

  it('PX7: no source fills the list; PX8: who it drops makes room, and is not dialled', () => {
    const exchange = new PeerExchange(new Map())
    const slot = slotAt('9.9.9.9')
    const many = plain(...Array.from({ length: 250 }, (_, i) => at(`8.2.${i}.1`)))
    const take = (now: number, dropped: Address[] = []) =>
      exchange.accepted(now, slot, { added: many, dropped }, false).length
    assert.deepEqual([take(0), take(2 * MINUTE), take(4 * MINUTE)], [100, 100, 0])
    const dropped = [many[0]!.address, at('7.7.7.7')]
    assert.deepEqual(exchange.accepted(6 * MINUTE, slot, { added: [], dropped }, false), [])
    assert.equal(take(6 * MINUTE), 1)
  })

  it('PX10: seeds are left out while we seed, and unknown flags mean nothing', () => {
    const named = [2, 0x10, 0xe0].map((flags, i) => ({ address: at(`8.1.${i}.1`), flags }))
    assert.equal(accepted('9.9.9.9', named).length, 3)
    assert.deepEqual(accepted('9.9.9.9', named, true), ['8.1.1.1:6881', '8.1.2.1:6881'])
  })
})

describe('peer exchange in a swarm without a DHT', () => {
  it('PX11: two that know a third alone find each other', () => {
    const swarm = new VirtualSwarm({ length: 1 << 20 })
    const middle = swarm.join({ informed: true })
    const other = swarm.join({ informed: true, peers: [middle] })
    swarm.pass(5 * SECOND)
    const third = swarm.join({ peers: [middle] })
    const found = () => [...other.of('peer'), ...third.of('peer')].some(({ source }) => source === 'pex')
    swarm.until(found, 2 * MINUTE)
    swarm.until(() => other.progress.peers === 2 && third.progress.peers === 2, 30 * SECOND)
  })

  it('PX11: those who come after a long rest find each other too', () => {
    const swarm = new VirtualSwarm({ length: 1 << 20 })
    const middle = swarm.join({ informed: true })
    const other = swarm.join({ informed: true, peers: [middle] })
    swarm.pass(30 * MINUTE)
    assert.equal(other.progress.peers, 1)
    const third = swarm.join({ peers: [middle] })
    swarm.until(() => other.progress.peers === 2 && third.progress.peers === 2, 2 * MINUTE)
  })

  it('PX9: of a private torrent they do not', () => {
    const swarm = new VirtualSwarm({
      info: (payload) => {
        const { name, pieceLength, pieces, length } = parseInfo(payload.info, nodeCrypto)
        const bytes = encodeInfo({ name, pieceLength, pieces, length, private: true })
        return { bytes, infoHash: nodeCrypto.sha1(bytes) }
      },
    })
    const middle = swarm.join({ informed: true })
    const others = [1, 2].map(() => swarm.join({ informed: true }))
    for (const other of others) other.meet(middle)
    swarm.pass(5 * MINUTE)
    assert.deepEqual(
      [middle, ...others].map(({ progress }) => progress.peers),
      [2, 1, 1],
    )
  })
})
