import assert from 'node:assert/strict'
import {
  decodeExtendedHandshake,
  decodeMetadataMessage,
  type ExtendedHandshake,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  METADATA_LIMIT,
  type MetadataMessage,
} from '../../src/codec/extended.ts'
import {
  encodeHashMessage,
  HASH_HEAD_LENGTH,
  type HashRequest,
  proofsSent,
  readHashRequest,
} from '../../src/codec/hash-message.ts'
import {
  decodePeerExchange,
  encodePeerExchange,
  type PeerExchangeMessage,
} from '../../src/codec/peer-exchange.ts'
import { isLegalLength, MESSAGE } from '../../src/codec/wire.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'
import type { Format } from './codec-target.ts'

/** The extension handshake (BEP 10). */
export const EXTENSION_HANDSHAKE: Format<ExtendedHandshake> = {
  seeds: [
    encodeExtendedHandshake({
      ids: { ut_metadata: 2, ut_pex: 3 },
      metadataSize: 40_000,
      requestQueue: 500,
      port: 6881,
      client: 'Lodestone',
      yourIp: Uint8Array.of(60, 1, 2, 3),
      uploadOnly: true,
    }),
    latin1(
      'd1:ei0e4:ipv616:aaaabbbbccccdddd12:complete_agoi1e1:md11:lt_donthavei7e10:share_modei8e11:upload_onlyi3e12:ut_holepunchi4e11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e4:reqqi2000e11:upload_onlyi0e1:v17:libTorrent 2.0.1 6:yourip16:aaaabbbbccccddddee',
    ),
    latin1('d1:md11:ut_metadatai3ee13:metadata_sizei33554432e4:reqqi250ee'),
    latin1('d1:md11:ut_metadatai0e6:ut_pexi0eee'),
    latin1('d1:md1:ai5e11:ut_metadatai5e6:ut_pexi5ee1:v4:\xc3\xa9\x1b[e'),
    latin1('de'),
  ],
  read: decodeExtendedHandshake,
  check({ ids, metadataSize, requestQueue, port, client, yourIp }) {
    const within = (value: number | undefined, least: number, most: number): boolean =>
      value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)
    assert.ok([...ids.values()].every((id) => within(id, 0, 255)))
    const used = [...ids.values()].filter((id) => id !== 0)
    assert.equal(new Set(used).size, used.length, 'two extensions have one id')
    assert.ok(within(metadataSize, 1, METADATA_LIMIT) && within(port, 1, 65_535))
    assert.ok(within(requestQueue, 1, Number.MAX_SAFE_INTEGER))
    assert.ok(client === undefined || [...client].length <= 64)
    assert.ok(yourIp === undefined || yourIp.length === 4 || yourIp.length === 16)
  },
}

/** Metadata messages (BEP 9). */
export const METADATA_MESSAGE: Format<MetadataMessage> = {
  seeds: [
    encodeMetadataMessage({ kind: 'request', piece: 0 }),
    encodeMetadataMessage({ kind: 'request', piece: 2047 }),
    encodeMetadataMessage({ kind: 'reject', piece: 1 }),
    encodeMetadataMessage({ kind: 'data', piece: 2, totalSize: 40_000, bytes: new Uint8Array(300).fill(7) }),
    latin1('d8:msg_typei1e5:piecei0e10:total_sizei4294967296e5:users9:some more12:xxe'),
    latin1('d8:msg_typei9e5:piecei0ee'),
  ],
  read: decodeMetadataMessage,
  check(message, bytes) {
    if (message.kind === 'unknown') return
    assert.ok(Number.isSafeInteger(message.piece))
    if (message.kind !== 'data') return
    assert.ok(message.totalSize === undefined || Number.isSafeInteger(message.totalSize))
    assert.ok(message.bytes.buffer === bytes.buffer && message.bytes.length < bytes.length, 'a view of it')
  },
}

/** What is said of trees of hashes (BEP 52): the payload of a request, an answer or a reject. */
export const HASH_MESSAGE: Format<HashRequest> = {
  seeds: [
    encodeHashMessage({ root: new Uint8Array(32).fill(1), base: 0, index: 8, length: 4, proofs: 3 }),
    encodeHashMessage(
      { root: new Uint8Array(32).fill(2), base: 4, index: 512, length: 512, proofs: 10 },
      new Uint8Array(514 * 32).fill(3),
    ),
  ],
  read: (bytes) => (isLegalLength(MESSAGE.hashes, 1 + bytes.length) ? readHashRequest(bytes) : undefined),
  check(request, bytes) {
    // Law: what was read is written as it stood.
    const written = encodeHashMessage(request, bytes.subarray(HASH_HEAD_LENGTH))
    assert.deepEqual(written, Uint8Array.from(bytes))
    assert.ok(proofsSent(request) >= 0 && proofsSent(request) <= request.proofs)
  },
}

const NAMED = [1, 2, 300, 4_000].map((index) => ({ address: globalAddress(index), flags: index & 0x12 }))
const NAMED_6 = ['2001:db8::1', '2001:db8:1::2'].map((host) => ({ address: address(host, 6881), flags: 2 }))

/** Peer exchange (BEP 11). */
export const PEER_EXCHANGE: Format<PeerExchangeMessage & { most: number }> = {
  seeds: [
    encodePeerExchange({ added: NAMED, dropped: [] }),
    encodePeerExchange({ added: [...NAMED, ...NAMED_6], dropped: [globalAddress(9), NAMED_6[0]!.address] }),
    encodePeerExchange({
      added: Array.from({ length: 120 }, (_, i) => ({ address: globalAddress(i), flags: 0 })),
      dropped: Array.from({ length: 60 }, (_, i) => globalAddress(1_000 + i)),
    }),
    latin1('d5:added0:7:added.f0:6:added60:8:added6.f0:7:dropped0:8:dropped60:e'),
  ],
  read(bytes, rng) {
    const most = 1 + below(rng, 100)
    const read = decodePeerExchange(bytes, most)
    return read && { ...read, most }
  },
  check({ added, dropped, most }) {
    assert.ok(added.length <= most && dropped.length <= most, 'more than were asked for')
    for (const { address: named, flags } of added) {
      assert.ok(named.port >= 0 && named.port <= 65_535 && flags >= 0 && flags <= 255)
    }
    // Law: what was read, written and read again, is the same.
    const again = decodePeerExchange(encodePeerExchange({ added, dropped }), most)
    assert.deepEqual(
      again?.added.map(({ address: named, flags }) => [named.text, flags]).sort(),
      added.map(({ address: named, flags }) => [named.text, flags]).sort(),
    )
  },
}
