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
})
