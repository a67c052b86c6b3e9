import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Walked } from '../session/events.ts'
import type { Endpoint, Hop, Walk } from './events.ts'

export function walkReport({ ended, steps }: Walked): Walk {
  return { ended, hops: steps.map(hopOf) }
}

function hopOf({ id, address, namedBy, elapsed, ...step }: Walked['steps'][number]): Hop {
  return {
    ...endpointOf(address),
    nodeId: toHex(id),
    ...(namedBy === undefined ? {} : { namedBy: endpointOf(namedBy) }),
    ...step,
    ...(elapsed === undefined ? {} : { ms: elapsed / 1000 }),
  }
}

function endpointOf({ host, port }: Address): Endpoint {
  return { host, port }
}
