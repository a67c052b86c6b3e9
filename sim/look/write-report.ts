import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { csvFiles } from './csv.ts'
import { page } from './page.ts'
import { type ReportedRun, RUN_FILE, textOfRuns } from './reported-run.ts'

/**
 * Writes a report about one run, two that are compared, or the many of a sweep into `dir`, which is made: `index.html`, which
 * needs nothing beside it, `run.json`, and the figures as CSV. Returns the path of the page. Throws what the file system says.
 */
export function writeReport(
  dir: string,
  runs: readonly ReportedRun[],
  title: string = titleOf(runs),
): string {
  mkdirSync(dir, { recursive: true })
  const files = { ...csvFiles(runs), [RUN_FILE]: textOfRuns(runs), 'index.html': page(runs, title) }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  return join(dir, 'index.html')
}

function titleOf(runs: readonly ReportedRun[]): string {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))].join(' and ')
  if (runs.length === 2) return `${scenarios}: two runs compared`
  return runs.length === 1 ? `${scenarios}, seed ${runs[0]!.seed}` : `${scenarios}: ${runs.length} runs`
}
