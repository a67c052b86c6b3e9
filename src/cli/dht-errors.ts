/** What every command that asks the DHT says in the same words. */
import { LodestoneError } from '../index.ts'
import type { NetworkOptions } from './common-options.ts'

/** Throws a usage error where the DHT is switched off. `command`: its words, and what it is to the DHT. */
export function refuseWithoutDht({ noDht }: NetworkOptions, command: string): void {
  if (!noDht) return
  throw new LodestoneError('usage', 'usage/contradiction', `${command}, so it cannot go with --no-dht.`)
}

/** Nobody answered a walk. */
export function nobodyAnswered(): LodestoneError {
  return new LodestoneError(
    'timeout',
    'dht/no-nodes',
    'No node of the DHT answered; check the connection or --bootstrap.',
  )
}
