import { catalogue } from './catalogue.ts'

/** A scenario with what is set over the values of its size, as typed. */
export interface FullRun {
  readonly scenario: string
  readonly given: Readonly<Record<string, string>>
}

/** What scenarios are run with besides the values of their size: where their figure changes, or must not. */
const VARIATIONS: Readonly<Record<string, readonly FullRun['given'][]>> = {
  churn: [{ scale: '0.3' }],
  'loss-sweep': [{ loss: '0.1' }, { loss: '0.3' }],
  'missing-piece': [{ load: '1.25' }],
  'partition-heal': [{ share: '0.1' }, { ways: '1' }],
  'rarest-vs-random': [{ picker: '1' }],
  'sybil-infohash': [{ subnets: '4' }, { near: '8' }, { enforced: '1' }],
  'seed-leaves': [{ copies: '1' }, { copies: '0.9' }],
}

/** All that is to be run to know how every scenario of the catalogue stands. */
export const fullRuns: readonly FullRun[] = catalogue.flatMap(({ name }) =>
  [{}, ...(VARIATIONS[name] ?? [])].map((given) => ({ scenario: name, given })),
)
