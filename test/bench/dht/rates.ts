/** `npm run bench -- dht`: how many queries a node answers with one core, and how soon, ours and others by turns. */
import { median } from '../median.ts'
import { type Kind, Load, type Paced, type Saturated } from './load.ts'
import { type Place, Stage } from './stage.ts'

/** Nodes of the network that the measured ones are part of: their tables are then as full as they get. */
const POPULATION = 250
const WARM_UP_SECONDS = 1.5
/** A measurement from which the host took more than this is done again, so often at most. */
const MOST_STOLEN = 0.1
const ATTEMPTS = 3
const NAMES: Readonly<Record<Kind, string>> = {
  ping: 'ping',
  find_node: 'find_node',
  get_peers: 'get_peers',
  values: 'get_peers (100 stored)',
  announce_peer: 'announce_peer',
}

interface Series {
  readonly place: Place
  readonly kind: Kind
  readonly runs: Saturated[]
  paced: Paced | undefined
}

export interface RateOptions {
  readonly runs: number
  readonly seconds: number
  /** `host:port` of further nodes that somebody else started. */
  readonly nodes: readonly string[]
  readonly kinds: readonly Kind[]
}

export async function benchRates({ runs, seconds, nodes, kinds }: RateOptions): Promise<void> {
  await Stage.run(async (stage) => {
    await stage.population(POPULATION)
    const { place: ours } = await stage.ours()
    const libtorrent = await stage.libtorrent()
    if (typeof libtorrent === 'string') console.log(libtorrent)
    const places = [
      ours,
      await stage.foreign(),
      ...(typeof libtorrent === 'string' ? [] : [libtorrent]),
      await stage.echo(),
      ...nodes.map(named),
    ]
    const load = new Load(stage)
    const series = kinds.flatMap((kind) =>
      places
        .filter(({ echo }) => !echo || kind === 'ping')
        .map((place): Series => ({ place, kind, runs: [], paced: undefined })),
    )
    for (const { place, kind } of series) await load.saturate(place, kind, WARM_UP_SECONDS)
    for (let run = 0; run < runs; run++) {
      // Each round in the other order than the one before.
      for (const one of run % 2 === 0 ? series : series.toReversed()) {
        one.runs.push(await clean(() => load.saturate(one.place, one.kind, seconds)))
      }
    }
    for (const one of series) {
      const half = median(one.runs.map(({ rate }) => rate)) / 2
      one.paced = await clean(() => load.pace(one.place, one.kind, half, seconds))
    }
    // Last of all: it never rests.
    const limit = await load.saturate(await stage.sink(), 'ping', seconds)
    console.log(table(series, ours))
    console.log(verdict(series, limit))
  })
}

async function clean<T extends { readonly stolen: number }>(measure: () => Promise<T>): Promise<T> {
  let best = await measure()
  for (let i = 1; i < ATTEMPTS && best.stolen > MOST_STOLEN; i++) {
    const again = await measure()
    if (again.stolen < best.stolen) best = again
  }
  return best
}

function named(text: string): Place {
  const [, host, port] = /^([\d.]+):(\d+)$/.exec(text) ?? []
  if (host === undefined) throw new Error(`${text} is no literal IPv4 address with a port`)
  return { name: text, host, port: Number(port), echo: false }
}

/** Answers for each second that the node's process ran: what others on the machine take makes no difference to it. */
const perCore = ({ replies, cpu }: Saturated): number => replies / (cpu ?? Number.NaN)

function table(series: readonly Series[], ours: Place): string {
  const rows = series.map(({ place, kind, runs, paced }) => {
    const own = series.find((one) => one.place === ours && one.kind === kind)!.runs
    const ratio = median(runs.map((run, i) => perCore(own[i]!) / perCore(run)))
    const cells = [
      NAMES[kind],
      place.name,
      spread(runs.map(({ rate }) => rate)),
      spread(runs.map(perCore)),
      place === ours ? '' : ratio.toFixed(2),
      ...[paced?.p50, paced?.p99, paced?.bytes].map((value) => value?.toFixed(0) ?? ''),
      `${((100 * runs.reduce((sum, { lost }) => sum + lost, 0)) / runs.reduce((sum, { replies }) => sum + replies, 0)).toFixed(2)}`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| query | node | answers/s | answers per second of its core | ours to it | p50 us | p99 us | bytes | lost % |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    'Ratios are medians round by round, of answers per second of the core. p50 and p99 at half of saturation.',
  ].join('\n')
}

/** Whether the load was what limited the rates, and what else the machine did. */
function verdict(series: readonly Series[], limit: Saturated): string {
  const all = series.flatMap(({ runs }) => runs)
  const busiest = series.reduce((a, b) => (idleness(a) < idleness(b) ? a : b))
  const share = (100 * (1 - idleness(busiest))).toFixed(0)
  const who = `${busiest.place.name}, ${NAMES[busiest.kind]}`
  const was = idleness(busiest) < 0.1 ? 'was the bottleneck there' : 'was never the bottleneck'
  const others = median(all.map(({ others = 0, elapsed }) => (100 * others) / elapsed))
  const stolen = all.filter((run) => run.stolen > MOST_STOLEN).length
  return [
    `The load ${was}: it worked ${share} % of the time at most (${who}); against a sink it reaches ${whole(limit.rate)} a second.`,
    `Other programs had ${others.toFixed(0)} % of a core (median); the host took more than a tenth in ${stolen} of ${all.length} runs.`,
  ].join('\n')
}

const idleness = ({ runs }: Series): number => median(runs.map(({ idle }) => idle))

function spread(values: readonly number[]): string {
  return `${whole(median(values))} (${whole(Math.min(...values))}–${whole(Math.max(...values))})`
}

function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–'
}
