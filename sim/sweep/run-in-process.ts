import { fork } from 'node:child_process'
import { heapFlags } from './heap-flags.ts'
import type { Job } from './job.ts'
import type { ProcessAnswer, ProcessTask } from './job-process.ts'
import type { FinishedRecord } from './job-record.ts'

/** Of what a process says before it dies, this much is kept to tell why. */
const KEPT_WORDS = 4096

export interface ProcessOptions {
  readonly modules: string | undefined
  /** Limit of the heap. */
  readonly heapMiB: number
  readonly nodeFlags: readonly string[]
  /** Kills the process. */
  readonly signal: AbortSignal
}

/** Runs one job in a process of its own, which measures its memory. Rejects when the process ends without a result. */
export function runInProcess(job: Job, options: ProcessOptions): Promise<FinishedRecord> {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const child = fork(new URL(`./job-process${suffix}`, import.meta.url), [], {
    execArgv: [...options.nodeFlags, ...heapFlags(options.heapMiB)],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    killSignal: 'SIGKILL',
    signal: options.signal,
  })
  let words = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_WORDS)
  })
  return new Promise((resolve, reject) => {
    let answer: ProcessAnswer | undefined
    child.once('message', (message) => {
      answer = message as ProcessAnswer
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (answer === undefined)
        reject(new Error(`The process ended with ${signal ?? code}: ${lastWords(words)}`))
      else if ('record' in answer) resolve(answer.record)
      else reject(new Error(answer.error))
    })
    const task: ProcessTask = { job, modules: options.modules ?? null }
    // What fails here ends the process, which is told above.
    child.send(task, () => {})
  })
}

/** The line that names the cause; V8 puts it before a long trace. */
function lastWords(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => /^(?:FATAL ERROR|\w*Error)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
