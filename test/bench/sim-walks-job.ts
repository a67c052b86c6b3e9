/** Look-ups for peers in virtual time, in a process of its own: `sim-walks-job.ts <what as JSON>`. Says its figures as one JSON line. */
import process from 'node:process'
import {
  LIVE_NETWORK,
  type PeerSurvey,
  type PeerSurveyInit,
  quantile,
  surveyOracle,
  surveyPeers,
} from '../../sim/validation/peer-survey.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'

interface Asked extends Omit<PeerSurveyInit, 'network'> {
  readonly isOracle?: boolean
}

const SHARES = [0.5, 0.9, 0.99] as const

function quantiles(sorted: readonly number[]): number[] {
  return SHARES.map((share) => quantile(sorted, share))
}

const { isOracle = false, ...asked } = JSON.parse(process.argv[2]!) as Asked
const init = { ...asked, network: LIVE_NETWORK }
const { lookupParallelism } = { ...DHT_DEFAULTS, ...asked.options }
const survey: PeerSurvey = isOracle ? surveyOracle(init, lookupParallelism) : surveyPeers(init)
const { firstMs, endMs, queries, found, recall } = survey
console.log(JSON.stringify({ first: quantiles(firstMs), end: quantiles(endMs), queries, found, recall }))
