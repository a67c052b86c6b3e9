/** How much of the work is done: `quick` says in a minute that nothing is badly wrong. */
export type Effort = 'quick' | 'full'

/** What a figure is held against. */
export type Target =
  /** `within`: the share of `value` by which it may differ. */
  | { readonly kind: 'near'; readonly value: number; readonly within: number }
  /** `within`: the distance by which it may differ. */
  | { readonly kind: 'close'; readonly value: number; readonly within: number }
  | { readonly kind: 'atLeast'; readonly value: number }
  | { readonly kind: 'atMost'; readonly value: number }
  /** Nothing: it is told because it helps to understand the others. */
  | { readonly kind: 'told' }

/** A number that was measured. */
export interface Figure {
  readonly name: string
  readonly target: Target
  readonly measured: number
}

/** Why figures miss their targets, found out, and how far that reaches: beyond it something else is wrong too. */
export interface Explanation {
  readonly text: string
  /** Beginnings of the names of the figures that it is about. */
  readonly about: readonly string[]
  /** The greatest miss that it explains, as a share of the target. */
  readonly upTo: number
}

/** One thing that is known of such networks, and how the simulator is held against it. */
export interface Row {
  /** Short, unique, without spaces. */
  readonly name: string
  /** What should be seen, in a phrase. */
  readonly claim: string
  /** Who published or derived it. */
  readonly source: string
  /** The issue that brings what it needs; until then its figures are told, and do not count. */
  readonly waitsFor?: string
  readonly explanations?: readonly Explanation[]
  /** `say` is told what is being done, now and then. */
  measure(effort: Effort, say: (text: string) => void): readonly Figure[] | Promise<readonly Figure[]>
  /** Whether a quick run measures it too. */
  readonly isQuick: boolean
}

export type Status = 'reproduced' | 'explained' | 'missed' | 'pending' | 'left out'

export interface JudgedFigure extends Figure {
  readonly holds: boolean
  /** By how much it lies outside its target, as a share of it, 0 when it holds; negative: below. */
  readonly miss: number
}

export interface JudgedRow {
  readonly name: string
  readonly claim: string
  readonly source: string
  readonly status: Status
  readonly figures: readonly JudgedFigure[]
  /** Why its misses are none to worry about; only of those that there are. */
  readonly why: readonly string[]
  readonly waitsFor: string | undefined
  /** Why it could not be measured, if so. */
  readonly failure?: string
  readonly ms: number
}

export function near(name: string, measured: number, value: number, within: number): Figure {
  return { name, measured, target: { kind: 'near', value, within } }
}

export function close(name: string, measured: number, value: number, within: number): Figure {
  return { name, measured, target: { kind: 'close', value, within } }
}

export function atLeast(name: string, measured: number, value: number): Figure {
  return { name, measured, target: { kind: 'atLeast', value } }
}

export function atMost(name: string, measured: number, value: number): Figure {
  return { name, measured, target: { kind: 'atMost', value } }
}

export function told(name: string, measured: number): Figure {
  return { name, measured, target: { kind: 'told' } }
}

/** What the figures of a row amount to. A figure that is no number holds nowhere and is explained by nothing. */
export function judge(row: Row, figures: readonly Figure[], ms: number): JudgedRow {
  const { name, claim, source, waitsFor, explanations = [] } = row
  const judged = figures.map((figure) => {
    const miss = missOf(figure)
    return { ...figure, miss, holds: miss === 0 }
  })
  const missed = judged.filter(({ holds }) => !holds)
  const explainedBy = (figure: JudgedFigure): Explanation | undefined =>
    explanations.find(
      ({ about, upTo }) =>
        Math.abs(figure.miss) <= upTo && about.some((start) => figure.name.startsWith(start)),
    )
  const why = new Set(missed.flatMap((figure) => explainedBy(figure)?.text ?? []))
  let status: Status = 'reproduced'
  if (waitsFor !== undefined) status = 'pending'
  else if (missed.some((figure) => explainedBy(figure) === undefined)) status = 'missed'
  else if (missed.length > 0) status = 'explained'
  return { name, claim, source, status, figures: judged, why: [...why], waitsFor, ms }
}

/** A row that could not be measured: it misses, whatever it waits for. */
export function broken({ name, claim, source, waitsFor }: Row, failure: string, ms: number): JudgedRow {
  return { name, claim, source, status: 'missed', figures: [], why: [], waitsFor, failure, ms }
}

/** A row that is not measured this time. */
export function leftOut({ name, claim, source, waitsFor }: Row): JudgedRow {
  return { name, claim, source, status: 'left out', figures: [], why: [], waitsFor, ms: 0 }
}

function missOf({ measured, target }: Figure): number {
  if (target.kind === 'told') return 0
  if (Number.isNaN(measured)) return Number.NaN
  const scale = Math.abs(target.value)
  const off = measured - target.value
  if (target.kind === 'atLeast') return off >= 0 ? 0 : off / scale
  if (target.kind === 'atMost') return off <= 0 ? 0 : off / scale
  const room = target.kind === 'near' ? target.within * scale : target.within
  return Math.abs(off) <= room ? 0 : off / scale
}
