import { spawn } from 'node:child_process'
import { heapFlags } from '../../sim/sweep/heap-flags.ts'

/** Heap of a job, in MiB: what 100,000 nodes may take. */
const HEAP = 12_000

/** Runs a measurement in a process of its own; what it says on standard output is one JSON value. */
export function runJob<T>(file: string, args: readonly string[]): Promise<T> {
  const flags = ['--expose-gc', ...heapFlags(HEAP), '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as T)
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}`))
    })
  })
}
