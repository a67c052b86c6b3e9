import type { SessionPolicies } from '../../src/session/policies.ts'
import { FixedChoker } from './fixed-choker.ts'

/**
 * A seed that lets everybody ask and then hardly answers, to hold their requests and places: `silent` never sends a block.
 * `trickling` means to send every block; give its host `HostInit.trickle`, so that they leave byte by byte.
 */
export function slowLoris(how: 'silent' | 'trickling'): SessionPolicies {
  const choker = (): FixedChoker => new FixedChoker('all')
  if (how === 'trickling') return { swarm: { choker } }
  return { swarm: { choker, blocks: () => ({ read: () => {} }) } }
}
