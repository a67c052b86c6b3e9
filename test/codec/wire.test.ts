import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  claims,
  FRAME,
  HANDSHAKE_LENGTH,
  isLegalLength,
  MESSAGE,
  matchingPrefix,
  PROTOCOL_PREFIX,
  readHandshake,
  reservedOf,
  writeBitfield,
  writeBlockFrame,
  writeExtendedHead,
  writeHandshake,
  writeIndex,
  writeKeepAlive,
  writePieceHead,
  writePort,
  writeSimple,
} from '../../src/codec/wire.ts'
import { fromHex, latin1, toHex } from '../../src/core/bytes.ts'
import { lent } from './vectors.ts'

const HASH = latin1('mnopqrstuvwxyz123456')
const PEER_ID = latin1('-LD0001-abcdefghijkl')

/** What `write` wrote at offset 3, in hexadecimal; the offset that it returned must be the end. */
function written(write: (into: Uint8Array, at: number) => number): string {
  const room = new Uint8Array(100)
  const end = write(room, 3)
  assert.ok(room.subarray(end).every((byte) => byte === 0))
  return toHex(room.subarray(3, end))
}

describe('the handshake', () => {
  it('has the bytes of the vector with the bits for extensions, fast and DHT', () => {
    const reserved = reservedOf({ extended: true, dht: true, fast: true })
    const bytes = written((into, at) =>
      writeHandshake(into, at, { reserved, infoHash: HASH, peerId: PEER_ID }),
    )
    const prefix = '13426974546f7272656e742070726f746f636f6c0000000000100005'
    assert.equal(bytes, prefix + toHex(HASH) + toHex(PEER_ID))
    assert.equal(bytes.length, 2 * HANDSHAKE_LENGTH)
  })

  it('claims each feature by its own bit alone', () => {
    const bits = { extended: '0000000000100000', dht: '0000000000000001', fast: '0000000000000004' } as const
    for (const feature of ['extended', 'dht', 'fast'] as const) {
      const features = { extended: false, dht: false, fast: false, [feature]: true }
      const reserved = reservedOf(features)
      assert.equal(toHex(reserved), bits[feature])
      for (const other of ['extended', 'dht', 'fast'] as const)
        assert.equal(claims(reserved, other), other === feature)
    }
  })

  it('HS14, HS15 reads the bits that it knows among all others', () => {
    for (const [byte, expected] of [
      [0xff, true],
      [0, false],
    ] as const) {
      const reserved = new Uint8Array(8).fill(byte)
      for (const feature of ['extended', 'dht', 'fast'] as const)
        assert.equal(claims(reserved, feature), expected)
    }
  })

  it('HS4, HS21 finds the first wrong byte, however little has arrived', () => {
    assert.equal(PROTOCOL_PREFIX.length, 20)
    for (const first of [0, 18, 20, 255]) assert.equal(matchingPrefix(Uint8Array.of(first), 1), 0)
    for (let length = 0; length <= 20; length++) {
      assert.equal(matchingPrefix(PROTOCOL_PREFIX, length), length)
    }
    const wrong = PROTOCOL_PREFIX.slice()
    wrong[19] = 0x4c
    assert.equal(matchingPrefix(wrong, 20), 19)
    assert.equal(matchingPrefix(wrong, 19), 19)
    assert.equal(matchingPrefix(latin1('GET / HTTP/1.1'), 14), 0)
  })

  it('is read into copies', () => {
    const bytes = lent(new Uint8Array(68))
    writeHandshake(bytes, 0, {
      reserved: reservedOf({ extended: true, dht: false, fast: false }),
      infoHash: HASH,
      peerId: PEER_ID,
    })
    const handshake = readHandshake(bytes)
    bytes.fill(0)
    assert.deepEqual(handshake.infoHash, HASH)
    assert.deepEqual(handshake.peerId, PEER_ID)
    assert.equal(toHex(handshake.reserved), '0000000000100000')
  })
})

