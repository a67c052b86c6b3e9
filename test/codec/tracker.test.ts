import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Announce, announceQuery } from '../../src/codec/announce.ts'
import { parseTrackerAnswer } from '../../src/codec/tracker-answer.ts'
import { decodeUdpAnswer, encodeAnnounce, encodeConnect } from '../../src/codec/udp-tracker.ts'
import { fromHex, latin1, toHex } from '../../src/core/bytes.ts'

const ANNOUNCE: Announce = {
  infoHash: latin1('aaaaaaaaaaaaaaaaaaaa'),
  peerId: latin1('-LD0100-bbbbbbbbbbbb'),
  port: 6881,
  uploaded: 1,
  downloaded: 2 ** 33 + 2,
  left: 3,
  event: 'started',
  key: 0xabc,
  want: 50,
}

const read = (text: string) => {
  const answer = parseTrackerAnswer(latin1(text))
  return answer && { ...answer, peers: answer.peers.map((peer) => peer.text) }
}

describe('an announce to a tracker', () => {
  it('is a query over HTTP', () => {
    const query = announceQuery(ANNOUNCE, Uint8Array.of(0x20))
    const fields = new URLSearchParams(query)
    assert.equal(fields.get('info_hash'), 'aaaaaaaaaaaaaaaaaaaa')
    assert.equal(fields.get('downloaded'), '8589934594')
    assert.deepEqual(
      [fields.get('compact'), fields.get('event'), fields.get('key')],
      ['1', 'started', '00000abc'],
    )
    assert.equal(fields.get('trackerid'), ' ')
    assert.ok(!announceQuery({ ...ANNOUNCE, event: undefined }, undefined).includes('event'))
  })

  it('is 98 bytes over UDP, and the path besides where there is one (BEP 15, BEP 41)', () => {
    assert.equal(toHex(encodeConnect(7)), '00000417271019800000000000000007')
    const connection = fromHex('0102030405060708')!
    const bytes = encodeAnnounce(9, connection, ANNOUNCE, '/')
    assert.equal(
      toHex(bytes),
      `0102030405060708${'00000001'}${'00000009'}${'61'.repeat(20)}${toHex(ANNOUNCE.peerId)}` +
        '000000020000000200000000000000030000000000000001000000020000000000000abc000000321ae1',
    )
    assert.equal(toHex(encodeAnnounce(9, connection, ANNOUNCE, '/k?x')).slice(196), '02042f6b3f78')
  })
})

describe('the answer of a tracker over HTTP', () => {
  it('has compact peers of both families (BEP 23, BEP 7)', () => {
    const six = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\x1a\xe1`
    assert.deepEqual(
      read(
        `d8:intervali1800e12:min intervali60e5:peers12:\x01\x02\x03\x04\x1a\xe1\x05\x06\x07\x08\x00\x016:peers618:${six}10:tracker id1:xe`,
      ),
      {
        ...{
          failure: undefined,
          warning: undefined,
          interval: 1800,
          minInterval: 60,
          trackerId: latin1('x'),
        },
        peers: ['1.2.3.4:6881', '5.6.7.8:1', '[2001:db8::1]:6881'],
      },
    )
  })

  it('has peers as dictionaries, of which names of hosts are left out', () => {
    const peers = 'ld2:ip7:1.2.3.44:porti5eed2:ip9:localhost4:porti5eed2:ip3:::14:porti6eed4:porti1eei7ee'
    assert.deepEqual(read(`d5:peers${peers}e`)?.peers, ['1.2.3.4:5', '[::1]:6'])
  })

  it('says why it refuses, in a sentence without control characters', () => {
    assert.equal(read(`d14:failure reason${'7:no\u001b[1m!'}e`)?.failure, 'no[1m!')
    assert.equal(read(`d14:failure reason500:${'x'.repeat(500)}e`)?.failure?.length, 200)
    assert.equal(read('d15:warning message4:slowe')?.warning, 'slow')
  })

  it('is nothing when it is no dictionary, and fields of another type are absent', () => {
    for (const text of ['', 'le', 'i1e', '<html>', 'd5:peers', 'd-3:i1e']) assert.equal(read(text), undefined)
    const odd = read('d14:failure reasoni1e8:interval1:x12:min intervali-5e5:peersi6ee')
    assert.deepEqual(odd, {
      ...{ failure: undefined, warning: undefined, interval: undefined, minInterval: undefined },
      ...{ trackerId: undefined, peers: [] },
    })
  })

  it('is taken up to 2000 peers, and no further than 256 KiB', () => {
    assert.equal(read(`d5:peers30000:${'\x01\x02\x03\x04\x05\x06'.repeat(5_000)}e`)?.peers.length, 2_000)
    assert.equal(parseTrackerAnswer(latin1(`d1:x300000:${'y'.repeat(300_000)}e`)), undefined)
    // What is left over at the end is no peer.
    assert.deepEqual(read('d5:peers7:\x01\x02\x03\x04\x00\x05\x06e')?.peers, ['1.2.3.4:5'])
  })
})

describe('the answer of a tracker over UDP', () => {
  const decode = (hex: string, family: 4 | 6 = 4) => decodeUdpAnswer(fromHex(hex)!, family)

  it('opens a connection, lists peers of the family that it came over, or refuses', () => {
    assert.deepEqual(decode('00000000000000070102030405060708'), {
      kind: 'connected',
      transaction: 7,
      connection: fromHex('0102030405060708'),
    })
    const announced = decode('0000000100000009000007080000000100000002010203041ae1ff')
    assert.ok(announced?.kind === 'announced')
    assert.deepEqual([announced.interval, announced.peers.map((peer) => peer.text)], [1800, ['1.2.3.4:6881']])
    const six = decode(`0000000100000009000007080000000100000002${'20010db8'.padEnd(30, '0')}011ae1`, 6)
    assert.ok(six?.kind === 'announced')
    assert.equal(six.peers[0]?.text, '[2001:db8::1]:6881')
    assert.deepEqual(decode('00000003000000016e6f1b'), { kind: 'refused', transaction: 1, message: 'no' })
  })

  it('is nothing when it is cut short or of another kind', () => {
    for (const hex of ['', '00000000', '000000000000000701', '0000000100000009', '0000000200000001'])
      assert.equal(decode(hex), undefined)
  })
})
