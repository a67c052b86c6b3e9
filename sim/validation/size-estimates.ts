import { compareDistance, randomId } from '../../src/core/id.ts'
import { NetworkSize } from '../../src/dht/lookup/network-size.ts'
import { streamFor } from '../engine/rng.ts'
import { WORLD } from '../hosts/sim-host.ts'
import { IdTree } from './id-tree.ts'

const NEAREST = 8

/** What the node's own estimate comes to, as a share of the true size, from `walks` walks that found the nearest; `trials` times. */
export function sizeEstimates(seed: number, size: number, walks: number, trials: number): readonly number[] {
  const rng = streamFor(seed, WORLD, 'size estimates')
  const tree = new IdTree(seed, size)
  const nowhere = randomId(rng)
  return Array.from({ length: trials }, () => {
    const estimate = new NetworkSize()
    for (let walk = 0; walk < walks; walk++) {
      const target = randomId(rng)
      const ids = [...tree.nearest(target, NEAREST)].sort((a, b) => compareDistance(target, a, b))
      estimate.learn(
        target,
        ids.map((id) => ({ id })),
      )
    }
    return estimate.estimate(nowhere, [])! / size
  })
}
