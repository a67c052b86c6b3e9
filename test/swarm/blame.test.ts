import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Blame } from '../../src/swarm/blame.ts'

describe('blame', () => {
  it('CL8 bans at once who supplied a bad piece alone', () => {
    assert.deepEqual(new Blame().failed([7]), { ban: [7], suspects: [], cleared: [] })
  })

  it('CL9 bans nobody when several supplied it, and suspects them all', () => {
    const blame = new Blame()
    assert.deepEqual(blame.failed([1, 2, 3]), { ban: [], suspects: [1, 2, 3], cleared: [] })
    assert.ok(blame.suspects(2))
    assert.equal(blame.suspects(4), false)
    assert.deepEqual(blame.failed([3, 4]).suspects, [4], 'named once')
  })

  it('clears a suspect by a good piece that it supplied alone, not by one that it shared', () => {
    const blame = new Blame()
    blame.failed([1, 2])
    assert.deepEqual(blame.verified([1, 2]).cleared, [])
    assert.deepEqual(blame.verified([1]).cleared, [1])
    assert.equal(blame.suspects(1), false)
    assert.ok(blame.suspects(2))
    assert.deepEqual(blame.verified([1]).cleared, [], 'it was no suspect any more')
  })

  it('asks two good pieces, and no more, of one involved again and again', () => {
    const blame = new Blame()
    for (let i = 0; i < 10; i++) blame.failed([1, 2 + i])
    assert.deepEqual(blame.verified([1]).cleared, [])
    assert.deepEqual(blame.verified([1]).cleared, [1])
  })

  it('convicts a suspect by a bad piece that it supplied alone', () => {
    const blame = new Blame()
    blame.failed([1, 2])
    assert.deepEqual(blame.failed([2]).ban, [2])
    assert.equal(blame.suspects(2), false, 'it is banned, and no longer merely suspected')
    blame.gone(1)
    assert.equal(blame.suspects(1), false)
  })

  it('says of a good piece nothing but who is cleared', () => {
    assert.deepEqual(new Blame().verified([1]), { ban: [], suspects: [], cleared: [] })
  })

  it('CL11 bans a peer that was cleared meanwhile, for two contents of one block, and does not suspect it as well', () => {
    const blame = new Blame()
    const bad = (content: number) => ({
      ...{ piece: 0, suppliers: [1, 2] },
      digests: new Uint8Array(40).fill(content, 20),
    })
    assert.deepEqual(blame.failed([1, 2], bad(8)).ban, [])
    assert.deepEqual(blame.verified([2]).cleared, [2])
    assert.deepEqual(blame.failed([1, 2], bad(9)), { ban: [2], suspects: [], cleared: [] })
  })

  it('suspects 4,096 peers, and lets off who was suspected longest', () => {
    const blame = new Blame()
    for (let peer = 1; peer < 4096; peer += 2) blame.failed([peer, peer + 1])
    assert.ok(blame.suspects(1))
    blame.failed([4097, 4098])
    assert.deepEqual(
      [1, 2, 3, 4098].map((peer) => blame.suspects(peer)),
      [false, false, true, true],
    )
  })
})
