import { spawn } from 'node:child_process'
import os from 'node:os'
import process from 'node:process'
import { getHeapStatistics } from 'node:v8'
import { heapFlags } from '../sweep/heap-flags.ts'

const MIB = 1024 * 1024
/** Of the machine's (or the container's) memory, so that what lies outside the heap has room too. */
const SHARE = 0.75
const FLAG = '--max-old-space-size'
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs this program again with a heap of most of the memory there is, and returns its exit code; `undefined` when this process
 * has that already, or its user has set a size. V8 fixes the size when a process starts (4 GiB at most, by default): setting the
 * flag later changes nothing on Node 20.
 */
export function inRoomyProcess(): Promise<number> | undefined {
  const isSet = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flag) => flag.includes(FLAG))
  const wanted = Math.floor((memory() * SHARE) / MIB)
  if (isSet || getHeapStatistics().heap_size_limit >= wanted * MIB) return undefined
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...process.execArgv, ...heapFlags(wanted), ...process.argv.slice(1)],
      { stdio: 'inherit' },
    )
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    for (const signal of FORWARDED) process.on(signal, forward)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const each of FORWARDED) process.off(each, forward)
      if (signal !== null) process.kill(process.pid, signal)
      else resolve(code ?? 1)
    })
  })
}

function memory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem()
}
