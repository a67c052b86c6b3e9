/**
 * `npm run fuzz [-- <datagrams> <seed> <4 or 6>]`: mutated datagrams into one node in virtual time (row 2.37), a million by default. Prints what
 * was answered, the memory as it goes, and how long a datagram takes; ends with 1 at the first that does harm.
 */
import { Fuzzer } from '../support/fuzzer.ts'

const [count = '1000000', seed = String(Date.now() % 1_000_000), family = '4'] = process.argv.slice(2)
const total = Number(count)
const fuzzer = new Fuzzer(Number(seed), family === '6' ? 6 : 4)
/** Microseconds, one per datagram. */
const times = new Float64Array(total)
const MIB = 1024 * 1024
let began = 0
let isIn = false

function clock(): void {
  if (isIn) times[fuzzer.fed] = (performance.now() - began) * 1000
  else began = performance.now()
  isIn = !isIn
}

console.log(`${total} datagrams, seed ${seed}`)
for (let i = 1; i <= total; i++) {
  fuzzer.step(clock)
  if (i % Math.ceil(total / 10) !== 0) continue
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const memory = `${(heapUsed / MIB).toFixed(1)} MiB of heap in use, ${(rss / MIB).toFixed(1)} MiB in all`
  console.log(`${i}: ${memory}; ${fuzzer.answered} answered, ${fuzzer.replies} replies fed`)
}
times.sort()
const at = (share: number): string => times[Math.min(total - 1, Math.floor(share * total))]!.toFixed(1)
console.log(`microseconds a datagram: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, most ${at(1)}`)
const { hashes, peers, nodes } = fuzzer.stats
console.log(`kept: ${nodes} nodes, ${peers} peers of ${hashes} info-hashes`)
