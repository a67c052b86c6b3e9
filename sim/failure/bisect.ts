import { type Micros, SECOND } from '../../src/core/time.ts'
import { coarser, type DigestTable } from '../engine/epoch-digests.ts'
import { describeEvent, type TracedEvent } from '../engine/trace.ts'

/**
 * Plays a run again up to `to` and shows its events from `from` on, in their order; those at `to` are not among them. Returns
 * the digests of what was played, whole for all epochs before `to`.
 */
export type Rerun = (from: Micros, to: Micros, show: (event: TracedEvent) => void) => DigestTable

/** A run that can be held against another. */
export interface ComparedRun {
  readonly digests: DigestTable
  readonly rerun: Rerun
}

/** The first epoch, and the first group of hosts in it, whose digests differ. In virtual seconds, and hosts by index. */
export interface PartedEpoch {
  readonly fromSecond: number
  readonly toSecond: number
  readonly firstHost: number
  readonly lastHost: number
}

/** Where two runs part. */
export interface Parting {
  readonly epoch: PartedEpoch
  /** The last event of the epoch in which they agree. */
  readonly agreed: TracedEvent | undefined
  /** The first events that differ; `undefined` where a run has no further event in the epoch. */
  readonly left: TracedEvent | undefined
  readonly right: TracedEvent | undefined
  /** Runs that are others when they are played again: then nothing is known of the events in which the runs part. */
  readonly strayed: readonly Strayed[]
}

/** A run that, played again, does not come to its own digests. */
export interface Strayed {
  readonly side: 'left' | 'right'
  /** From which virtual second on. */
  readonly fromSecond: number
}

/** Finds the first event in which two runs differ; `undefined` when their digests are the same. */
export function bisect(left: ComparedRun, right: ComparedRun): Parting | undefined {
  const epoch = firstDifference(left.digests, right.digests)
  if (epoch === undefined) return undefined
  const from = epoch.fromSecond * SECOND
  const to = epoch.toSecond * SECOND
  const events: TracedEvent[] = []
  const leftAgain = left.rerun(from, to, (event) => events.push(event))
  let agreed = 0
  let other: TracedEvent | undefined
  const rightAgain = right.rerun(from, to, (event) => {
    if (other !== undefined) return
    const own = events[agreed]
    if (own !== undefined && isSame(own, event)) agreed += 1
    else other = event
  })
  const strayed = [
    ...strayedFrom('left', left.digests, leftAgain, epoch),
    ...strayedFrom('right', right.digests, rightAgain, epoch),
  ]
  if (strayed.length > 0) return { epoch, agreed: undefined, left: undefined, right: undefined, strayed }
  return { epoch, agreed: events[agreed - 1], left: events[agreed], right: other, strayed }
}

/** What was played again ends with `epoch`; whatever else is in it does not count. */
function strayedFrom(
  side: Strayed['side'],
  digests: DigestTable,
  again: DigestTable,
  epoch: PartedEpoch,
): Strayed[] {
  const fromSecond = firstDifference(digests, again)?.fromSecond ?? epoch.toSecond
  return fromSecond < epoch.toSecond ? [{ side, fromSecond }] : []
}

/** Runs of different length are compared as if the shorter went on without events. */
export function firstDifference(left: DigestTable, right: DigestTable): PartedEpoch | undefined {
  if (left.groupSize !== right.groupSize)
    throw new Error('the runs were digested by groups of different size')
  let a = left
  let b = right
  while (a.epochSeconds < b.epochSeconds) a = coarser(a)
  while (b.epochSeconds < a.epochSeconds) b = coarser(b)
  const { epochSeconds, groupSize } = a
  for (let epoch = 0; epoch < Math.max(a.rows.length, b.rows.length); epoch++) {
    const rowA = a.rows[epoch] ?? []
    const rowB = b.rows[epoch] ?? []
    for (let group = 0; group < Math.max(rowA.length, rowB.length); group++) {
      if ((rowA[group] ?? NOTHING) === (rowB[group] ?? NOTHING)) continue
      return {
        fromSecond: epoch * epochSeconds,
        toSecond: (epoch + 1) * epochSeconds,
        firstHost: group * groupSize,
        lastHost: (group + 1) * groupSize - 1,
      }
    }
  }
  return undefined
}

/** The digest of a group to which nothing happened. */
const NOTHING = '0'.repeat(16)

/** A parting for people, a line each. */
export function describeParting({ epoch, agreed, left, right, strayed }: Parting): string[] {
  const { fromSecond, toSecond, firstHost, lastHost } = epoch
  const lines = [
    `The runs part between second ${fromSecond} and ${toSecond}, first among hosts ${firstHost} to ${lastHost}.`,
  ]
  for (const { side, fromSecond: second } of strayed) {
    lines.push(
      `  Played again, the ${side} run is another from second ${second} on: the code has changed since, or something outside the run, such as a clock, got into it.`,
    )
  }
  if (strayed.length > 0) return lines
  if (agreed !== undefined) lines.push(`  both:  ${describeEvent(agreed)}`)
  lines.push(`  left:  ${left === undefined ? 'no further event' : describeEvent(left)}`)
  lines.push(`  right: ${right === undefined ? 'no further event' : describeEvent(right)}`)
  return lines
}

function isSame(a: TracedEvent, b: TracedEvent): boolean {
  return (
    a.time === b.time &&
    a.source === b.source &&
    a.destination === b.destination &&
    a.sequence === b.sequence &&
    a.kind === b.kind &&
    a.value === b.value
  )
}
