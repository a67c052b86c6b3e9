/**
 * The record of a run: its random seed, its options, every input with its time, every event that came out. The inputs alone
 * decide the run, so that replaying them through the same machines must arrive at the same events.
 *
 * A file is `LDR1`, then frames: a 4-byte length, then one JSON line in UTF-8, then raw bytes. Payload that no machine looks
 * at (the bytes of blocks) is recorded as holes, so that a record grows with the conversation and not with the content.
 */
import type { Address } from '../core/address.ts'
import { addressFromBytes } from '../core/address.ts'
import { fromHex, readUint32, toHex, writeUint32 } from '../core/bytes.ts'
import { decodeUtf8, encodeUtf8 } from '../core/utf8.ts'
import type { SessionEvent } from './events.ts'

export const RECORD_MAGIC: Uint8Array = encodeUtf8('LDR1')

/** One thing recorded: what, when, its plain fields, and its bytes. */
export interface Frame {
  readonly what:
    | 'session'
    | 'timer'
    | 'datagram'
    | 'accepted'
    | 'connected'
    | 'chunk'
    | 'sent'
    | 'stream-closed'
    | 'completed'
    | 'command'
    | 'event'
    | 'end'
  readonly now: number
  /** JSON-safe by `toPlain`. */
  readonly fields: readonly unknown[]
  readonly bytes: Uint8Array
}

/** No input is longer: a record ends at that. */
const LONGEST_BYTES = 256 * 1024 * 1024

/** A hole of at least this length is worth a split. */
const MIN_HOLE = 64

/** A frame's wire form. `holes` are ranges of `bytes` that are left out and come back as zeros. */
export function encodeFrame(frame: Frame, holes: readonly (readonly [number, number])[] = []): Uint8Array {
  const worth = holes.filter(([start, end]) => end - start >= MIN_HOLE)
  const head = [frame.what, frame.now, frame.fields.map(toPlain), frame.bytes.length, worth]
  const text = encodeUtf8(JSON.stringify(head))
  let kept = frame.bytes.length
  for (const [start, end] of worth) kept -= end - start
  const out = new Uint8Array(8 + text.length + kept)
  writeUint32(out, 0, 4 + text.length + kept)
  writeUint32(out, 4, text.length)
  out.set(text, 8)
  let at = 8 + text.length
  let from = 0
  for (const [start, end] of worth) {
    out.set(frame.bytes.subarray(from, start), at)
    at += start - from
    from = end
  }
  out.set(frame.bytes.subarray(from), at)
  return out
}

/** Reads frames one after another; stops at the first that is torn or damaged (a record may end in the middle of anything). */
export function* decodeFrames(file: Uint8Array): Generator<Frame> {
  let at = RECORD_MAGIC.length
  while (at + 8 <= file.length) {
    const end = at + 4 + readUint32(file, at)
    const textEnd = at + 8 + readUint32(file, at + 4)
    if (end > file.length || textEnd > end) return
    const frame = decodeFrame(decodeUtf8(file.subarray(at + 8, textEnd)), file.subarray(textEnd, end))
    if (frame === undefined) return
    yield frame
    at = end
  }
}

function decodeFrame(text: string, kept: Uint8Array): Frame | undefined {
  try {
    const [what, now, fields, length, holes] = JSON.parse(text) as [
      Frame['what'],
      number,
      unknown[],
      number,
      [number, number][],
    ]
    if (typeof what !== 'string' || !Number.isFinite(now) || !fits(length, holes, kept.length))
      return undefined
    const bytes = new Uint8Array(length)
    let source = 0
    let target = 0
    for (const [start, stop] of [...holes, [length, length] as [number, number]]) {
      bytes.set(kept.subarray(source, source + start - target), target)
      source += start - target
      target = stop
    }
    return { what, now, fields: fields.map(fromPlain), bytes }
  } catch {
    // No JSON, or not of this form.
    return undefined
  }
}

/** Whether `holes` lie in order within `length` bytes and leave `kept` of them. */
function fits(length: number, holes: readonly (readonly [number, number])[], kept: number): boolean {
  let at = 0
  let left = length
  for (const [start, stop] of holes) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(stop) || start < at || stop < start)
      return false
    left -= stop - start
    at = stop
  }
  return length >= at && length <= LONGEST_BYTES && left === kept
}

export function isRecording(file: Uint8Array): boolean {
  return RECORD_MAGIC.every((byte, i) => file[i] === byte)
}

/** A record is no copy of the content: of what readers were given it keeps the length alone. */
export function withoutPayload(event: SessionEvent): unknown {
  return event.kind === 'read' ? { ...event, bytes: event.bytes.length } : event
}

/** Bytes, addresses, big integers, undefined and infinities survive JSON in tagged form. */
export function toPlain(value: unknown): unknown {
  if (value === undefined) return { $: 'u' }
  if (value === Number.POSITIVE_INFINITY) return { $: 'i' }
  if (typeof value === 'bigint') return { $: 'n', v: `${value}` }
  if (value instanceof Uint8Array) return { $: 'b', v: toHex(value) }
  if (Array.isArray(value)) return value.map(toPlain)
  if (value === null || typeof value !== 'object') return value
  if (isAddress(value)) return { $: 'a', f: value.family, v: toHex(value.bytes), p: value.port }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]))
}

export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain)
  if (value === null || typeof value !== 'object') return value
  const tagged = value as { $?: string; v?: string; f?: 4 | 6; p?: number }
  if (tagged.$ === 'u') return undefined
  if (tagged.$ === 'i') return Number.POSITIVE_INFINITY
  if (tagged.$ === 'n') return BigInt(tagged.v ?? 0)
  if (tagged.$ === 'b') return fromHex(tagged.v ?? '') ?? new Uint8Array(0)
  if (tagged.$ === 'a') return addressFromBytes(fromHex(tagged.v!)!, 0, tagged.f!, tagged.p!)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromPlain(item)]))
}

function isAddress(value: object): value is Address {
  return 'family' in value && 'scope' in value && 'bytes' in value && 'port' in value
}
