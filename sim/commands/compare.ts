import { usageError } from '../../src/core/errors.ts'
import { type ReportedRun, readRuns } from '../look/reported-run.ts'
import { writeReport } from '../look/write-report.ts'
import { makeFolder } from '../sweep/folder.ts'
import type { Terminal } from './terminal.ts'

export interface CompareRequest {
  /** Folders with reports of a run each. */
  readonly dirA: string
  readonly dirB: string
  readonly out: string
}

/** Writes one page about two runs; 0, whether they differ or not. Throws a usage error. */
export function compare({ dirA, dirB, out }: CompareRequest, terminal: Terminal): number {
  const [a, b] = [theRunOf(dirA), theRunOf(dirB)]
  makeFolder(out)
  let path: string
  try {
    path = writeReport(out, [a, b])
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The page cannot be written to ${out}: ${why}.`)
    return 1
  }
  const names = [...new Set([a, b].flatMap(({ metrics }) => Object.keys(metrics)))]
  const differing = names.filter((name) => a.metrics[name] !== b.metrics[name])
  const same = a.digest === b.digest
  terminal.tell('compared', { page: path, same, metrics: names.length, differing })
  terminal.say(
    same
      ? 'The runs are the same, event for event.'
      : `The runs differ, in ${differing.length} of ${names.length} metrics.`,
  )
  terminal.say(path)
  return 0
}

function theRunOf(dir: string): ReportedRun {
  const runs = readRuns(dir)
  if (runs.length > 1) {
    throw usageError('sim/bad-report', `The report in ${dir} is about ${runs.length} runs, not about one.`)
  }
  return runs[0]!
}
