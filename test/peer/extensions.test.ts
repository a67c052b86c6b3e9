import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { Credit } from '../../src/core/credit.ts'
import { MINUTE } from '../../src/core/time.ts'
import { EXTENDED, extended, HostilePeer } from '../support/hostile-peer.ts'
import type { StationSetup } from '../support/peer-pair.ts'

/** The remote takes metadata messages as 3, we take them as 2. */
const HELLO = extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei31235ee')
const METADATA = { terms: { metadataSize: 40_000 } }

function introduced(setup: StationSetup = {}): HostilePeer {
  const remote = HostilePeer.greeted(EXTENDED, setup).send(HELLO)
  remote.events.length = 0
  return remote
}

const request = (piece: number | string): Uint8Array => extended(2, `d8:msg_typei0e5:piecei${piece}ee`)
const rejection = (piece: number): Uint8Array => extended(3, `d8:msg_typei2e5:piecei${piece}ee`)
const data = (piece: number, bytes: Uint8Array, total = 31235): Uint8Array =>
  extended(2, concatBytes([latin1(`d8:msg_typei1e5:piecei${piece}e10:total_sizei${total}ee`), bytes]))

describe('extension handshakes', () => {
  it('EX5: are applied and reported, and our messages carry the ids of the remote', () => {
    const remote = HostilePeer.greeted(EXTENDED).send(HELLO)
    const { peer, now } = remote.station
    assert.deepEqual(remote.events, ['extended'])
    assert.deepEqual([peer.remote.supportsMetadata, peer.remote.metadataSize], [true, 31235])
    assert.equal(peer.requestMetadata(now, 0), true)
    assert.equal(remote.heard(), `0000001b1403${ascii('d8:msg_typei0e5:piecei0ee')}`)
  })

  const ignored: [string, string | Uint8Array][] = [
    ['no bencode', 'hello'],
    ['no dictionary', 'i1e'],
    ['truncated', 'd1:md11:ut_metadatai3e'],
    ['trailing bytes', 'dei0e'],
    ['deep', 'l'.repeat(1000) + 'e'.repeat(1000)],
    ['900 KiB', new Uint8Array(900 * 1024)],
  ]
  for (const [name, payload] of ignored) {
    it(`EX2: are ignored when malformed (${name})`, () => {
      const remote = HostilePeer.greeted(EXTENDED).sendSplit(extended(0, payload), 60_000)
      assert.deepEqual([remote.events, remote.ending], [[], undefined])
      assert.deepEqual(remote.send(HELLO).events, ['extended'])
    })
  }

  it('EX3: add to earlier ones', () => {
    const remote = introduced()
    const { peer, now } = remote.station
    remote.send(extended(0, 'd1:md6:ut_pexi0ee1:v3:abce'))
    assert.deepEqual(
      [peer.remote.supportsMetadata, peer.remote.client, peer.remote.metadataSize],
      [true, 'abc', 31235],
    )
    remote.send(extended(0, 'd1:md11:ut_metadatai0eee'))
    assert.deepEqual([peer.remote.supportsMetadata, peer.requestMetadata(now, 0)], [false, false])
    remote.send(extended(0, 'd1:md11:ut_metadatai7eee'))
    peer.requestMetadata(now, 0)
    assert.equal(remote.messages().at(-1)!.slice(0, 4), '1407')
  })

  it('EX7: messages with ids that we did not offer are ignored and counted', () => {
    const remote = introduced().send(extended(1, 'de'), extended(200, 'de'))
    assert.deepEqual([remote.ending, remote.station.peer.counters.unknown], [undefined, 2])
  })

  it('EX8, EX9, EX10, EX12: what they say is kept as far as it makes sense', () => {
    const remote = HostilePeer.greeted(EXTENDED)
    remote.send(extended(0, 'd1:pi6882e11:upload_onlyi1e1:v6:a\u001b[2Jb6:yourip4:\u0001\u0002\u0003\u0004e'))
    const { port, uploadOnly, client, yourIp } = remote.station.peer.remote
    assert.deepEqual([port, uploadOnly, client, toHex(yourIp!)], [6882, true, 'a[2Jb', '01020304'])
    remote.send(extended(0, 'd1:pi0e11:upload_onlyi0e6:yourip5:abcdee'))
    const later = remote.station.peer.remote
    assert.deepEqual([later.port, later.uploadOnly, toHex(later.yourIp!)], [6882, false, '01020304'])
  })

  it('EX12: that the remote wants nothing more may come as a message of its own, of one byte', () => {
    const only = (payload: string): Uint8Array => extended(5, payload)
    const remote = introduced()
    const said = (...messages: Uint8Array[]): [boolean, number] => {
      remote.send(...messages)
      return [remote.station.peer.remote.uploadOnly, remote.station.owner.only('extended').length]
    }
    assert.deepEqual(said(only('\u0001')), [true, 1])
    assert.deepEqual(said(only('\u0001')), [true, 1])
    assert.deepEqual(said(only(''), only('\u0000\u0000')), [true, 1])
    assert.deepEqual(said(only('\u0000')), [false, 2])
    for (let i = 1; i < 200 && !remote.ending; i++) remote.send(only(String.fromCharCode(i % 2)))
    assert.equal(remote.ending, 'wire/flood-state strike')
  })

  it('EX17: another one of ours tells the size once we have the metadata', () => {
    const remote = introduced()
    remote.station.peer.introduceAgain(remote.station.now, 40_000)
    const [said] = remote.messages()
    assert.match(Buffer.from(said!, 'hex').toString('latin1'), /metadata_sizei40000e/)
    remote.send(request(2))
    assert.deepEqual(remote.events, ['metadataRequested 2'])
  })

  it('FR10: a flood of them is a strike', () => {
    const remote = introduced()
    for (let i = 0; i < 100 && !remote.ending; i++) remote.send(HELLO)
    assert.equal(remote.ending, 'wire/flood-state strike')
  })
})

