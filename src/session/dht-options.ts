import type { DhtOptions } from '../dht/options.ts'
import { resolveDhtOptions } from '../dht/resolve-dht-options.ts'
import type { SessionOptions } from './options.ts'

/** Seconds of answers that may go out at once. */
const BURST = 2

/** The options of a session's nodes: a limit that the user sets holds for senders of every scope. */
export function dhtOptions(
  { queryLimit, replyLimit, readOnly, enforceIds }: Partial<SessionOptions>,
  others?: Partial<DhtOptions>,
): DhtOptions {
  const given: Partial<DhtOptions> = {
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(enforceIds === undefined ? {} : { enforceIds }),
    ...(queryLimit === undefined ? {} : { queryRate: everywhere(queryLimit) }),
    ...(replyLimit === undefined
      ? {}
      : { replyRate: everywhere(replyLimit), replyBurst: BURST * replyLimit }),
  }
  // Nodes without wishes of their own share one object.
  return resolveDhtOptions(Object.keys(given).length === 0 ? others : { ...others, ...given })
}

function everywhere(rate: number): DhtOptions['queryRate'] {
  return { loopback: rate, private: rate, global: rate }
}
