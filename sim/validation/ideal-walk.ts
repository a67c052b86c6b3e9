import type { NodeInfo } from '../../src/codec/compact.ts'
import { toHex } from '../../src/core/bytes.ts'
import { compareDistance, type Id } from '../../src/core/id.ts'
import type { ProceduralNetwork } from './procedural-network.ts'

const NEAREST = 8

/** Whom a walk may ask next: only the eight nearest that it knows of, or anybody until eight have answered. */
export type Eagerness = 'eight best' | 'until eight answered'

export interface IdealWalk {
  readonly hops: number
  readonly queries: number
}

interface Step {
  readonly node: NodeInfo
  readonly hops: number
  state: 'fresh' | 'asked' | 'answered'
}

/**
 * A look-up as a model on paper: answers come in the order of questions, nobody is slow or silent, no datagram is written.
 * On the same tables it says what of a real walk's figures comes from the rule by which it asks.
 */
export function idealWalk(
  network: ProceduralNetwork,
  rank: number,
  target: Id,
  parallelism: number,
  eagerness: Eagerness,
): IdealWalk {
  const steps: Step[] = []
  const known = new Set<string>([toHex(network.tree.idOf(rank))])
  const name = (nodes: readonly NodeInfo[], hops: number): void => {
    for (const node of nodes) {
      if (known.has(toHex(node.id))) continue
      known.add(toHex(node.id))
      steps.push({ node, hops, state: 'fresh' })
    }
    steps.sort((a, b) => compareDistance(target, a.node.id, b.node.id))
  }
  const underway: Step[] = []
  let queries = 0
  const ask = (): void => {
    while (underway.length < parallelism) {
      const step = nextOf(steps, eagerness)
      if (step === undefined) return
      step.state = 'asked'
      queries += 1
      underway.push(step)
    }
  }
  name(nearestContacts(network, rank, target), 1)
  ask()
  while (steps.slice(0, NEAREST).some(({ state }) => state !== 'answered')) {
    const step = underway.shift()!
    step.state = 'answered'
    name(nearestContacts(network, network.rankOf(step.node.address), target), step.hops + 1)
    ask()
  }
  return { hops: steps[0]!.hops, queries }
}

function nextOf(steps: readonly Step[], eagerness: Eagerness): Step | undefined {
  if (eagerness === 'eight best') return steps.slice(0, NEAREST).find(({ state }) => state === 'fresh')
  let answered = 0
  for (const step of steps) {
    if (step.state === 'fresh') return step
    if (step.state === 'answered' && ++answered === NEAREST) return undefined
  }
  return undefined
}

function nearestContacts(network: ProceduralNetwork, rank: number, target: Id): readonly NodeInfo[] {
  const { contacts } = network.handover(rank)
  return contacts.toSorted((a, b) => compareDistance(target, a.id, b.id)).slice(0, NEAREST)
}
