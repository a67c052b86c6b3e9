/**
 * `npm run fuzz [-- <target>] [<cases> <seed>]`: mutated input, a million cases by default; without a target datagrams into one node
 * (rows 2.37 and RS12), with `all` every target after another. After the seed of datagrams, 4 or 6 names the family. Prints what was
 * understood, the memory as it goes, and how long a case takes; ends with 1 at the first that does harm, or when memory grows.
 */
import { TARGETS } from '../fuzz/targets.ts'

const MIB = 1024 * 1024
const REPORTS = 10
/** Heap at the end beyond that after two reports: what is known of everybody may fill up to its caps meanwhile. */
const MOST_GROWTH = 48 * MIB

const [first = '', ...rest] = process.argv.slice(2)
const isTarget = first === 'all' || Object.hasOwn(TARGETS, first)
const [count = '1000000', seed = String(Date.now() % 1_000_000), family = '4'] = isTarget
  ? rest
  : process.argv.slice(2)
const total = Number(count)
const chosen = first === 'all' ? Object.keys(TARGETS) : [isTarget ? first : family === '6' ? 'dht6' : 'dht']
if (!(total >= 1) || !Number.isInteger(Number(seed))) {
  console.error(
    `Give one of ${Object.keys(TARGETS).join(', ')}, all, or none; then a number of cases, and a seed.`,
  )
  process.exit(2)
}
for (const name of chosen) fuzz(name, Number(seed))

function fuzz(name: string, from: number): void {
  const target = TARGETS[name]!(from)
  /** Microseconds, one per case. */
  const times = new Float64Array(total)
  const heaps: number[] = []
  let fed = 0
  let began = 0
  let isIn = false
  const clock = (): void => {
    if (isIn) times[fed] = (performance.now() - began) * 1000
    else began = performance.now()
    isIn = !isIn
  }
  console.log(`${name}: ${total} cases, seed ${from}`)
  for (let i = 1; i <= total; i++) {
    target.step(clock)
    fed = i
    if (i % Math.ceil(total / REPORTS) !== 0) continue
    globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    heaps.push(heapUsed)
    const memory = `${(heapUsed / MIB).toFixed(1)} MiB of heap in use, ${(rss / MIB).toFixed(1)} MiB in all`
    console.log(`${i}: ${memory}; ${target.summary()}`)
  }
  times.sort()
  const at = (share: number): string => times[Math.min(total - 1, Math.floor(share * total))]!.toFixed(1)
  console.log(`microseconds a case: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, most ${at(1)}`)
  const growth = (heaps.at(-1) ?? 0) - (heaps[1] ?? 0)
  if (globalThis.gc === undefined || growth <= MOST_GROWTH) return
  console.error(`${name}: the heap grew by ${(growth / MIB).toFixed(1)} MiB`)
  process.exitCode = 1
}
