import { between, type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'

/** What befalls datagrams on a way; streams repair it, so it does not touch them. */
export interface Impairment {
  /** Share that is lost. */
  readonly loss: number
  /** Share that arrives twice. */
  readonly duplicate: number
  /** Share that is held up, so that later ones overtake it. */
  readonly reorder: number
  /** For how long at most, in microseconds. */
  readonly hold: Micros
}

const NONE: Impairment = Object.freeze({ loss: 0, duplicate: 0, reorder: 0, hold: 50 * MILLISECOND })

/** What is not said does not happen; `undefined` when nothing does, which costs nothing. */
export function impairment(parts: Partial<Impairment>): Impairment | undefined {
  const whole = { ...NONE, ...parts }
  return whole.loss > 0 || whole.duplicate > 0 || whole.reorder > 0 ? whole : undefined
}

/** What befalls one datagram. */
export interface Fate {
  /** 0 when it is lost, 2 when it is doubled. */
  copies: 0 | 1 | 2
  /** How much later it goes on. */
  hold: Micros
}

export function drawFate({ loss, duplicate, reorder, hold }: Impairment, rng: Rng): Fate {
  if (loss > 0 && unit(rng) < loss) return { copies: 0, hold: 0 }
  const copies = duplicate > 0 && unit(rng) < duplicate ? 2 : 1
  return { copies, hold: reorder > 0 && unit(rng) < reorder ? between(rng, 1, hold) : 0 }
}
