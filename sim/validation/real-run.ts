import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '../../src/core/bytes.ts'
import { randomId } from '../../src/core/id.ts'
import { below, between, type Rng } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { createTorrent, type Lodestone, type OpenOptions, open, parseTorrent } from '../../src/index.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import { streamFor } from '../engine/rng.ts'
import type { Arrival, Group } from '../experiment/population.ts'
import type { Scenario } from '../experiment/scenario.ts'
import { WORLD } from '../hosts/sim-host.ts'
import { World } from '../hosts/world.ts'
import { LATENCIES, Latency, type Placed } from '../network/latency.ts'
import { DelayedHost } from './delayed-host.ts'

const DEFAULT_NEIGHBOURS = 50

/** What a real run took, and how well its delays were kept. */
export interface RealRun {
  /** Milliseconds of each look-up. */
  readonly lookupMs: readonly number[]
  /** Seconds of each download that completed. */
  readonly downloadSeconds: readonly number[]
  /** Downloads that did not. */
  readonly unfinished: number
  /** How much later than meant things came, in milliseconds, ascending. */
  readonly lateness: readonly number[]
}

interface Place extends Placed {
  readonly host: string
  readonly group: Group
  readonly noise: Rng
}

type Values = Readonly<Record<string, number>>

/**
 * Plays what a scenario says as data (groups with their hosts' addresses and places, arrivals, torrent, look-ups) with real
 * nodes on real sockets of this machine, in real time, each as far from the others as in virtual time.
 */
export async function playForReal(
  scenario: Scenario,
  seed: number,
  values: Values,
  folder: string,
): Promise<RealRun> {
  return await new RealStage(scenario, seed, values, folder).play()
}

class RealStage {
  readonly #scenario: Scenario
  readonly #seed: number
  readonly #values: Values
  readonly #folder: string
  readonly #latency = new Latency(LATENCIES.world)
  readonly #places: readonly Place[]
  readonly #byHost: ReadonlyMap<string, Place>
  readonly #nodes = new Map<Place, Lodestone>()
  readonly #hosts: DelayedHost[] = []
  readonly #lookupMs: number[] = []
  readonly #downloadSeconds: number[] = []
  readonly #entries: string[] = []
  readonly #begun: number = performance.now()
  #torrent: Awaited<ReturnType<typeof createTorrent>> | undefined

  constructor(scenario: Scenario, seed: number, values: Values, folder: string) {
    this.#scenario = scenario
    this.#seed = seed
    this.#values = values
    this.#folder = folder
    const places: Place[] = []
    for (const group of scenario.population(values)) {
      for (let i = 0; i < group.count; i++) {
        const { host, position } = group.host?.(i, new World({ seed })) ?? {}
        if (host === undefined || position === undefined) {
          throw new Error(`the group ${group.name} does not say where its hosts lie`)
        }
        const index = places.length + 1
        places.push({ index, host, position, group, noise: streamFor(seed, index, 'noise') })
      }
    }
    this.#places = places
    this.#byHost = new Map(places.map((place) => [place.host, place]))
  }

