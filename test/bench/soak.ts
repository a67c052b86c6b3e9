/**
 * `npm run soak [-- --time 600 --rate 20000 --sources 1000 --query-limit 2 --reply-limit 2000]`: a node under a flood answers who asks
 * honestly, stays small, and is well again when the flood ends. Ends with 0 when all of that held.
 */
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Program } from '../support/program.ts'
import { Load, type Paced } from './dht/load.ts'
import { type Place, Stage } from './dht/stage.ts'

const { values } = parseArgs({
  options: {
    time: { type: 'string', default: '600' },
    rate: { type: 'string', default: '20000' },
    sources: { type: 'string', default: '1000' },
    'query-limit': { type: 'string', default: '2' },
    'reply-limit': { type: 'string', default: '2000' },
  },
})

const SECONDS = Number(values.time)
/** Of the network that the node is part of. */
const POPULATION = 60
/** Who ask honestly: as many addresses, each within the limit of one. */
const HONEST = 20
const HONEST_RATE = 30
const BEFORE_SECONDS = 5
const AFTER_SECONDS = 5
/** Share of honest queries that are to be answered within 100 ms. */
const ENOUGH = 0.99
const MOST_MIB = 150

interface Flooded {
  readonly sent: number
  readonly answers: number
  readonly rate: number
}

interface Stats {
  readonly queriesIn: number
  readonly dropped: number
  readonly hashes: number
  readonly peers: number
}

const held: boolean[] = await Stage.run(async (stage) => {
  await stage.population(POPULATION)
  const limits = ['--query-limit', values['query-limit'], '--reply-limit', values['reply-limit']]
  const { place, program } = await stage.ours(...limits)
  const where = [place.host, String(place.port), values.rate, values.time, values.sources]
  const flood = stage.load('flood.py', ...where)
  await flood.line('ready', (line) => line === 'ready', 120_000)
  const asker = new Load(stage)
  const ask = (seconds: number): Promise<Paced> => askHonestly(asker, place, seconds)

  console.log(`load average ${loadavg()[0]!.toFixed(2)}`)
  const before = await ask(BEFORE_SECONDS)
  say('before', before)
  flood.write('go\n')
  const during = await ask(SECONDS)
  const flooded = JSON.parse(await flood.line('its end', (line) => line.startsWith('{'), 30_000)) as Flooded
  const after = await ask(AFTER_SECONDS)
  const peak = await peakMib(program)
  say('during', during)
  say('after ', after)
  console.log(
    `flood: ${flooded.sent} datagrams, ${flooded.rate.toFixed(0)} a second from ${values.sources} addresses, ${flooded.answers} answers`,
  )
  const [ran, waited] = [during.cpu ?? 0, during.waited ?? 0].map((time) => (100 * time) / SECONDS)
  // Where other programs keep it from running, reply times tell of them.
  console.log(`node: ran ${ran!.toFixed(0)} % of the time, waited for a core ${waited!.toFixed(1)} %`)
  console.log(`node: ${peak.toFixed(0)} MiB at most; ${stats(program)}`)
  program.signal('SIGTERM')
  const { code } = await program.end(10_000)
  return [
    check(`the flood was ${values.rate} a second`, flooded.rate >= 0.98 * Number(values.rate)),
    check('99 % of honest queries were answered within 100 ms', during.within >= ENOUGH),
    check(`never more than ${MOST_MIB} MiB`, peak <= MOST_MIB),
    check('well again at once', after.within >= ENOUGH),
    check('a clean stop', code === 143),
  ]
})
process.exit(held.every((one) => one) ? 0 : 1)

function askHonestly(asker: Load, place: Place, seconds: number): Promise<Paced> {
  return asker.pace(place, 'get_peers', HONEST_RATE, seconds, HONEST)
}

function say(when: string, { sent, answered, p50, p99, most, within }: Paced): void {
  const times = [p50, p99, most].map((micros) => (micros / 1000).toFixed(1))
  const share = (100 * within).toFixed(2)
  console.log(
    `${when}: ${answered} of ${sent} honest queries answered, ${share} % within 100 ms; p50 ${times[0]}, p99 ${times[1]}, at most ${times[2]} ms`,
  )
}

/** Since it began. */
async function peakMib(program: Program): Promise<number> {
  const status = await readFile(`/proc/${program.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}

function stats(program: Program): string {
  const last = program.linesMatching((line) => line.startsWith('{"event":"stats"')).at(-1)
  if (last === undefined) return 'no statistics yet'
  const { queriesIn, dropped, hashes, peers } = JSON.parse(last) as Stats
  return `${queriesIn} queries taken, ${dropped} datagrams dropped, ${peers} peers of ${hashes} hashes kept`
}

function check(what: string, holds: boolean): boolean {
  console.log(`${holds ? 'ok' : 'NOT HELD'}: ${what}`)
  return holds
}
