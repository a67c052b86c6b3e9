import { type DhtOptions, resolveDhtOptions } from '../dht/options.ts'
import type { SessionOptions } from './options.ts'

/** Seconds of answers that may go out at once. */
const BURST = 2

/** The options of a session's nodes: a limit that the user sets holds for senders of every scope. */
export function dhtOptions(
  { queryLimit, replyLimit }: Pick<SessionOptions, 'queryLimit' | 'replyLimit'>,
  others?: Partial<DhtOptions>,
): DhtOptions {
  if (queryLimit === undefined && replyLimit === undefined) return resolveDhtOptions(others)
  return resolveDhtOptions({
    ...others,
    ...(queryLimit === undefined ? {} : { queryRate: everywhere(queryLimit) }),
    ...(replyLimit === undefined
      ? {}
      : { replyRate: everywhere(replyLimit), replyBurst: BURST * replyLimit }),
  })
}

function everywhere(rate: number): DhtOptions['queryRate'] {
  return { loopback: rate, private: rate, global: rate }
}
