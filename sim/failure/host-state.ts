import { SECOND } from '../../src/core/time.ts'
import { describeEvent, type TracedEvent } from '../engine/trace.ts'
import { TORRENT } from '../experiment/member.ts'
import type { Stage } from '../experiment/stage.ts'
import { describeSession, type SessionState, sessionState } from './session-state.ts'

/** What is known of a host of a run, as plain data. */
export interface HostState {
  readonly host: number
  /** Seconds of virtual time. */
  readonly second: number
  readonly group: string
  readonly addresses: readonly string[]
  readonly isUp: boolean
  /** Times its machine was started. */
  readonly lives: number
  /** Of the session that runs or ran last; `null` where there was none. */
  readonly session: SessionState | null
  /** Files of its state folder, with their lengths in bytes. */
  readonly stateFiles: Readonly<Record<string, number>>
  /** Bytes of content on its disk. */
  readonly diskUsed: number
  /** The last ones that it caused or that happened to it, as far as the trace goes back. */
  readonly events: readonly TracedEvent[]
}

/** `host`: its number, from 1. */
export function hostState(stage: Stage, host: number, events: number): HostState {
  const { host: machine, group, isUp, session } = stage.members[host - 1]!
  return {
    host,
    second: stage.now / SECOND,
    group: group.name,
    addresses: machine.hosts,
    isUp,
    lives: machine.lives,
    session: session === undefined ? null : sessionState(session, machine.now, [TORRENT]),
    stateFiles: Object.fromEntries([...machine.disk.state].map(([name, { length }]) => [name, length])),
    diskUsed: machine.disk.used,
    events: stage.world.trace.events(host).slice(-events),
  }
}

/** For people, a line each. */
export function describeHost(state: HostState): string[] {
  const { host, second, group, addresses, isUp, lives, session, stateFiles, diskUsed, events } = state
  const files = Object.entries(stateFiles).map(([name, length]) => `${name} (${length} bytes)`)
  return [
    `Host ${host} of ${group} at ${addresses.join(' and ')}, ${second} s: ${isUp ? 'up' : 'down'}, in its life ${lives}`,
    ...(session === null ? [] : describeSession(session).map((line) => `  ${line}`)),
    `  disk: ${diskUsed} bytes of content; state: ${files.join(', ') || 'nothing'}`,
    ...events.map((event) => `  ${describeEvent(event)}`),
  ]
}
