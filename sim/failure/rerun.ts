import { EpochDigests } from '../engine/epoch-digests.ts'
import type { World } from '../hosts/world.ts'
import type { Rerun } from './bisect.ts'

/** Thrown to break off a run of which nothing more is to be seen. */
class SeenEnough extends Error {}

/**
 * A way to play a run again for `bisect`. `play` plays it from its beginning and shows its world while that is empty, as
 * `runScenario` does with its option `watch`; it is broken off where what was asked for ends, so nothing is measured.
 */
export function rerunOf(play: (watch: (world: World) => void) => void): Rerun {
  return (from, to, show) => {
    const epochs = new EpochDigests()
    try {
      play(({ scheduler }) => {
        scheduler.epochs = epochs
        scheduler.watch((event) => {
          if (event.time >= to) throw new SeenEnough()
          if (event.time >= from) show({ ...event, kind: scheduler.nameOf(event.kind) })
        })
      })
    } catch (error) {
      if (!(error instanceof SeenEnough)) throw error
    }
    return epochs.table()
  }
}
