import type { NodeInfo } from '../../src/codec/compact.ts'
import { commonPrefix, compareDistance, type Id } from '../../src/core/id.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { ProceduralNetwork } from './procedural-network.ts'

const NEAREST = 8
/** Contacts that a walk starts from, as the node has it. */
const SEEDS = 16

export interface OracleWalk {
  /** Milliseconds until the first of the holders answers; `undefined` when none does. */
  readonly firstMs: number | undefined
  readonly endMs: number
  readonly queries: number
}

interface Step {
  readonly rank: number
  readonly node: NodeInfo
  readonly roundTrip: Micros
  readonly bucket: number
  state: 'fresh' | 'asked' | 'answered'
}

/**
 * A look-up by somebody who knows who is alive and how far everybody is: it walks the same tables as the node, with as many queries at
 * once, never asks who will not answer, loses no datagram, and prefers the near in time among those that share as many bits with the
 * target. Nobody can do better with these tables and this parallelism but by luck.
 */
export function oracleWalk(
  network: ProceduralNetwork,
  asker: number,
  target: Id,
  holders: ReadonlySet<number>,
  parallelism: number,
): OracleWalk {
  const steps: Step[] = []
  const known = new Set<number>([asker])
  const open: { readonly at: Micros; readonly step: Step }[] = []
  let now: Micros = 0
  let queries = 0
  let firstMs: number | undefined
  const name = (nodes: readonly NodeInfo[]): void => {
    for (const node of nodes) {
      const rank = network.rankOf(node.address)
      if (known.has(rank) || network.isDead(rank)) continue
      known.add(rank)
      const roundTrip = network.roundTrip(asker, rank)
      steps.push({ rank, node, roundTrip, bucket: commonPrefix(target, node.id), state: 'fresh' })
    }
    steps.sort((a, b) => compareDistance(target, a.node.id, b.node.id))
  }
  const ask = (): void => {
    while (open.length < parallelism) {
      const step = nextOf(steps)
      if (step === undefined) return
      step.state = 'asked'
      queries += 1
      open.push({ at: now + step.roundTrip, step })
      open.sort((a, b) => a.at - b.at)
    }
  }
  name(nearestContacts(network, asker, target, SEEDS))
  ask()
  while (!isOver(steps) && open.length > 0) {
    const { at, step } = open.shift()!
    now = at
    step.state = 'answered'
    if (firstMs === undefined && holders.has(step.rank)) firstMs = now / MILLISECOND
    name(nearestContacts(network, step.rank, target, NEAREST))
    ask()
  }
  return { firstMs, endMs: now / MILLISECOND, queries }
}

/** Of those that may be asked before eight have answered: of the bucket of the nearest, the nearest in time. */
function nextOf(steps: readonly Step[]): Step | undefined {
  let answered = 0
  let best: Step | undefined
  for (const step of steps) {
    if (step.state === 'answered' && ++answered === NEAREST) break
    if (step.state !== 'fresh') continue
    if (best !== undefined && step.bucket < best.bucket) break
    if (best === undefined || step.roundTrip < best.roundTrip) best = step
  }
  return best
}

function isOver(steps: readonly Step[]): boolean {
  let answered = 0
  for (const { state } of steps) {
    if (state !== 'answered') return false
    if (++answered === NEAREST) return true
  }
  return true
}

function nearestContacts(
  network: ProceduralNetwork,
  rank: number,
  target: Id,
  count: number,
): readonly NodeInfo[] {
  const { contacts } = network.handover(rank)
  return contacts.toSorted((a, b) => compareDistance(target, a.id, b.id)).slice(0, count)
}
