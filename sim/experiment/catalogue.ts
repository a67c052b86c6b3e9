import { bootstrap } from '../scenarios/bootstrap.ts'
import { swarm } from '../scenarios/swarm.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario, in the order of `list`. */
export const catalogue: readonly Scenario[] = [bootstrap, swarm]
