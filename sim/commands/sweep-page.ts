import type { RunResult } from '../experiment/run-scenario.ts'
import { writeReport } from '../look/write-report.ts'
import { type FinishedRecord, isFinished, type JobRecord } from '../sweep/job-record.ts'
import type { Terminal } from './terminal.ts'

/**
 * Writes the page about all runs of a sweep into its folder, and says where; nothing when none has finished. Whether it could
 * be written: a disk that is full costs the page, not the results.
 */
export function writeSweepPage(dir: string, records: readonly JobRecord[], terminal: Terminal): boolean {
  const runs = records.filter(isFinished).filter(({ copy }) => copy === 0)
  if (runs.length === 0) return true
  try {
    const page = writeReport(dir, runs.map(resultOf))
    terminal.tell('report', { page })
    terminal.say(`The report is ${page}`)
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The page cannot be written to ${dir}: ${why}.`)
    return false
  }
}

/** A record keeps no samples and no series: thousands of them would be gigabytes. */
function resultOf({ outcome, ...record }: FinishedRecord): RunResult {
  const none = { pending: [], unasked: [], samples: {}, series: {}, flows: [], violation: undefined }
  return { ...record, ...none, passed: outcome === 'passed' }
}
