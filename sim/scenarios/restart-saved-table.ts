import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { CHURN_PROFILES } from '../hosts/churn-profiles.ts'
import { damageState, type StateDamage } from '../hosts/state-damage.ts'

const VICTIMS = 'victims'
const RUNNING = 900
const PATIENCE = 120
/** By the parameter `damage`. */
const DAMAGES: readonly (StateDamage | undefined)[] = [undefined, 'torn', 'corrupt', 'blank', 'gone']

/** Nodes die without warning in a network that changes meanwhile, and come back to what they had saved. */
export const restartSavedTable: Scenario = defineScenario({
  name: 'restart-saved-table',
  description:
    'Nodes are killed, and start again later from the table that they had saved, whole or damaged.',
  parameters: {
    nodes: { text: 'hosts that come and go', fallback: 500, min: 20, max: 100_000, unit: 'count' },
    victims: { text: 'nodes that are killed', fallback: 50, min: 1, max: 10_000, unit: 'count' },
    away: { text: 'in which they are away', fallback: 3_600, min: 1, max: 604_800, unit: 'seconds' },
    damage: {
      text: 'of their files: 0 none, 1 torn, 2 corrupt, 3 blank, 4 gone',
      fallback: 0,
      min: 0,
      max: 4,
      unit: 'count',
    },
    entry: {
      text: '1: they know an entry point too; 0: only what they saved',
      fallback: 0,
      min: 0,
      max: 1,
      unit: 'count',
    },
  },
  sizes: { small: { nodes: 150, victims: 20, away: 1_200 }, full: { nodes: 2_000, victims: 200 } },
  population: ({ nodes, victims }) => [
    ...dhtGroups(nodes, 4, { kind: 'churn', profile: CHURN_PROFILES.kit }),
    {
      name: VICTIMS,
      count: victims,
      arrival: { kind: 'within', from: 0, seconds: 60 },
      session: { listen: false },
    },
  ],
  setup: (stage) => {
    const { away, damage, entry } = stage.values
    const victims = stage.group(VICTIMS)
    const kind = DAMAGES[damage]
    stage.world.at(RUNNING * SECOND, () => {
      for (const victim of victims) {
        stage.kill(victim)
        if (kind !== undefined) damageState(victim.host.disk, kind, stage.rng)
      }
    })
    stage.world.at((RUNNING + away) * SECOND, () => {
      for (const victim of victims) stage.boot(victim, stage.now, entry === 1 ? {} : { bootstrap: [] })
    })
  },
  duration: ({ away }) => RUNNING + away + PATIENCE,
  progress: (stage) => `${stage.group(NODES).filter(({ isUp }) => isUp).length} nodes are up`,
  measure: (stage) => {
    const victims = stage.group(VICTIMS)
    const back = victims.filter(({ readyAt }) => readyAt !== undefined)
    stage.findings.metric('back', back.length / victims.length)
    stage.findings.distribution(
      'readyMs',
      back.map(({ readyAt, arrivedAt }) => (readyAt! - arrivedAt!) / MILLISECOND),
    )
  },
  criteria: [
    {
      name: 'nodes that are back in the DHT',
      metric: 'back',
      // Without a table and without an entry point there is no way back.
      atLeast: ({ damage, entry }) => (damage === 0 || entry === 1 ? 1 : undefined),
    },
    {
      name: 'time to be back, in the 95th percentile',
      metric: 'readyMsP95',
      atMost: ({ damage, entry }) => (damage === 0 || entry === 1 ? 10_000 : undefined),
    },
  ],
})