  async play(): Promise<RealRun> {
    const { payload, lookups, duration } = this.#scenario
    const torrent = payload?.(this.#values)
    if (torrent !== undefined) await this.#makeContent(torrent)
    const [first] = this.#places
    const entries = this.#places.filter(({ group }) => group === first?.group)
    const until = duration(this.#values)
    try {
      for (const place of entries) await this.#open(place)
      const rest = this.#places.filter((place) => !entries.includes(place))
      const downloads = rest.map((place) => this.#join(place, until))
      const plan = lookups?.(this.#values)
      if (plan !== undefined) await this.#lookUp(plan)
      const ended = await Promise.all(downloads)
      return {
        lookupMs: this.#lookupMs,
        downloadSeconds: this.#downloadSeconds,
        unfinished: ended.filter((isDone) => !isDone).length,
        lateness: this.#hosts.flatMap(({ lateness }) => lateness).sort((a, b) => a - b),
      }
    } finally {
      await Promise.all([...this.#nodes.values()].map((node) => node.close()))
    }
  }

  get #seconds(): number {
    return (performance.now() - this.#begun) / 1_000
  }

  async #until(second: number): Promise<void> {
    await sleep(Math.max(0, (second - this.#seconds) * 1_000))
  }

  async #makeContent({
    name,
    length,
    pieceLength,
  }: {
    name: string
    length: number
    pieceLength: number
  }): Promise<void> {
    const content = new Uint8Array(length)
    streamFor(this.#seed, WORLD, 'content').fill(content)
    await mkdir(this.#folderOf('seeds'), { recursive: true })
    const path = join(this.#folderOf('seeds'), name)
    await writeFile(path, content)
    this.#torrent = await createTorrent(path, { pieceLength })
  }

  #folderOf(name: string): string {
    return join(this.#folder, name)
  }

  /** Whether the download that it came for is complete in time; true as well when it came for none. */
  async #join(place: Place, until: number): Promise<boolean> {
    await this.#until(arrivalOf(place, this.#seed))
    const node = await this.#open(place)
    const { torrent: role } = place.group
    if (role === undefined || this.#torrent === undefined) return true
    const maxPeers = role.maxPeers ?? DEFAULT_NEIGHBOURS
    if (role.role === 'seed') {
      node.add(parseTorrent(this.#torrent.bytes), { mode: 'seed', out: this.#folderOf('seeds'), maxPeers })
      return true
    }
    const begun = this.#seconds
    const out = this.#folderOf(`${place.index}`)
    const torrent = node.add(this.#torrent.infoHash, { mode: 'download', out, maxPeers })
    const left = Math.max(0, until - begun) * 1_000
    const isDone = await Promise.race([torrent.done.then(() => true), sleep(left, false, { ref: false })])
    if (isDone) this.#downloadSeconds.push(this.#seconds - begun)
    return isDone
  }

  async #open(place: Place): Promise<Lodestone> {
    const bootstrap = this.#entries.length === 0 ? 'none' : this.#entries
    const options: OpenOptions = {
      ...openOptions(place.group.session ?? {}),
      bind: [place.host],
      port: 0,
      state: false,
      bootstrap,
      lsd: false,
    }
    const node = await open(options, (host) => {
      const delayed = new DelayedHost(host, ({ host: other }) => {
        const from = this.#byHost.get(other)
        return from === undefined ? 0 : this.#latency.ofPacket(from, place, from.noise)
      })
      this.#hosts.push(delayed)
      return delayed
    })
    this.#nodes.set(place, node)
    if (place.group === this.#places[0]!.group) {
      this.#entries.push(...node.addresses.map(({ host, port }) => `${host}:${port}`))
    }
    return node
  }

  async #lookUp(plan: ReturnType<NonNullable<Scenario['lookups']>>): Promise<void> {
    const rng = streamFor(this.#seed, WORLD, 'scenario')
    const askers = this.#places.filter(({ group }) => group.name === plan.group)
    const results: Promise<number>[] = []
    for (let i = 0; i < plan.count; i++) {
      await this.#until(plan.at + i * plan.gap)
      const target = toHex(randomId(rng))
      const node = this.#nodes.get(askers[below(rng, askers.length)]!)
      if (node !== undefined) results.push(node.lookup(target).result.then(({ ms }) => ms))
    }
    this.#lookupMs.push(...(await Promise.all(results)))
  }
}

/** In seconds; the same as in virtual time. */
function arrivalOf({ group, index }: Place, seed: number): number {
  const arrival: Arrival = group.arrival
  if (arrival.kind === 'at') return arrival.second
  if (arrival.kind !== 'within') throw new Error(`nobody can arrive for real as ${arrival.kind}`)
  const from = Math.floor(arrival.from * SECOND)
  const until = from + Math.floor(arrival.seconds * SECOND)
  return between(streamFor(seed, index, 'arrival'), from, until) / SECOND
}

/** What of a session's options can be asked for by those who open a node. */
function openOptions(session: Partial<SessionOptions>): OpenOptions {
  const { listen, dht, uploadLimit, downloadLimit, maxPeers } = session
  return {
    ...(listen === undefined ? {} : { listen }),
    ...(dht === undefined ? {} : { dht }),
    ...(uploadLimit === undefined ? {} : { uploadLimit }),
    ...(downloadLimit === undefined ? {} : { downloadLimit }),
    ...(maxPeers === undefined ? {} : { maxPeers }),
  }
}
