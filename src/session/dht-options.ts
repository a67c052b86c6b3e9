import { type DhtOptions, resolveDhtOptions } from '../dht/options.ts'

/** The options of a session's nodes: a limit that the user sets holds for senders of every scope. */
export function dhtOptions(queryLimit: number | undefined, others?: Partial<DhtOptions>): DhtOptions {
  if (queryLimit === undefined) return resolveDhtOptions(others)
  const queryRate = { loopback: queryLimit, private: queryLimit, global: queryLimit }
  return resolveDhtOptions({ ...others, queryRate })
}
