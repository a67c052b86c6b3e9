import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { HEAD_LENGTH, PacketHead, SELECTIVE_ACK, SIZE_OFFER, writePadding } from '../../src/utp/packet.ts'

function read(hex: string): PacketHead | undefined {
  const head = new PacketHead()
  return head.read(fromHex(hex.replaceAll(' ', ''))!) ? head : undefined
}

describe('the head of a uTP packet (BEP 29)', () => {
  it('is read as the BEP draws it', () => {
    const head = read('41 00 1234 00000001 80000000 00100000 0001 0000')!
    assert.deepEqual(
      [head.type, head.id, head.timestamp, head.delay, head.window, head.seq, head.ack, head.payloadAt],
      [4, 0x1234, 1, 0x8000_0000, 0x10_0000, 1, 0, 20],
    )
    const data = read('01 00 ffff ffffffff 00000000 00000000 ffff fffe 616263')!
    assert.deepEqual(
      [data.type, data.id, data.timestamp, data.seq, data.ack],
      [0, 65_535, 2 ** 32 - 1, 65_535, 65_534],
    )
  })

  it('has a mask, an offer and what we do not know between itself and the payload', () => {
    const head = read(
      '21 01 0001 00000000 00000000 00000000 0005 0006  02 04 0f000080  4c 08 0011223344556677  00 02 4100  aa',
    )!
    assert.deepEqual([head.maskAt, head.maskLength, head.offer, head.payloadAt], [22, 4, 0x4100, 40])
    // What was read before leaves nothing behind.
    const bare = fromHex('21000001000000000000000000000000' + '00050006')!
    assert.ok(head.read(bare))
    assert.deepEqual([head.maskLength, head.offer, head.payloadAt], [0, 0, 20])
  })

  it('is refused when it is cut short, of another version or of no known type, or when an extension runs out of it', () => {
    const whole = '21 01 0001 00000000 00000000 00000000 0005 0006'
    assert.equal(read(whole), undefined)
    assert.equal(read(`${whole} 00`), undefined)
    assert.equal(read(`${whole} 00 04 000000`), undefined)
    assert.ok(read(`${whole} 00 04 00000000`))
    assert.equal(read('21 00 0001 00000000 00000000 00000000 0005 00'), undefined)
    assert.equal(read('22 00 0001 00000000 00000000 00000000 0005 0006'), undefined)
    assert.equal(read('51 00 0001 00000000 00000000 00000000 0005 0006'), undefined)
    assert.equal(read(''), undefined)
  })

  it('gives the same bytes again, whatever it was', () => {
    const field = (bits: number): fc.Arbitrary<number> => fc.nat(2 ** bits - 1)
    const fields = fc.tuple(fc.nat(4), field(16), field(32), field(32), field(32), field(16), field(16))
    fc.assert(
      fc.property(fields, ([type, id, timestamp, delay, window, seq, ack]) => {
        const head = Object.assign(new PacketHead(), { type, id, timestamp, delay, window, seq, ack })
        const bytes = new Uint8Array(HEAD_LENGTH)
        head.write(bytes)
        const other = new PacketHead()
        assert.ok(other.read(bytes))
        const again = new Uint8Array(HEAD_LENGTH)
        other.write(again)
        assert.equal(toHex(again), toHex(bytes))
        assert.deepEqual([other.type, other.id, other.timestamp, other.delay], [type, id, timestamp, delay])
        assert.deepEqual([other.window, other.seq, other.ack], [window, seq, ack])
      }),
    )
  })

  it('is never misled by arbitrary bytes: payload and mask lie within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, wellBegun) => {
        if (wellBegun && bytes.length > 1) {
          bytes[0] = 0x21
          bytes[1] = bytes[1]! % 2 === 0 ? SELECTIVE_ACK : SIZE_OFFER
        }
        const head = new PacketHead()
        if (!head.read(bytes)) return
        assert.ok(head.payloadAt >= HEAD_LENGTH && head.payloadAt <= bytes.length)
        assert.ok(head.maskLength === 0 || head.maskAt + head.maskLength <= head.payloadAt)
      }),
      { numRuns: 2_000 },
    )
  })

  it('may be followed by padding of any length but one, which means nothing', () => {
    for (let length = 0; length <= 1_200; length++) {
      if (length === 1) continue
      const bytes = new Uint8Array(HEAD_LENGTH + length + 3).fill(7)
      const head = new PacketHead()
      head.type = 0
      head.extension = length === 0 ? 0 : 0x50
      head.write(bytes)
      assert.equal(writePadding(bytes, HEAD_LENGTH, length), HEAD_LENGTH + length)
      const other = new PacketHead()
      assert.ok(other.read(bytes))
      assert.deepEqual([other.payloadAt, other.maskLength, other.offer], [HEAD_LENGTH + length, 0, 0])
    }
  })
})
