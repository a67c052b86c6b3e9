import { toHex } from '../core/bytes.ts'
import { ID_LENGTH } from '../core/id.ts'
import type { SessionEvent } from '../session/events.ts'
import type { Endpoint } from './events.ts'

/** What one node says of the info-hashes that it keeps peers of (BEP 51). None of it is verified. */
export interface NodeSample extends Endpoint {
  /** Some of them by lot, in hex. */
  readonly infoHashes: readonly string[]
  /** How many it keeps in all. */
  readonly total: number
  /** Seconds for which it tells the same; it is not asked again before. */
  readonly interval: number
}

export function nodeSample({ from, sample }: Extract<SessionEvent, { kind: 'lookup-sample' }>): NodeSample {
  const { hashes, total, interval } = sample
  const infoHashes = Array.from({ length: hashes.length / ID_LENGTH }, (_, i) => {
    return toHex(hashes.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH))
  })
  return { host: from.host, port: from.port, infoHashes, total, interval }
}
