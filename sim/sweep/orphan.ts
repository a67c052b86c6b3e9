import process from 'node:process'

/**
 * What a process of a job calls now and then: it ends when whoever started it is gone. A run never lets the event loop turn, so that
 * it would not hear of it, and would go on for an hour for nobody.
 */
export function orphanWatch(): () => void {
  const parent = process.ppid
  return () => {
    if (process.ppid !== parent) process.exit(1)
  }
}
