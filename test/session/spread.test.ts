import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import type { SwarmOptions } from '../../src/swarm/options.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LENGTH = 4 << 20
const LEECHERS = 20

/** Copies that the only seed of a flash crowd sends before all have everything. */
function copies(seed: number, options: Partial<SwarmOptions>): number {
  const swarm = new VirtualSwarm({ seed, length: LENGTH, pieceLength: 64 * 1024 })
  const rates = { up: 128 * 1024, down: 1024 * 1024 }
  const source = swarm.join({ mode: 'seed', rates, policies: { swarm: { options } } })
  const crowd = [source]
  for (let i = 0; i < LEECHERS; i++) crowd.push(swarm.join({ peers: crowd.slice(), rates, informed: true }))
  const leechers = crowd.slice(1)
  swarm.until(() => leechers.every(({ done }) => done), 600 * SECOND)
  assert.ok(leechers.every(({ whole }) => whole))
  return source.progress.uploaded / LENGTH
}

it('FX16: what the only seed suggests saves it a fifth of a copy before a crowd is complete', () => {
  for (const seed of [1, 2, 3]) {
    const [plain, advised] = [copies(seed, { suggestedPieces: 0 }), copies(seed, {})]
    assert.ok(advised < plain - 0.2 && advised < 1.45, `${advised} with, ${plain} without`)
  }
})
