import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Extents } from '../../../sim/payload/extents.ts'
import { Payload } from '../../../sim/payload/payload.ts'
import { hashOf } from '../../../sim/payload/piece-hash.ts'
import { inPool } from '../../../sim/payload/pool.ts'
import { SharedPiece } from '../../../sim/payload/shared-piece.ts'
import { parseInfo } from '../../../src/codec/metainfo.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'

const INIT = { seed: 3, name: 'payload.bin', length: 150_000, pieceLength: 65_536 }

describe('procedural content', () => {
  it('makes a metainfo whose hashes are those of its bytes', () => {
    const payload = new Payload(INIT)
    const info = parseInfo(payload.info, nodeCrypto)
    assert.deepEqual(Uint8Array.from(info.infoHash), Uint8Array.from(payload.infoHash))
    assert.equal(info.length, INIT.length)
    for (let piece = 0; piece < 3; piece++) {
      const bytes = payload.piece(piece).read(0, payload.geometry.lengthOf(piece))
      assert.deepEqual(
        Uint8Array.from(nodeCrypto.sha1(bytes)),
        Uint8Array.from(info.pieces!.subarray(20 * piece, 20 * piece + 20)),
      )
    }
  })

  it('is the same for the same seed, other for another, and not the same in each block', () => {
    const one = new Payload(INIT)
    assert.deepEqual(one.infoHash, new Payload(INIT).infoHash)
    assert.notDeepEqual(one.infoHash, new Payload({ ...INIT, seed: 4 }).infoHash)
    assert.notDeepEqual(one.block(0, 0), one.block(0, 1))
    assert.ok(inPool(one.block(0, 0)))
  })

  it('is hashed by identity where it lies in the pool, and really where a byte was changed', () => {
    const payload = new Payload(INIT)
    const piece = payload.piece(0)
    const good = hashOf(piece, 65_536)
    const wrong = payload.block(0, 1).slice()
    wrong[5]! ^= 1
    const changed = new Extents(piece.runs)
    changed.put(16_384, wrong)
    const bad = hashOf(changed, 65_536)
    assert.notDeepEqual(bad, good)
    assert.deepEqual(Uint8Array.from(bad), Uint8Array.from(nodeCrypto.sha1(changed.read(0, 65_536))))
  })

  it('is known by content, so views in another place of the piece have another hash', () => {
    const payload = new Payload(INIT)
    const swapped = new Extents()
    for (const [at, block] of [1, 0, 2, 3].entries()) swapped.put(at * 16_384, payload.block(0, block))
    assert.notDeepEqual(hashOf(swapped, 65_536), hashOf(payload.piece(0), 65_536))
  })

  it('is one object for all that hold a whole piece of it, and is not written to', () => {
    const payload = new Payload(INIT)
    const fetched = new Extents()
    // Out of order, and one block in two parts.
    const second = payload.block(0, 1)
    fetched.put(16_384 + 5_000, second.subarray(5_000))
    for (const block of [3, 0, 2]) fetched.put(block * 16_384, payload.block(0, block))
    assert.equal(SharedPiece.of(fetched, 65_536), undefined, 'not whole')
    fetched.put(16_384, second.subarray(0, 5_000))
    assert.equal(SharedPiece.of(fetched, 65_536), payload.piece(0))
    assert.equal(SharedPiece.of(payload.piece(0), 65_536), payload.piece(0))
    assert.throws(() => payload.piece(0).put(), /not written to/)
    assert.throws(() => payload.piece(0).cut(), /not written to/)
    fetched.put(0, payload.block(0, 0).slice())
    assert.equal(SharedPiece.of(fetched, 65_536), undefined, 'a private byte')
  })

  it('gives out digests that may be overwritten', () => {
    const payload = new Payload(INIT)
    const digest = hashOf(payload.piece(0), 65_536)
    const before = digest.slice()
    digest.fill(0)
    assert.deepEqual(hashOf(payload.piece(0), 65_536), before)
  })
})
