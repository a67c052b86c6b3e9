import type { Micros } from '../../src/core/time.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import { Oracle, type OracleOptions } from './oracle.ts'
import { bootSession } from './session-host.ts'
import type { SimHost } from './sim-host.ts'
import type { World } from './world.ts'

/** How a network of nodes came about: with tables from an oracle, or by joining. */
export type StartLevel = 'warm' | 'joined'

export interface WarmStartOptions extends OracleOptions {
  /** When the sessions start; default: now. */
  readonly at?: Micros
  readonly options?: Partial<SessionOptions>
  /** Whether they save their tables, as a node does each five minutes; 26 bytes a contact. Default: not. */
  readonly keepState?: boolean
  /** Must not call the session; commands go by `SimHost.command`. */
  readonly emit?: (host: SimHost, event: SessionEvent) => void
}

export interface WarmStart {
  readonly level: StartLevel
  readonly oracle: Oracle
}

/**
 * Starts a session that speaks DHT alone on each of `hosts`, with the id and the table that an oracle hands it. From then on
 * they differ from nodes that have joined in this: nobody has verified or been slow to anybody yet, no replacements wait, and
 * no two tables know of each other more often than chance has it.
 */
export function warmStart(
  world: World,
  hosts: readonly SimHost[],
  { at = world.now, options = {}, emit = ignore, keepState = false, ...oracleOptions }: WarmStartOptions = {},
): WarmStart {
  const oracle = new Oracle(world.seed, hosts, oracleOptions)
  for (const host of hosts) {
    host.disk.keepsState = keepState
    const own = { listen: false, bootstrap: [], ...options }
    bootSession(
      host,
      at,
      own,
      (event) => emit(host, event),
      {},
      () => oracle.handover(host),
    )
  }
  return { level: 'warm', oracle }
}

function ignore(): void {}
