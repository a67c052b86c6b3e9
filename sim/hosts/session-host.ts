import type { Micros } from '../../src/core/time.ts'
import type { Handover } from '../../src/dht/dht-init.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { Session } from '../../src/session/session.ts'
import type { SimHost } from './sim-host.ts'

/** Where sessions of a world listen. */
export const PORT = 6881

/**
 * Starts a session on `host` at `at`, bound to all of the host's addresses. `emit` must not call the session; commands go by
 * `SimHost.command`. `policies`: what it does otherwise than the node that people run; `handover`: the id and the table that it
 * starts with in place of those it saved.
 */
export function bootSession(
  host: SimHost,
  at: Micros,
  options: Partial<SessionOptions>,
  emit: (event: SessionEvent) => void,
  policies: SessionPolicies = {},
  handover?: () => Handover,
): Session {
  const all = { bind: host.hosts, port: PORT, ...options }
  const given = handover === undefined ? {} : { handover }
  return host.boot(at, (ports) => new Session({ ports, options: all, policies, emit, ...given }))
}
