import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeHashMessage, type HashRequest } from '../../src/codec/hash-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { NODE_LENGTH } from '../../src/core/merkle.ts'
import { ALL_BITS, HostilePeer, handshake, hex, message, PREFIX, uint32 } from '../support/hostile-peer.ts'
import { INFO_HASH, OWN_ID } from '../support/peer-pair.ts'

/** Version 2, as it goes over the wire. */
const V2 = new Uint8Array(20).fill(0x72)
/** All that we say, and that of a hybrid we know the other hash. */
const HYBRID_BITS = '0000000000100015'
const ROOT = new Uint8Array(NODE_LENGTH).fill(0x11)

const request = (index: number, length = 4, proofs = 0): HashRequest => {
  return { root: ROOT, base: 0, index, length, proofs }
}
const asking = (index: number, length = 4): Uint8Array =>
  message(21, encodeHashMessage(request(index, length)))
const nodes = (count: number): Uint8Array => new Uint8Array(NODE_LENGTH * count).fill(5)

/** A message as `messages` shows it. */
const said = (id: number, payload: Uint8Array): string => toHex(message(id, payload)).slice(8)

/** A remote that both hashes are known with. */
const second = (): HostilePeer => {
  const remote = new HostilePeer({ terms: { infoHash: V2, v2Hash: V2 } }).send(handshake(ALL_BITS, V2))
  assert.equal(remote.station.peer.remote.v2, true)
  remote.heard()
  remote.events.length = 0
  return remote
}

describe('the handshake of a hybrid torrent', () => {
  const greeting = (bits: string, hash: Uint8Array): string =>
    `${PREFIX}${bits}${toHex(hash)}${toHex(OWN_ID)}`
  const terms = { v2Hash: V2 }

  it('HS17: that we dial by the old hash says that we know the new one, by which it may be answered', () => {
    const remote = new HostilePeer({ outgoing: true, terms })
    assert.equal(remote.heard(), greeting(HYBRID_BITS, INFO_HASH))
    remote.send(handshake(ALL_BITS, V2))
    assert.deepEqual(remote.events, ['ready'])
    assert.equal(remote.station.peer.remote.v2, true)
  })

  it('HS17: that is answered by the old hash stays with that', () => {
    const remote = new HostilePeer({ outgoing: true, terms }).send(handshake(HYBRID_BITS, INFO_HASH))
    assert.deepEqual(remote.events, ['ready'])
    assert.equal(remote.station.peer.remote.v2, false)
  })

  it('HS17: dialled by the new hash is not to be answered by the old one', () => {
    const remote = new HostilePeer({ outgoing: true, terms: { infoHash: V2, v2Hash: V2 } })
    remote.send(handshake(HYBRID_BITS, INFO_HASH))
    assert.equal(remote.ending, 'wire/wrong-torrent close')
  })

  it('HS17: that names the old hash and knows the new one is answered by this', () => {
    const remote = new HostilePeer({ terms }).send(handshake(HYBRID_BITS, INFO_HASH))
    assert.equal(remote.heard().slice(0, 136), greeting(HYBRID_BITS, V2))
    assert.equal(remote.station.peer.remote.v2, true)
  })

  it('HS17: that names the old hash alone is answered by it', () => {
    const remote = new HostilePeer({ terms }).send(handshake(ALL_BITS, INFO_HASH))
    assert.equal(remote.heard().slice(0, 136), greeting(HYBRID_BITS, INFO_HASH))
    assert.equal(remote.station.peer.remote.v2, false)
  })

  it('HS17: of a torrent of version 1 passes the bit over', () => {
    const remote = new HostilePeer().send(handshake(HYBRID_BITS))
    assert.equal(remote.heard().slice(0, 136), greeting(ALL_BITS, INFO_HASH))
    assert.deepEqual(remote.events, ['ready'])
    assert.equal(remote.station.peer.remote.v2, false)
  })
})

