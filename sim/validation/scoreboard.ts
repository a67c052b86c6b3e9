import { performance } from 'node:perf_hooks'
import { churnRows } from './churn-rows.ts'
import { gapRow } from './gap-row.ts'
import { lookupRows } from './lookup-rows.ts'
import { networkRows } from './network-rows.ts'
import { broken, type Effort, type JudgedRow, judge, leftOut, type Row } from './row.ts'
import { swarmRows } from './swarm-rows.ts'

/** Everything that the simulator is held against, in the order in which it is told. */
export const SCOREBOARD: readonly Row[] = [...lookupRows, ...churnRows, ...networkRows, ...swarmRows, gapRow]

export interface Listener {
  /** A row is being measured, and this is being done for it. */
  working(row: Row, text: string): void
  judged(row: JudgedRow): void
}

/** Measures the rows one after another. A row that fails to be measured is one that misses. */
export async function runScoreboard(
  rows: readonly Row[],
  effort: Effort,
  listener: Listener,
): Promise<readonly JudgedRow[]> {
  const judged: JudgedRow[] = []
  for (const row of rows) {
    const verdict = effort === 'quick' && !row.isQuick ? leftOut(row) : await measured(row, effort, listener)
    judged.push(verdict)
    listener.judged(verdict)
  }
  return judged
}

/** Whether every row is reproduced, explained or pending. */
export function isSound(rows: readonly JudgedRow[]): boolean {
  return rows.every(({ status }) => status !== 'missed')
}

async function measured(row: Row, effort: Effort, listener: Listener): Promise<JudgedRow> {
  const begun = performance.now()
  const ms = (): number => Math.round(performance.now() - begun)
  try {
    const figures = await row.measure(effort, (text) => listener.working(row, text))
    return judge(row, figures, ms())
  } catch (error) {
    return broken(row, error instanceof Error ? error.message : String(error), ms())
  }
}
