import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { PeerSlot } from '../../src/swarm/peer-slot.ts'
import { extended, HAVE_ALL, HostilePeer, message, UNCHOKE, uint32 } from '../support/hostile-peer.ts'
import { bits, GEOMETRY } from '../support/peer-pair.ts'

function slotOf(remote: HostilePeer): PeerSlot {
  return new PeerSlot(1, remote.station.peer, 0, bits(GEOMETRY.pieceCount))
}

function listed(slot: PeerSlot): number[] {
  return [0, 1, 2, 3].filter((piece) => slot.pieces.has(piece))
}

describe('a peer as its torrent sees it', () => {
  it('EX12: wants nothing more when it has everything or says so, and is of no use if it has nothing for us', () => {
    const uploadOnly = (is: number): Uint8Array => extended(0, `d11:upload_onlyi${is}ee`)
    const remote = HostilePeer.greeted().send(uploadOnly(1))
    const slot = slotOf(remote)
    assert.deepEqual([slot.sated, slot.redundant], [true, true])
    slot.witness = 2
    assert.deepEqual([slot.sated, slot.redundant], [true, false])
    remote.send(uploadOnly(0))
    assert.equal(slot.sated, false)
    remote.send(HAVE_ALL)
    assert.equal(slot.sated, true)
    const early = slotOf(
      HostilePeer.greeted(undefined, { terms: { geometry: undefined } }).send(uploadOnly(1)),
    )
    early.none = bits(0)
    assert.deepEqual([early.sated, early.redundant], [true, false], 'it may serve the metadata')
  })

  it('RS2: has made nothing of its place when nothing moved in a turn of ten seconds, or for two minutes of a longer one', () => {
    const slot = slotOf(HostilePeer.greeted())
    assert.equal(slot.vain(10 * MINUTE), false, 'it was never asked')
    slot.serve(MINUTE, true)
    slot.serve(MINUTE + 9 * SECOND, false)
    assert.equal(slot.vain(10 * MINUTE), false)
    slot.serve(10 * MINUTE, true)
    slot.serve(10 * MINUTE + 10 * SECOND, false)
    assert.equal(slot.vain(11 * MINUTE), true)
    slot.movedAt = 11 * MINUTE
    assert.equal(slot.vain(11 * MINUTE), false)
    slot.serve(12 * MINUTE, true)
    assert.deepEqual([slot.vain(14 * MINUTE - 1), slot.vain(14 * MINUTE)], [false, true])
  })

  it('is of use while something has moved lately', () => {
    const slot = slotOf(HostilePeer.greeted())
    assert.equal(slot.useful(SECOND), false, 'nothing has moved at all')
    slot.movedAt = 2 * SECOND
    assert.equal(slot.useful(21 * SECOND), true)
    assert.equal(slot.useful(22 * SECOND), false)
  })

  it('FX8: offers what it grants while it chokes us, and everything once it does not', () => {
    const remote = HostilePeer.greeted().send(HAVE_ALL, message(17, uint32(2)))
    const slot = slotOf(remote)
    assert.deepEqual([...slot.allowed!], [2])
    remote.send(UNCHOKE)
    assert.equal(slot.allowed, undefined)
  })

  it('FX13: is not asked for what it refused until that is forgiven', () => {
    const slot = slotOf(HostilePeer.greeted().send(HAVE_ALL))
    slot.refused(1)
    slot.refused(3)
    slot.refused(3)
    assert.deepEqual([listed(slot), slot.held.full], [[0, 2], true])
    assert.deepEqual([slot.forgive(), slot.forgive()], [true, false])
    assert.deepEqual(listed(slot), [0, 1, 2, 3])
  })

  it('FX13: offers a piece that it gets after a refusal', () => {
    const remote = HostilePeer.greeted().send(message(5, Uint8Array.of(0xc0)))
    const slot = slotOf(remote)
    slot.refused(0)
    remote.send(message(4, uint32(2)))
    slot.gained(2)
    assert.deepEqual(listed(slot), [1, 2])
  })
})
