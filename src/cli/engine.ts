import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Worker } from 'node:worker_threads'

/**
 * Sets the JavaScript engine to what a download is: a few seconds or hours of the same small paths, in little memory.
 * These flags are known to Node.js 20 to 26.
 */
export function tuneEngine(): void {
  growLittle()
  process.on('worker', (thread: Worker) => void thread.once('online', growLittle))
  compileLittle()
  lendCollector()
}

/**
 * Keeps the runtime's heap near what lives in it. Left to itself it lets the room of new objects grow to 32 MiB, and the old ones to
 * four times what lived at the last collection: together more than the 64 MiB budget of all pieces. What can still be set once
 * the process runs is by how much either grows: the first not at all (it has 4 MiB by now), the second by half, or by 8 MiB if that is
 * more. V8 sets the first back whenever a thread begins.
 */
function growLittle(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=50')
}

/**
 * A download of a gibibyte lasts two seconds, of which the compiler took a third of a second on cores that others need: it compiled 260
 * functions, and copied into each most that this calls. A third of that is enough; and half as many are compiled where the engine
 * (that of Node.js 20) lets us say so.
 */
function compileLittle(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=300')
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=300000')
}

/** The library uses it where it knows of garbage that the engine does not count: the buffers of what was read. */
function lendCollector(): void {
  setFlagsFromString('--expose-gc')
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>
}