describe('metadata messages', () => {
  it('MD4, MD5: requests for what we lack or what does not exist are rejected', () => {
    introduced().send(request(0)).expect(rejection(0))
    const remote = introduced(METADATA)
    for (const piece of [-1, 3, 2 ** 31]) remote.send(request(piece)).expect(rejection(piece))
    remote.send(request('9007199254740993')).expect(rejection(-1))
    assert.deepEqual(remote.events, [])
  })

  it('MD26: requests for what we have are served', () => {
    const remote = introduced(METADATA).send(request(0), request(2))
    assert.deepEqual(remote.events, ['metadataRequested 0', 'metadataRequested 2'])
    const { peer, now } = remote.station
    peer.sendMetadata(now, 2, 40_000, new Uint8Array(3).fill(0x65))
    const [said] = remote.messages()
    assert.equal(said, `1403${ascii('d8:msg_typei1e5:piecei2e10:total_sizei40000eeeee')}`)
  })

  it('EX16: requests for metadata of a private torrent are ignored', () => {
    const remote = introduced({ terms: { metadataSize: 40_000, private: true } }).send(request(0))
    assert.deepEqual([remote.events, remote.heard()], [[], ''])
  })

  it('MD6: two rounds a minute are served, then requests are rejected', () => {
    const remote = introduced(METADATA)
    for (let i = 0; i < 10; i++) remote.send(request(0))
    assert.equal(remote.station.owner.only('metadataRequested').length, 6)
    assert.equal(remote.messages().length, 4)
    remote.stall(MINUTE).send(request(0))
    assert.equal(remote.station.owner.only('metadataRequested').length, 7)
  })

  it('MD6, FR12: each waits until the answer before it was taken', () => {
    const remote = introduced({ terms: { metadataSize: 1 << 24 } })
    const { station } = remote
    station.drains = false
    station.owner.onEvent = (name, peer, now) => {
      if (name === 'metadataRequested') peer.sendMetadata(now, 0, 1 << 24, new Uint8Array(16_384))
    }
    for (let i = 0; i < 40; i++) remote.send(request(i))
    for (let served = 1; served <= 40; served++) {
      assert.equal(station.owner.only('metadataRequested').length, served)
      remote.seconds(1)
      assert.equal(station.owner.only('metadataRequested').length, served)
      station.drain(station.unsent)
    }
  })

  it('MD6, FR12: what a remote asks for that does not read piles up neither in the queue nor as rejects, and it is left', () => {
    const remote = introduced(METADATA)
    const { station } = remote
    station.drains = false
    for (let i = 0; i < 600 && remote.ending === undefined; i++) remote.send(request(7))
    assert.equal(remote.ending, undefined)
    assert.ok(station.unsent <= 17 * 1024, `${station.unsent} bytes wait`)
    station.drain(station.unsent)
    remote.send(request(7))
    assert.equal(remote.messages().at(-1), toHex(rejection(7).subarray(4)), 'who reads is answered again')
    for (let i = 0; i < 10_000 && remote.ending === undefined; i++) remote.send(request(7))
    assert.equal(remote.ending, 'wire/not-reading strike')
    assert.ok(station.peer.counters.metadataIgnored > 300)
  })

  it('MD6, RS3: while memory for sending is short nothing is answered to who has not taken what it was sent', () => {
    const sending = new Credit(64 * 1024)
    const remote = introduced({ ...METADATA, sending })
    const { station } = remote
    station.drains = false
    sending.draw(60 * 1024)
    remote.send(request(0), request(7))
    assert.deepEqual(station.owner.only('metadataRequested'), [])
    sending.giveBack(60 * 1024)
    remote.seconds(0.1)
    assert.equal(station.owner.only('metadataRequested').length, 1)
  })

  it('MD11: data is handed on from where the dictionary ends, whatever it looks like', () => {
    const remote = introduced()
    remote.station.peer.requestMetadata(remote.station.now, 1)
    remote.send(data(1, latin1('eed1:ae'), 7))
    assert.deepEqual(remote.events, [`metadataData 1 7 ${ascii('eed1:ae')} 7`])
  })

  it('MD7: data never requested is ignored, also before any handshake', () => {
    const early = HostilePeer.greeted(EXTENDED).send(data(0, new Uint8Array(5)))
    assert.deepEqual([early.events, early.ending], [[], undefined])
    const remote = introduced()
    const { peer, now } = remote.station
    peer.requestMetadata(now, 0)
    remote.send(data(1, new Uint8Array(5)))
    assert.deepEqual([remote.events, remote.ending, peer.counters.metadataIgnored], [[], undefined, 1])
  })

  it('MD8: data beyond the claimed size is a fault', () => {
    const remote = introduced().send(data(2, new Uint8Array(5)))
    assert.equal(remote.ending, undefined)
    assert.equal(remote.send(data(2, new Uint8Array(5))).ending, 'wire/bad-metadata-message strike')
  })

  it('MD16: a reject is reported once', () => {
    const remote = introduced()
    remote.station.peer.requestMetadata(remote.station.now, 0)
    const rejected = extended(2, 'd8:msg_typei2e5:piecei0ee')
    assert.deepEqual(remote.send(rejected, rejected).events, ['metadataRejected 0'])
  })

  it('MD2: unknown kinds are ignored', () => {
    for (const type of [3, 255, -1]) {
      const remote = introduced()
      for (let i = 0; i < 3; i++) remote.send(extended(2, `d8:msg_typei${type}e5:piecei0ee`))
      assert.deepEqual([remote.events, remote.ending], [[], undefined])
    }
  })

  for (const payload of [
    '',
    'd5:piecei0ee',
    'd8:msg_typei0ee',
    'd8:msg_type1:05:piecei0ee',
    'd8:msg_typei0e5:piece1:0e',
    'le',
  ]) {
    it(`MD3: the second malformed one is a strike ('${payload}')`, () => {
      const remote = introduced().send(extended(2, payload))
      assert.equal(remote.ending, undefined)
      assert.equal(remote.send(extended(2, payload)).ending, 'wire/bad-metadata-message strike')
    })
  }

  it('MD12: one above 17 KiB closes before it has come', () => {
    const remote = introduced().send(data(0, new Uint8Array(17 * 1024)).subarray(0, 6))
    assert.equal(remote.ending, 'wire/metadata-message-too-long close')
  })

  it('at most eight requests are outstanding', () => {
    const { peer, now } = introduced().station
    const accepted = [...Array(10).keys()].filter((piece) => peer.requestMetadata(now, piece))
    assert.equal(accepted.length, 8)
  })
})

function ascii(text: string): string {
  return toHex(latin1(text))
}
