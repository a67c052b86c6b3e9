import { LookupSurvey } from './lookup-survey.ts'
import type { Stage } from './stage.ts'

/** In seconds; `lookups` are counted. */
interface Times {
  readonly spread: number
  readonly settle: number
  readonly lookups: number
}

/** The parts of a scenario in which all join within `spread`, time passes, and look-ups follow: one each `gap` seconds. */
export interface SettledLookups {
  setup(stage: Stage<Times>): LookupSurvey
  duration(values: Times): number
  done(stage: Stage<Times>, survey: LookupSurvey): boolean
  progress(stage: Stage<Times>, survey: LookupSurvey): string
}

/** `patience`: seconds after the last look-up has begun, in which all must end. */
export function settledLookups(gap: number, patience: number): SettledLookups {
  return {
    setup: (stage) => {
      const { spread, settle, lookups } = stage.values
      const survey = new LookupSurvey(stage)
      survey.plan(spread + settle, lookups, gap, () => stage.members)
      return survey
    },
    duration: ({ spread, settle, lookups }) => spread + settle + lookups * gap + patience,
    done: ({ values }, survey) => survey.ended === values.lookups,
    progress: ({ values }, { ended }) => `${ended} of ${values.lookups} look-ups ended`,
  }
}
