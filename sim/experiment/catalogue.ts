import { announceFind } from '../scenarios/announce-find.ts'
import { asymmetricLinks } from '../scenarios/asymmetric-links.ts'
import { bootstrap } from '../scenarios/bootstrap.ts'
import { bootstrapStorm } from '../scenarios/bootstrap-storm.ts'
import { churnScenario } from '../scenarios/churn.ts'
import { clockSkew } from '../scenarios/clock-skew.ts'
import { diskFaults } from '../scenarios/disk-faults.ts'
import { eclipseNode } from '../scenarios/eclipse-node.ts'
import { flashCrowd } from '../scenarios/flash-crowd.ts'
import { freeRiders } from '../scenarios/free-riders.ts'
import { lookupAccuracy } from '../scenarios/lookup-accuracy.ts'
import { loopback } from '../scenarios/loopback.ts'
import { lossSweep } from '../scenarios/loss-sweep.ts'
import { magnetE2e } from '../scenarios/magnet-e2e.ts'
import { missingPiece } from '../scenarios/missing-piece.ts'
import { natMajority } from '../scenarios/nat-majority.ts'
import { partitionHeal } from '../scenarios/partition-heal.ts'
import { poisonedPieces } from '../scenarios/poisoned-pieces.ts'
import { rarestVsRandom } from '../scenarios/rarest-vs-random.ts'
import { restartSavedTable } from '../scenarios/restart-saved-table.ts'
import { seedLeaves } from '../scenarios/seed-leaves.ts'
import { slowLoris } from '../scenarios/slow-loris.ts'
import { soak } from '../scenarios/soak.ts'
import { steadySwarm } from '../scenarios/steady-swarm.ts'
import { swarm } from '../scenarios/swarm.ts'
import { sybilInfohash } from '../scenarios/sybil-infohash.ts'
import { tokenAndFlood } from '../scenarios/token-and-flood.ts'
import { utpLinks } from '../scenarios/utp-links.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario, in the order of `list`. */
export const catalogue: readonly Scenario[] = [
  bootstrap,
  swarm,
  bootstrapStorm,
  lookupAccuracy,
  churnScenario,
  announceFind,
  flashCrowd,
  steadySwarm,
  missingPiece,
  seedLeaves,
  asymmetricLinks,
  rarestVsRandom,
  magnetE2e,
  poisonedPieces,
  slowLoris,
  freeRiders,
  sybilInfohash,
  eclipseNode,
  tokenAndFlood,
  partitionHeal,
  natMajority,
  loopback,
  lossSweep,
  clockSkew,
  restartSavedTable,
  diskFaults,
  soak,
  utpLinks,
]