describe('hash requests on one connection (BEP 52)', () => {
  it('V8: are handed on one at a time, and answered by hashes or a reject', () => {
    const remote = second().send(asking(0), asking(4))
    assert.deepEqual(remote.events, ['hashes-requested 0 0 4 0'])
    const { peer, now } = remote.station
    peer.hashes!.answer(now, request(0), nodes(4))
    remote.station.settle()
    peer.hashes!.answer(now, request(4), undefined)
    remote.station.settle()
    assert.deepEqual(remote.events, ['hashes-requested 0 0 4 0', 'hashes-requested 0 4 4 0'])
    assert.deepEqual(remote.messages(), [
      said(22, encodeHashMessage(request(0), nodes(4))),
      said(23, encodeHashMessage(request(4))),
    ])
  })

  it('V8: beyond a queue are rejected, and end the connection of who reads none of it', () => {
    const remote = second()
    for (let nth = 0; nth < 65; nth++) remote.send(asking(4 * nth))
    assert.equal(remote.messages().length, 0)
    remote.send(asking(4 * 65))
    assert.deepEqual(remote.messages(), [said(23, encodeHashMessage(request(4 * 65)))])
    remote.station.drains = false
    for (let nth = 0; nth < 1_000 && remote.ending === undefined; nth++) remote.send(asking(4 * nth))
    assert.equal(remote.ending, 'wire/not-reading strike')
  })

  it('are no more than a few at a time, each once', () => {
    const remote = second()
    const { peer, now } = remote.station
    assert.equal(peer.hashes!.request(now, request(0)), true)
    assert.equal(peer.hashes!.request(now, request(0)), false)
    for (let nth = 1; nth < 8; nth++) assert.equal(peer.hashes!.request(now, request(4 * nth)), true)
    assert.equal(peer.hashes!.request(now, request(32)), false)
    remote.send(message(23, encodeHashMessage(request(4))))
    assert.equal(peer.hashes!.request(now, request(32)), true)
    assert.deepEqual(remote.events, ['hashes-rejected 4 4'])
  })

  it('are not made of who does not know the new hash, and are unknown to it', () => {
    const remote = HostilePeer.greeted()
    const { peer, now } = remote.station
    assert.equal(peer.hashes!.request(now, request(0)), false)
    remote.send(asking(0), message(22, uint32(1)), message(23))
    assert.equal(remote.ending, undefined)
    assert.equal(peer.counters.unknown, 3)
    assert.deepEqual(remote.events, [])
  })

  it('V9: hashes that came as asked are handed on', () => {
    const remote = second()
    const { peer, now } = remote.station
    peer.hashes!.request(now, request(8, 8, 5))
    // Of five layers above two follow from eight hashes.
    remote.send(message(22, encodeHashMessage(request(8, 8, 5), nodes(8 + 3))))
    assert.deepEqual(remote.events, [`hashes-given 8 8 ${11 * NODE_LENGTH}`])
  })

  for (const [what, bytes, ending] of [
    [
      'hashes that nobody asked for',
      message(22, encodeHashMessage(request(4), nodes(4))),
      'unrequested-hashes',
    ],
    ['a reject of what nobody asked for', message(23, encodeHashMessage(request(4))), 'unrequested-hashes'],
    ['one hash too few', message(22, encodeHashMessage(request(0), nodes(3))), 'bad-hashes'],
    ['one hash too many', message(22, encodeHashMessage(request(0), nodes(5))), 'bad-hashes'],
    [
      'half a hash more',
      message(22, encodeHashMessage(request(0), nodes(5).subarray(16))),
      'bad-length-hashes',
    ],
    ['no hash at all', message(22, encodeHashMessage(request(0))), 'bad-length-hashes'],
    ['a head that is cut off', message(22, encodeHashMessage(request(0)).subarray(1)), 'bad-length-hashes'],
    ['more than any tree has', message(22, encodeHashMessage(request(0), nodes(577))), 'bad-length-hashes'],
    ['a request that is too short', message(21, hex('00'.repeat(47))), 'bad-length-hashes'],
    ['a reject that is too long', message(23, hex('00'.repeat(49))), 'bad-length-hashes'],
  ] as const) {
    it(`V9, FR6: ${what} closes`, () => {
      const remote = second()
      remote.station.peer.hashes!.request(remote.station.now, request(0))
      remote.send(bytes)
      assert.equal(remote.ending, `wire/${ending} close`)
      assert.deepEqual(
        remote.events.filter((event) => event.startsWith('hashes')),
        [],
      )
    })
  }
})
