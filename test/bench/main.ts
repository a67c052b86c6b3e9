/**
 * `npm run bench -- download|seed [--size 1G] [--piece-length 256k] [--encrypted] [--runs 7] [--opposite libtorrent] [--with '<command>'] [--graph <file>] [ours libtorrent aria2 webtorrent]`,
 * `npm run bench -- utp [--size 256M] [--piece-length 256k] [--runs 7]`,
 * `npm run bench -- versions [--size 1G] [--piece-length 1M] [--runs 7]`,
 * `npm run bench -- sim [--quick] [rate join minutes crowd walks beside]`,
 * `npm run bench -- dht [--runs 7] [--seconds 1] [--node host:port ...] [ping find_node get_peers values announce_peer]`,
 * `npm run bench -- blocks [--runs 7] [download seed loopback]`,
 * `npm run bench -- dht memory`, `npm run bench -- idle [--seconds 60]`, `npm run bench -- limits [--seconds 10]`.
 */
import { parseArgs } from 'node:util'
import { obstacle } from '../support/foreign-programs.ts'
import { BLOCK_PARTS, benchBlocks } from './blocks/blocks.ts'
import { KINDS, type Kind } from './dht/load.ts'
import { benchMemory } from './dht/memory.ts'
import { benchRates } from './dht/rates.ts'
import { benchIdle } from './idle.ts'
import { benchLimits } from './limits.ts'
import { benchSim } from './sim.ts'
import { benchTransfers, CLIENTS, type ClientName } from './transfer/transfers.ts'
import { benchUtp } from './transfer/utp.ts'
import { benchVersions } from './transfer/versions.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '1G' },
    runs: { type: 'string', default: '7' },
    seconds: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    'piece-length': { type: 'string', default: '256k' },
    /** Who is at the other end of each transfer. */
    opposite: { type: 'string', default: 'libtorrent' },
    /** A further client, as a command (`transfer/given.ts`). */
    with: { type: 'string', multiple: true, default: [] },
    /** Everything through RC4; WebTorrent, which cannot be told to, is left out. */
    encrypted: { type: 'boolean', default: false },
    graph: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const [, digits, unit = ''] = /^(\d+)([kMG]?)$/.exec(values.size) ?? []
const length = Number(digits) * UNITS[unit]!
const runs = Number(values.runs)

const [what, ...parts] = positionals
const PARTS = ['rate', 'join', 'minutes', 'crowd', 'walks', 'beside']

const kinds: readonly string[] = KINDS
const BLOCKS: readonly string[] = BLOCK_PARTS
if (what === 'dht' && parts.length === 1 && parts[0] === 'memory') await benchMemory()
else if (what === 'dht' && parts.every((part) => kinds.includes(part)) && runs > 0) {
  const asked = parts.length === 0 ? KINDS : (parts as Kind[])
  await benchRates({ runs, seconds: Number(values.seconds ?? 1), nodes: values.node, kinds: asked })
} else if (what === 'blocks' && parts.every((part) => BLOCKS.includes(part)) && runs > 0) {
  await benchBlocks(parts, runs)
} else if (what === 'utp' && parts.length === 0 && runs > 0 && length > 0) {
  await benchUtp(length, values['piece-length'], runs)
} else if (what === 'versions' && parts.length === 0 && runs > 0 && length > 0) {
  await benchVersions(length, values['piece-length'], runs)
} else if (what === 'idle' && parts.length === 0) {
  await benchIdle(Number(values.seconds ?? 60))
} else if (what === 'limits' && parts.length === 0) {
  await benchLimits(Number(values.seconds ?? 10))
} else if (what === 'sim' && parts.every((part) => PARTS.includes(part))) {
  await benchSim(values.quick ? 'quick' : 'full', parts)
} else if (isTransfer()) {
  const found = obstacle()
  if (found !== undefined) {
    console.error(`There is nothing to compare with, for ${found.what}. ${found.remedy}`)
    process.exit(1)
  }
  await benchTransfers({
    side: what === 'download' ? 'downloader' : 'seeder',
    clients: parts.length > 0 ? (parts as ClientName[]) : CLIENTS.filter(can),
    encrypted: values.encrypted,
    commands: values.with,
    opposite: values.opposite as ClientName,
    ...{ length, pieceLength: values['piece-length'], runs, graph: values.graph },
  })
} else {
  console.error(
    'Use: npm run bench -- download or seed [--size 1G] [--piece-length 256k] [--encrypted] [--runs 7] [--opposite libtorrent] [--with <command>]\n' +
      '[--graph <file>] [ours libtorrent aria2 webtorrent], utp or versions [--size 256M] [--runs 7], sim [--quick] [rate join minutes crowd walks beside],\n' +
      'dht [--runs 7] [--seconds 1] [--node host:port ...] [ping find_node get_peers values announce_peer | memory],\n' +
      'blocks [--runs 7] [download seed loopback], idle [--seconds 60] or limits [--seconds 10]',
  )
  process.exit(2)
}

function can(client: ClientName): boolean {
  return !values.encrypted || client !== 'webtorrent'
}

function isTransfer(): boolean {
  const clients: readonly string[] = CLIENTS.filter(can)
  const known = [...parts, values.opposite].every((name) => clients.includes(name))
  return (what === 'download' || what === 'seed') && known && length > 0 && runs > 0
}
