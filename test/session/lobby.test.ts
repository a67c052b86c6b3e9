import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { Lobby } from '../../src/session/lobby.ts'

describe('the lobby', () => {
  it('HS20 holds no more than its places, and closes who has waited longest', () => {
    const lobby = new Lobby<number>(3)
    const closed = [1, 2, 3, 4, 5].map((key) => lobby.enter(key, parseAddress(`8.0.0.${key}`, 1000)!))
    assert.deepEqual(closed, [undefined, undefined, undefined, 1, 2])
    assert.equal(lobby.size, 3)
  })

  it('HS20 turns away an IP that has its share, in the global scope alone', () => {
    const lobby = new Lobby<number>()
    for (let key = 1; key <= 10_000; key++) {
      const turned = lobby.enter(key, parseAddress('8.0.0.1', 1 + key)!)
      assert.equal(turned, key <= 8 ? undefined : key)
    }
    assert.equal(lobby.size, 8)
    lobby.leave(3)
    lobby.leave(3)
    assert.equal(lobby.enter(0, parseAddress('8.0.0.1', 9)!), undefined)
    const local = new Lobby<number>()
    for (let key = 1; key <= 20; key++) {
      assert.equal(local.enter(key, parseAddress('127.0.0.1', key)!), undefined)
    }
  })
})
