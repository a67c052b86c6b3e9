import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import {
  ALL_BITS,
  EXTENDED,
  FAST,
  HAVE_ALL,
  HAVE_NONE,
  HostilePeer,
  handshake,
  hex,
  message,
  PLAIN,
  PREFIX,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { address, bits, fullBits, GEOMETRY, INFO_HASH, OWN_ID, REMOTE_ID } from '../support/peer-pair.ts'

const OURS = `${PREFIX}${ALL_BITS}${toHex(INFO_HASH)}${toHex(OWN_ID)}`

describe('the handshake', () => {
  it('HS1: is answered with 68 bytes, and the remote is known', () => {
    const remote = new HostilePeer().send(handshake())
    assert.equal(remote.heard().slice(0, 136), OURS)
    assert.deepEqual(remote.events, ['ready'])
    const { peerId, extended, fast, dht } = remote.station.peer.remote
    assert.deepEqual([toHex(peerId), extended, fast, dht], [toHex(REMOTE_ID), true, true, true])
  })

  it('HS2: comes in any cut, byte by byte included', () => {
    for (let first = 1; first < 68; first++) {
      assert.deepEqual(new HostilePeer().sendSplit(handshake(), first, 68).events, ['ready'])
    }
    assert.deepEqual(new HostilePeer().sendSplit(handshake(), 1).events, ['ready'])
  })

  it('HS3: may be followed by messages in the same chunk, the last one cut', () => {
    const remote = new HostilePeer()
    remote.send(handshake(FAST), HAVE_ALL, UNCHOKE, message(17, uint32(2)).subarray(0, 7))
    assert.deepEqual(remote.events, ['ready', 'pieces 0 4', 'unchoked'])
    remote.send(message(17, uint32(2)).subarray(7))
    assert.deepEqual(remote.events.slice(3), ['allowedFast 2'])
  })

  const strangers: [string, Uint8Array, number][] = [
    ['HS4: first byte 0', Uint8Array.of(0), 1],
    ['HS4: first byte 18', Uint8Array.of(18), 1],
    ['HS4: first byte 255', Uint8Array.of(255), 1],
    ['HS4: another text of 19 bytes', concatBytes([Uint8Array.of(19), latin1('BitTorrent protocoX')]), 20],
    ['HS21: TLS ClientHello', hex('16030100'), 1],
    ['HS21: HTTP', latin1('GET / HTTP/1.1\r\n'), 1],
    ['HS21: SSH', latin1('SSH-2.0-OpenSSH'), 1],
  ]
  for (const [name, bytes, at] of strangers) {
    it(`${name}: closed at the first wrong byte, nothing sent`, () => {
      const remote = new HostilePeer()
      for (let i = 0; i < at; i++) {
        assert.equal(remote.ending, undefined)
        remote.send(bytes.subarray(i, i + 1))
      }
      assert.equal(remote.ending, 'wire/bad-protocol')
      assert.equal(remote.station.closed, 'reset')
      assert.equal(remote.heard(), '')
    })
  }

  it('HS5: for an unknown torrent is not answered', () => {
    const remote = new HostilePeer({ stranger: true }).send(handshake())
    assert.equal(remote.ending, 'wire/unknown-torrent')
    assert.equal(remote.heard(), '')
  })

  it('HS6: for another torrent than ours closes', () => {
    const remote = new HostilePeer({ outgoing: true }).send(handshake(ALL_BITS, new Uint8Array(20)))
    assert.equal(remote.ending, 'wire/wrong-torrent close')
  })

  it('HS7: is answered once the hash is known, before the peer id', () => {
    const remote = new HostilePeer().send(handshake().subarray(0, 47))
    assert.equal(remote.heard(), '')
    remote.send(handshake().subarray(47, 48))
    assert.equal(remote.heard(), OURS)
    assert.deepEqual(remote.events, [])
    assert.deepEqual(remote.send(handshake().subarray(48)).events, ['ready'])
  })

  it('HS8: that stops is given up after 10 s', () => {
    for (const length of [0, 10, 48, 67]) {
      const remote = new HostilePeer({ outgoing: true }).send(handshake().subarray(0, length))
      assert.equal(remote.stall(10 * SECOND - 1).ending, undefined)
      assert.equal(remote.stall(1).ending, 'wire/timeout-handshake close')
    }
  })

  it('HS9: has an absolute deadline, whatever drips in', () => {
    const remote = new HostilePeer({ outgoing: true })
    remote.send(handshake().subarray(0, 1)).seconds(9)
    remote.send(handshake().subarray(1, 2)).seconds(1)
    assert.equal(remote.ending, 'wire/timeout-handshake close')
  })

  it('HS10: with our own peer id is recognised on both sides', () => {
    for (const outgoing of [true, false]) {
      const remote = new HostilePeer({ outgoing }).send(handshake(ALL_BITS, INFO_HASH, OWN_ID))
      assert.equal(remote.ending, 'wire/self close')
    }
  })

  it('HS10, HS16: compares with the id of this torrent alone', () => {
    const terms = { ownPeerId: new Uint8Array(20).fill(7) }
    const remote = new HostilePeer({ outgoing: true, terms })
    assert.equal(remote.heard().slice(96), toHex(terms.ownPeerId))
    assert.deepEqual(remote.send(handshake(ALL_BITS, INFO_HASH, OWN_ID)).events, ['ready'])
  })

  it('HS13: with another peer id than promised closes, and with the promised one does not', () => {
    const terms = { peerId: REMOTE_ID }
    assert.deepEqual(new HostilePeer({ outgoing: true, terms }).send(handshake()).events, ['ready'])
    const other = handshake(ALL_BITS, INFO_HASH, new Uint8Array(20).fill(9))
    const remote = new HostilePeer({ outgoing: true, terms }).send(other)
    assert.equal(remote.ending, 'wire/wrong-peer-id close')
  })

  it('HS14: with every reserved bit is accepted', () => {
    assert.deepEqual(new HostilePeer().send(handshake('ffffffffffffffff')).events, ['ready'])
  })

  it('HS15, FX1: without reserved bits no extended, fast or port message is sent', () => {
    const remote = new HostilePeer({ terms: { pieces: bits(4, 1) } }).send(handshake(PLAIN))
    remote.station.peer.sendPort(remote.station.now, 7000)
    assert.equal(remote.heard(), `${OURS}00000002${'05'}40`)
  })

  it('HS15, 9.13: with the bit of the DHT our port follows', () => {
    const remote = new HostilePeer({ terms: { pieces: bits(4) } }).send(handshake('0000000000000001'))
    remote.station.peer.sendPort(remote.station.now, 6881)
    assert.equal(remote.heard(), `${OURS}00000003091ae1`)
  })

  it('HS16: takes any peer id', () => {
    for (const byte of [0, 0xff]) {
      const id = new Uint8Array(20).fill(byte)
      assert.deepEqual(new HostilePeer().send(handshake(ALL_BITS, INFO_HASH, id)).events, ['ready'])
    }
  })
})

describe('our first messages', () => {
  const table: [string, string, ReturnType<typeof bits> | undefined, Uint8Array[]][] = [
    ['nothing without pieces', PLAIN, bits(4), []],
    ['nothing without metadata', PLAIN, undefined, []],
    ['a bitfield with some', PLAIN, bits(4, 0, 3), [message(5, hex('90'))]],
    ['a bitfield with all, without BEP 6', PLAIN, fullBits(4), [message(5, hex('f0'))]],
    ['have-none, with BEP 6', FAST, bits(4), [HAVE_NONE]],
    ['have-none without metadata, with BEP 6', FAST, undefined, [HAVE_NONE]],
    ['have-all, with BEP 6', FAST, fullBits(4), [HAVE_ALL]],
    ['a bitfield with some, with BEP 6', FAST, bits(4, 1), [message(5, hex('40'))]],
  ]
  for (const [name, reserved, pieces, expected] of table) {
    it(`FX3, BF15: are ${name}`, () => {
      const remote = new HostilePeer({ terms: { pieces, geometry: pieces && GEOMETRY } })
      remote.send(handshake(reserved))
      const said = remote.heard().slice(136)
      const grants = reserved === FAST && pieces ? 4 * 9 : 0
      assert.equal(said.slice(0, said.length - 2 * grants), expected.map(toHex).join(''))
    })
  }

  it('EX1: include the extension handshake, with what we know', () => {
    const remote = new HostilePeer({ terms: { metadataSize: 31235 } }).send(handshake(EXTENDED))
    const said = Buffer.from(remote.heard().slice(136), 'hex').toString('latin1').slice(6)
    assert.match(
      said,
      /^d1:md11:lt_donthavei4e11:upload_onlyi5e11:ut_metadatai2e6:ut_pexi3ee13:metadata_sizei31235e1:pi6881e4:reqqi500e/,
    )
  })

  it('EX12: say that we want nothing more when we have everything, of a private torrent too', () => {
    for (const isPrivate of [false, true]) {
      for (const [pieces, expected] of [
        [undefined, 0],
        [bits(4, 0, 1, 2), 0],
        [fullBits(4), 1],
      ] as const) {
        const terms = { private: isPrivate, pieces, geometry: pieces && GEOMETRY }
        const said = new HostilePeer({ terms }).send(handshake(EXTENDED)).heard()
        assert.match(Buffer.from(said, 'hex').toString('latin1'), new RegExp(`only${`i${expected}e`}1:v`))
      }
    }
  })

  it('EX16: offer no metadata of a private torrent', () => {
    const remote = new HostilePeer({ terms: { metadataSize: 31235, private: true } })
    const said = Buffer.from(remote.send(handshake(EXTENDED)).heard(), 'hex').toString('latin1')
    assert.equal(/metadata/.test(said), false)
  })

  it('FX5: grant the set of BEP 6 to an IPv4 peer, nothing to an IPv6 one', () => {
    const four = new HostilePeer().send(handshake(FAST)).heard().slice(136)
    assert.equal(four.length, 2 * (5 + 4 * 9), 'have-none and all four pieces')
    const six = new HostilePeer({ address: address('2001:db8::7') }).send(handshake(FAST)).heard()
    assert.equal(six.slice(136), toHex(HAVE_NONE))
  })

  it('FX5: grant nothing while the torrent says that others have enough of that', () => {
    const remote = new HostilePeer({ terms: { grants: false } }).send(handshake(FAST))
    assert.equal(remote.heard().slice(136), toHex(HAVE_NONE))
    assert.equal(remote.station.peer.granting, false)
    assert.equal(new HostilePeer().send(handshake(FAST)).station.peer.granting, true)
  })
})
