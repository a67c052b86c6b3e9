/** A scenario of one's own: `npx lodestone-sim run quiet-hundred.mjs`. */
import { defineScenario, dhtGroups, LookupSurvey } from 'lodestone/sim'

export default defineScenario({
  name: 'quiet-hundred',
  description: 'A hundred nodes join, then look up random targets.',
  parameters: { nodes: { text: 'nodes', fallback: 100, min: 10, max: 1000, unit: 'count' } },
  sizes: { small: { nodes: 30 }, full: { nodes: 1000 } },
  population: ({ nodes }) => dhtGroups(nodes, 2, { kind: 'within', from: 0, seconds: 30 }),
  setup: (stage) => {
    const survey = new LookupSurvey(stage)
    survey.plan(200, 50, 0.1, () => stage.members)
    return survey
  },
  duration: () => 260,
  measure: (_stage, survey) => survey.report(),
  criteria: [{ name: 'look-ups that are exact', metric: 'lookupsExact', atLeast: 0.99 }],
})
