import type { Address } from '../../src/core/address.ts'
import { type ErrorCode, usageError } from '../../src/core/errors.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { randomFrom } from '../../src/host/crypto.ts'
import type { Command } from '../../src/session/commands.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { Failure, Outcome } from '../../src/session/ports.ts'
import {
  decodeFrames,
  type Frame,
  isRecording,
  toPlain,
  withoutPayload,
} from '../../src/session/recording.ts'
import { Session } from '../../src/session/session.ts'
import { type SessionState, sessionState } from '../failure/session-state.ts'
import { nullPorts } from './null-ports.ts'

export interface Difference {
  /** Of the recorded events, from 0. */
  readonly event: number
  readonly recorded: string
  /** What the replayed session reported instead; empty: nothing. */
  readonly replayed: string
}

export interface ReplayResult {
  readonly inputs: number
  /** Recorded events, and how many of them came out again, in order, before the first that did not. */
  readonly events: number
  readonly equal: number
  readonly virtualMs: number
  readonly difference: Difference | undefined
  /** The record stopped at its limit of size. */
  readonly cut: boolean
  /** The record ends in the middle of a run: its last frames are missing, or were never written. */
  readonly torn: boolean
  /** What the session knew at the end. */
  readonly state: SessionState
  /** What came in and went out last, in words, oldest first. */
  readonly last: readonly string[]
}

/** Frames whose words are kept, and how many characters of them. */
const KEPT_FRAMES = 20
const LONGEST_WORDS = 200

/**
 * Runs a recorded session again: the same machines, the same random seed, the recorded inputs at their times, up to and with
 * the recorded event `until`. Throws a usage error when `file` is no record.
 */
export function replay(file: Uint8Array, until: number = Number.POSITIVE_INFINITY): ReplayResult {
  const frames = isRecording(file) ? decodeFrames(file) : undefined
  const first = frames?.next().value as Frame | undefined
  if (frames === undefined || first?.what !== 'session') {
    throw usageError('sim/no-record', 'This is not the record of a run; lodestone makes one with --record.')
  }
  const reported: string[] = []
  const session = new Session({
    ports: nullPorts(randomFrom(first.bytes)),
    options: first.fields[0] as Partial<SessionOptions>,
    emit: (event) => reported.push(text(withoutPayload(event))),
  })
  session.start(first.now)
  let last = first
  let inputs = 0
  let events = 0
  let next = 0
  let difference: Difference | undefined
  /** What was reported before the last input; a record that was torn off may lack what that one caused. */
  let settled = 0
  const torrents = new Set<number>()
  const kept: Frame[] = []
  for (const frame of frames) {
    last = frame
    kept.push(frame)
    if (kept.length > KEPT_FRAMES) kept.shift()
    if (frame.what === 'event') {
      const recorded = text(frame.fields[0])
      const replayed = reported[next] ?? ''
      if (recorded !== replayed) difference ??= { event: events, recorded, replayed }
      events += 1
      next += 1
      if (events > until) break
    } else if (frame.what !== 'end') {
      // A command may stand between the events of an input: listeners give them.
      if (frame.what !== 'command') settled = reported.length
      inputs += 1
      give(session, frame)
      const { torrent } = (frame.fields[0] ?? {}) as { torrent?: number }
      if (frame.what === 'command' && torrent !== undefined) torrents.add(torrent)
    }
  }
  const cut = last.what === 'end' && last.fields[0] === 'limit'
  const expected = last.what === 'end' && !cut ? reported.length : settled
  const isWhole = events <= until
  const torn = isWhole && last.what !== 'end'
  if (isWhole && difference === undefined && next < expected) {
    difference = { event: events, recorded: '', replayed: reported[next]! }
  }
  const virtualMs = Math.floor((last.now - first.now) / MILLISECOND)
  const state = sessionState(session, last.now, torrents)
  const words = kept.map((frame) => wordsOf(frame, first.now))
  return {
    inputs,
    events,
    equal: difference?.event ?? events,
    virtualMs,
    difference,
    cut,
    torn,
    state,
    last: words,
  }
}

function wordsOf({ what, now, fields, bytes }: Frame, start: number): string {
  const held = bytes.length === 0 ? '' : `, ${bytes.length} bytes`
  return `${((now - start) / SECOND).toFixed(6)} s: ${what} ${fields.map(text).join(' ').slice(0, LONGEST_WORDS)}${held}`
}

function text(event: unknown): string {
  return JSON.stringify(toPlain(event))
}

/** The input that a frame is. */
function give(session: Session, { what, now, fields, bytes }: Frame): void {
  switch (what) {
    case 'timer':
      session.timer(now)
      break
    case 'datagram':
      session.datagram(now, fields[0] as number, fields[1] as Address, bytes)
      break
    case 'accepted':
      session.accepted(now, fields[0] as number, fields[1] as number, fields[2] as Address)
      break
    case 'connected':
      session.connected(now, fields[0] as number)
      break
    case 'chunk':
      session.chunk(now, fields[0] as number, [bytes])
      break
    case 'sent':
      session.sent(now, fields[0] as number, fields[1] as number)
      break
    case 'stream-closed':
      session.streamClosed(now, fields[0] as number, fields[1] as ErrorCode)
      break
    case 'completed':
      session.completed(now, fields[0] as number, outcomeOf(fields, bytes))
      break
    case 'command':
      session.command(now, fields[0] as Command)
      break
    default:
      throw usageError('sim/bad-record', `The record holds a frame of an unknown kind, ${String(what)}.`)
  }
}

/** Bytes stand outside the fields. */
function outcomeOf(fields: readonly unknown[], bytes: Uint8Array): Outcome {
  if (fields[1] !== true) return { ok: false, failure: fields[2] as Failure }
  return { ok: true, value: fields.length === 2 ? bytes : fields[2] }
}
