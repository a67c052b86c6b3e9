import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LENGTH = 4 << 20

/** A crowd around one seed: the copies that it sends, and the seconds until all are complete. `apart`: they know nobody but the seed. */
function crowd(seed: number, superSeed: boolean, leechers: number, apart = false) {
  const swarm = new VirtualSwarm({ seed, length: LENGTH, pieceLength: 64 * 1024 })
  const rates = { up: 128 * 1024, down: 1024 * 1024 }
  const source = swarm.join({ mode: 'seed', rates, add: { superSeed } })
  const all = [source]
  for (let i = 0; i < leechers; i++) {
    all.push(swarm.join({ peers: apart ? [source] : all.slice(), rates, informed: true }))
  }
  swarm.until(() => all.every(({ done }) => done), 3_000 * SECOND)
  assert.ok(all.slice(1).every(({ whole }) => whole))
  return { copies: source.progress.uploaded / LENGTH, seconds: swarm.world.now / SECOND }
}

describe('BEP 16: super-seeding', () => {
  it('sends each piece little more than once before a crowd is complete', () => {
    for (const seed of [1, 2]) {
      const [plain, shown] = [crowd(seed, false, 20), crowd(seed, true, 20)]
      assert.ok(shown.copies < 1.25 && shown.copies < plain.copies - 0.15, `${shown.copies}, ${plain.copies}`)
    }
  })

  it('serves a single leecher, and those that do not reach each other', () => {
    assert.equal(crowd(1, true, 1).copies, 1)
    assert.ok(crowd(1, true, 2, true).copies >= 1)
  })
})
