import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { allowedFastSet } from '../../src/codec/allowed-fast.ts'
import { decodeExtendedHandshake } from '../../src/codec/extended.ts'
import { decodeKrpc, type KrpcMessage } from '../../src/codec/krpc.ts'
import {
  claims,
  isLegalLength,
  MESSAGE,
  matchingPrefix,
  PROTOCOL_PREFIX,
  readHandshake,
} from '../../src/codec/wire.ts'
import { parseAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/bytes.ts'

/** How the clients spoke to `test/vectors/captures/listener.ts`, recorded by `capture.ts` beside it. */
const CLIENTS = [
  { file: 'aria2', says: 'aria2/1.36.0', peerId: 'A2-1-36-0-', metadataId: 9, listener: '127.0.1.100' },
  {
    file: 'transmission',
    says: 'Transmission 3.00',
    peerId: '-TR3000-',
    metadataId: 3,
    listener: '10.77.1.100',
  },
] as const

/** Where the clients listened, and the metadata's length of what they shared. */
const PORT = 6900
const METADATA_LENGTH = 904

interface Capture {
  readonly infoHash: string
  readonly pieces: number
  readonly datagrams: Readonly<Record<string, string>>
  readonly streams: Readonly<Record<string, string>>
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1')
const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest()

interface Frame {
  readonly id: number
  readonly payload: Uint8Array
}

function framesAfterHandshake(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = []
  for (let at = 68; at < bytes.length; ) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)
    assert.ok(
      length > 0 && isLegalLength(bytes[at + 4]!, length),
      `frame ${bytes[at + 4]} of ${length} bytes`,
    )
    frames.push({ id: bytes[at + 4]!, payload: bytes.subarray(at + 5, at + 4 + length) })
    at += 4 + length
  }
  return frames
}

for (const { file, says, peerId, metadataId, listener } of CLIENTS) {
  const url = new URL(`../vectors/captures/${file}.json`, import.meta.url)
  const { infoHash, pieces, datagrams, streams } = JSON.parse(readFileSync(url, 'utf8')) as Capture

  const message = (what: string): KrpcMessage => {
    const found = decodeKrpc(bytesOf(datagrams[what]!))
    assert.ok(found !== undefined, what)
    return found
  }

  describe(`what ${says} sent is understood`, () => {
    it('every query: who asks, what for, and with which token and port', () => {
      const queries = Object.keys(datagrams).filter((what) => what.startsWith('query '))
      assert.ok(queries.includes('query get_peers') && queries.includes('query announce_peer'))
      for (const what of queries) {
        const query = message(what)
        assert.ok(query.kind === 'query')
        assert.equal(query.method, what.slice('query '.length))
        assert.equal(query.fault, undefined)
        assert.equal(query.id.length, 20)
        if (what.includes('peer')) assert.equal(toHex(query.infoHash!), infoHash)
        if (what !== 'query announce_peer') continue
        assert.deepEqual([query.port, query.impliedPort, textOf(query.token)], [PORT, false, 'tokn'])
      }
    })

    it('every response: the id, the transaction as it was sent, and the nodes', () => {
      for (const transaction of ['pi', 'fn', 'gp', 'an', 'gv']) {
        const response = message(`response to ${transaction}`)
        assert.ok(response.kind === 'response')
        assert.equal(textOf(response.transaction), transaction)
        assert.equal(response.id?.length, 20)
        if (transaction === 'fn' || transaction === 'gp') {
          assert.deepEqual(
            response.nodes.map(({ address }) => address.text),
            [`${listener}:6881`],
          )
        }
      }
    })

    it('a get_peers response with a token, and with the peer that had announced itself', () => {
      const response = message('response to gv')
      assert.ok(response.kind === 'response')
      assert.ok(response.token !== undefined && response.token.length > 0)
      assert.deepEqual(
        response.values.map(({ text }) => text),
        [`${listener}:6882`],
      )
    })

    it('no datagram that was cut short', () => {
      for (const hex of Object.values(datagrams)) {
        const bytes = bytesOf(hex)
        for (let length = 0; length < bytes.length; length++) {
          assert.equal(decodeKrpc(bytes.subarray(0, length)), undefined)
        }
      }
    })

    it('the handshakes, with what they claim', () => {
      for (const what of ['seeder dialled by us', 'downloader dialled by the client']) {
        const bytes = bytesOf(streams[what]!)
        assert.equal(matchingPrefix(bytes, PROTOCOL_PREFIX.length), PROTOCOL_PREFIX.length)
        const handshake = readHandshake(bytes)
        assert.equal(toHex(handshake.infoHash), infoHash)
        assert.ok(textOf(handshake.peerId).startsWith(peerId))
        for (const feature of ['extended', 'dht', 'fast'] as const) {
          assert.ok(claims(handshake.reserved, feature), feature)
        }
      }
    })

    it('the extension handshakes: name, port, extensions, and the metadata size of one that has it', () => {
      const of = (what: string) => {
        const [first] = framesAfterHandshake(bytesOf(streams[what]!))
        assert.equal(first?.id, MESSAGE.extended)
        assert.equal(first.payload[0], 0)
        return decodeExtendedHandshake(first.payload.subarray(1))
      }
      const seeder = of('seeder dialled by us')
      const downloader = of('downloader dialled by the client')
      for (const handshake of [seeder, downloader]) {
        assert.equal(handshake?.client, says)
        assert.equal(handshake.port, PORT)
        assert.equal(handshake.ids.get('ut_metadata'), metadataId)
      }
      assert.equal(seeder?.metadataSize, METADATA_LENGTH)
      assert.equal(downloader?.metadataSize, undefined)
    })

    it('the frames that follow: everything there for a seeder, and the DHT port', () => {
      const frames = framesAfterHandshake(bytesOf(streams['seeder dialled by us']!))
      assert.ok(frames.some(({ id }) => id === MESSAGE.haveAll))
      const port = frames.find(({ id }) => id === MESSAGE.port)
      assert.deepEqual([...(port?.payload ?? [])], [PORT >> 8, PORT & 255])
    })

    if (file === 'aria2') {
      it('the pieces that it lets us have while choked: those of BEP 6, but for its wider mask', () => {
        const allowed = framesAfterHandshake(bytesOf(streams['seeder dialled by us']!))
          .filter(({ id }) => id === MESSAGE.allowedFast)
          .map(({ payload }) => new DataView(payload.buffer, payload.byteOffset).getUint32(0))
        assert.ok(allowed.length > 0)
        // Below 192.0.0.0 it masks two octets, where BEP 6 masks one.
        const address = parseAddress('127.0.0.100', 6882)!
        const ours = allowedFastSet(sha1, bytesOf(infoHash), address, pieces, allowed.length)
        assert.deepEqual([...allowed].sort(), [...ours].sort())
      })

      it('an encrypted stream is recognised as none of ours by its first byte', () => {
        const encrypted = Object.keys(streams).filter((what) => what.endsWith('encrypted'))
        assert.ok(encrypted.length > 0)
        for (const what of encrypted) assert.equal(matchingPrefix(bytesOf(streams[what]!), 1), 0)
      })
    } else {
      it('an error: its code and its text', () => {
        const error = message('error to bt')
        assert.ok(error.kind === 'error')
        assert.deepEqual([error.code, error.message], [203, 'Announce_peer with wrong token'])
      })
    }
  })
}
