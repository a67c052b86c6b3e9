import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DigestRequest, DigestRun } from './digest-runs.ts'

/** Runs scenarios in a process of its own. */
export function digestsOf(request: DigestRequest): Promise<readonly DigestRun[]> {
  const program = fileURLToPath(new URL('./digest-runs.ts', import.meta.url))
  const argv = ['--import', 'tsx', program, JSON.stringify(request)]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`the runs with the ${request.queue} broke off: ${stderr}`))
      else
        resolve(
          stdout
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as DigestRun),
        )
    })
  })
}

/** What differs between the same runs made twice, a sentence each. */
export function differences(one: readonly DigestRun[], other: readonly DigestRun[]): string[] {
  const names = new Set([...one, ...other].map(({ scenario }) => scenario))
  return [...names].flatMap((name) => {
    const [a, b] = [one, other].map((runs) => runs.find(({ scenario }) => scenario === name))
    if (a !== undefined && b !== undefined && a.digest === b.digest && a.events === b.events) return []
    const tell = (run?: DigestRun): string =>
      run === undefined ? 'did not run' : `${run.digest} after ${run.events} events`
    return [`${name}: ${tell(a)}, and ${tell(b)}`]
  })
}