describe('frames', () => {
  const cases: readonly (readonly [string, (into: Uint8Array, at: number) => number, string, number])[] = [
    ['keep-alive', writeKeepAlive, '00000000', FRAME.keepAlive],
    ['choke', (into, at) => writeSimple(into, at, MESSAGE.choke), '0000000100', FRAME.simple],
    ['unchoke', (into, at) => writeSimple(into, at, MESSAGE.unchoke), '0000000101', FRAME.simple],
    ['interested', (into, at) => writeSimple(into, at, MESSAGE.interested), '0000000102', FRAME.simple],
    [
      'not interested',
      (into, at) => writeSimple(into, at, MESSAGE.notInterested),
      '0000000103',
      FRAME.simple,
    ],
    ['have', (into, at) => writeIndex(into, at, MESSAGE.have, 0xfffefdfc), '0000000504fffefdfc', FRAME.index],
    [
      'bitfield',
      (into, at) => writeBitfield(into, at, Uint8Array.of(0xff, 0x80)),
      '0000000305ff80',
      FRAME.bitfieldHead + 2,
    ],
    [
      'request',
      (into, at) => writeBlockFrame(into, at, MESSAGE.request, 1, 16_384, 7),
      '0000000d06000000010000400000000007',
      FRAME.block,
    ],
    [
      'cancel',
      (into, at) => writeBlockFrame(into, at, MESSAGE.cancel, 1, 2, 3),
      '0000000d08000000010000000200000003',
      FRAME.block,
    ],
    [
      'reject',
      (into, at) => writeBlockFrame(into, at, MESSAGE.reject, 1, 2, 3),
      '0000000d10000000010000000200000003',
      FRAME.block,
    ],
    [
      'the head of a piece',
      (into, at) => writePieceHead(into, at, 1, 2, 16_384),
      '0000400907' + '0000000100000002',
      FRAME.pieceHead,
    ],
    ['9.13 port 6881', (into, at) => writePort(into, at, 6_881), '00000003091ae1', FRAME.port],
    ['suggest', (into, at) => writeIndex(into, at, MESSAGE.suggest, 5), '000000050d00000005', FRAME.index],
    ['have-all', (into, at) => writeSimple(into, at, MESSAGE.haveAll), '000000010e', FRAME.simple],
    ['have-none', (into, at) => writeSimple(into, at, MESSAGE.haveNone), '000000010f', FRAME.simple],
    [
      'allowed-fast',
      (into, at) => writeIndex(into, at, MESSAGE.allowedFast, 5),
      '000000051100000005',
      FRAME.index,
    ],
    [
      'the head of an extension handshake of 47 bytes',
      (into, at) => writeExtendedHead(into, at, 47, 0),
      '000000311400',
      FRAME.extendedHead,
    ],
    [
      'the head of an extension message of 25 bytes',
      (into, at) => writeExtendedHead(into, at, 25, 3),
      '0000001b1403',
      FRAME.extendedHead,
    ],
  ]
  for (const [name, write, hex, length] of cases) {
    it(`writes ${name} as ${hex}`, () => {
      assert.equal(written(write), hex)
      assert.equal(fromHex(hex)!.length, length)
    })
  }

  it('FR6 knows the legal length of every message', () => {
    const legal = (id: number): number[] =>
      Array.from({ length: 20 }, (_, i) => i).filter((n) => isLegalLength(id, n))
    for (const id of [0, 1, 2, 3, 14, 15]) assert.deepEqual(legal(id), [1], `${id}`)
    for (const id of [4, 13, 17]) assert.deepEqual(legal(id), [5], `${id}`)
    for (const id of [6, 8, 16]) assert.deepEqual(legal(id), [13], `${id}`)
    assert.deepEqual(legal(9), [3])
    assert.equal(legal(20)[0], 2)
    assert.equal(legal(7)[0], 9)
    assert.equal(legal(5)[0], 1)
  })

  it('FR7 lets unknown messages have any length', () => {
    for (const id of [10, 11, 12, 18, 19, 30, 255]) {
      assert.ok(isLegalLength(id, 1))
      assert.ok(isLegalLength(id, 1_000))
    }
  })
})
