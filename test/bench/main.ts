/**
 * `npm run bench -- download [--size 1G] [--runs 7]`, `npm run bench -- sim [--quick] [rate join minutes crowd walks beside]`,
 * `npm run bench -- dht [--runs 7] [--seconds 1] [--node host:port ...] [ping find_node get_peers values announce_peer]`,
 * `npm run bench -- dht memory`, `npm run bench -- idle [--seconds 60]`, `npm run bench -- limits [--seconds 10]`.
 */
import { parseArgs } from 'node:util'
import { obstacle } from '../support/foreign-programs.ts'
import { KINDS, type Kind } from './dht/load.ts'
import { benchMemory } from './dht/memory.ts'
import { benchRates } from './dht/rates.ts'
import { benchDownload } from './download.ts'
import { benchIdle } from './idle.ts'
import { benchLimits } from './limits.ts'
import { benchSim } from './sim.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '1G' },
    runs: { type: 'string', default: '7' },
    seconds: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
  },
})
const [, digits, unit = ''] = /^(\d+)([kMG]?)$/.exec(values.size) ?? []
const length = Number(digits) * UNITS[unit]!
const runs = Number(values.runs)

const [what, ...parts] = positionals
const PARTS = ['rate', 'join', 'minutes', 'crowd', 'walks', 'beside']

const kinds: readonly string[] = KINDS
if (what === 'dht' && parts.length === 1 && parts[0] === 'memory') await benchMemory()
else if (what === 'dht' && parts.every((part) => kinds.includes(part)) && runs > 0) {
  const asked = parts.length === 0 ? KINDS : (parts as Kind[])
  await benchRates({ runs, seconds: Number(values.seconds ?? 1), nodes: values.node, kinds: asked })
} else if (what === 'idle' && parts.length === 0) {
  await benchIdle(Number(values.seconds ?? 60))
} else if (what === 'limits' && parts.length === 0) {
  await benchLimits(Number(values.seconds ?? 10))
} else if (what === 'sim' && parts.every((part) => PARTS.includes(part))) {
  await benchSim(values.quick ? 'quick' : 'full', parts)
} else if (what === 'download' && parts.length === 0 && length > 0 && runs > 0) {
  const found = obstacle()
  if (found !== undefined) {
    console.error(`There is nothing to compare with, for ${found.what}. ${found.remedy}`)
    process.exit(1)
  }
  await benchDownload(length, runs)
} else {
  console.error(
    'Use: npm run bench -- download [--size 1G] [--runs 7], sim [--quick] [rate join minutes crowd walks beside],\n' +
      'or dht [--runs 7] [--seconds 1] [--node host:port ...] [ping find_node get_peers values announce_peer | memory],\n' +
      'idle [--seconds 60] or limits [--seconds 10]',
  )
  process.exit(2)
}
