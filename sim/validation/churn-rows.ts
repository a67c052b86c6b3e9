import { MINUTE } from '../../src/core/time.ts'
import { staysOf } from '../hosts/churn.ts'
import { CHURN_PROFILES, type ChurnProfile } from '../hosts/churn-profiles.ts'
import { distanceTo } from './kolmogorov.ts'
import { atMost, close, type Figure, near, type Row } from './row.ts'

const SEED = 1
const SESSIONS = 10_000

/** The first session of each host that begins after the start. */
function freshSessions(profile: ChurnProfile): readonly number[] {
  const lengths: number[] = []
  for (let host = 1; lengths.length < SESSIONS; host++) {
    for (const { up, age, length } of staysOf(SEED, host, profile)) {
      if (!up || age > 0) continue
      lengths.push(length)
      break
    }
  }
  return lengths
}

function weibullCdf({ session: { scale, shape } }: ChurnProfile): (value: number) => number {
  return (value) => 1 - Math.exp(-((value / scale) ** shape))
}

const fits: Row = {
  name: 'session-fits',
  claim: 'generated sessions follow the Weibull fits that they are generated from',
  source: 'Stutzbach and Rejaie 2006; Delft PDS-2010-003; Karlsruhe; Wang and Kangasharju 2013',
  isQuick: true,
  measure: () => {
    return Object.entries(CHURN_PROFILES).map(([name, profile]): Figure => {
      return atMost(`KS distance of ${name}`, distanceTo(freshSessions(profile), weibullCdf(profile)), 0.02)
    })
  },
}

const quantiles: Row = {
  name: 'session-quantiles',
  claim: 'generated sessions have the quantiles that the sources tell of Mainline nodes',
  source: 'Karlsruhe: median 145 min; Wang and Kangasharju 2013: half below 200 min, 3 % above 9,000 min',
  isQuick: true,
  measure: () => {
    const kit = freshSessions(CHURN_PROFILES.kit).toSorted((a, b) => a - b)
    const mainline = freshSessions(CHURN_PROFILES.mainline)
    const above = (minutes: number): number =>
      mainline.filter((length) => length > minutes * MINUTE).length / mainline.length
    return [
      near('median minutes of kit', kit[SESSIONS >> 1]! / MINUTE, 145, 0.05),
      close('share of mainline above 200 min', above(200), 0.5, 0.02),
      close('share of mainline above 9,000 min', above(9_000), 0.03, 0.006),
    ]
  },
}

/** What is known of sessions. */
export const churnRows: readonly Row[] = [fits, quantiles]
