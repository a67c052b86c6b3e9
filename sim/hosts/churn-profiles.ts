import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { Weibull } from './weibull.ts'

/** How long hosts stay, and how long they stay away. */
export interface ChurnProfile {
  readonly session: Weibull
  /**
   * Share of the time in which a host is up, from above 0 to 1 (never away: it comes back at once). Absences have the shape
   * of sessions; none of the sources fits them.
   */
  readonly availability: number
}

/** As good as unmeasured in all sources: a host is up half of its time. */
const HALF = 0.5

function fitted(scale: number, shape: number): ChurnProfile {
  return { session: { scale, shape }, availability: HALF }
}

export type ChurnName = 'kit' | 'mainline' | 'debian' | 'redHat' | 'flatOut' | 't6' | 't7' | 't9'

/** Published fits of session lengths. Where a source gives no unit, its figures read as minutes. */
export const CHURN_PROFILES: Readonly<Record<ChurnName, ChurnProfile>> = {
  /** Mainline DHT nodes, of Karlsruhe's DHT simulations: median 145 min, mean 323 min. */
  kit: fitted(14_900 * SECOND, 0.68),
  /** Mainline DHT nodes: half of the sessions below 200 min, 3 % above 9,000 (Wang and Kangasharju, 2013); fitted to both. */
  mainline: fitted(473 * MINUTE, 0.426),
  /** Swarms (Stutzbach and Rejaie, 2006). */
  debian: fitted(42.4 * MINUTE, 0.38),
  redHat: fitted(21.3 * MINUTE, 0.34),
  flatOut: fitted(41.9 * MINUTE, 0.59),
  /** Traces of the Delft archive (PDS-2010-003, table 14). */
  t6: fitted(287.93 * MINUTE, 0.63),
  t7: fitted(205.71 * MINUTE, 0.62),
  t9: fitted(175.47 * MINUTE, 0.59),
}

/** The same with all durations `factor` times as long: below 1, more churn. */
export function stretched({ session, availability }: ChurnProfile, factor: number): ChurnProfile {
  return { session: { scale: session.scale * factor, shape: session.shape }, availability }
}
