/**
 * One measurement of DHT nodes in virtual time, in a process of its own: `sim-dht-job.ts <job> <nodes>`, with `--expose-gc`. Says
 * its figures as one JSON line.
 */
import process from 'node:process'
import { streamFor } from '../../sim/engine/rng.ts'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import type { SimHost } from '../../sim/hosts/sim-host.ts'
import { warmStart } from '../../sim/hosts/warm-start.ts'
import { World } from '../../sim/hosts/world.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { MILLISECOND, MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import type { SessionEvent } from '../../src/session/events.ts'

const NEAREST = 8
/** Look-ups a second of each node while deliveries are counted: nodes at rest send too little to be measured. */
const BUSY = 0.05
/** Look-ups by which a network is found to be whole. */
const PROBES = 200
const WHOLE = 0.99

/** A world of nodes, and what their look-ups found. */
class Crowd {
  readonly world = new World({ seed: 1 })
  readonly rng: Rng = streamFor(1, 0, 'bench')
  readonly ids = new Map<SimHost, Id>()
  ended = 0
  queries = 0
  exact = 0
  #asked = 0
  readonly #targets = new Map<number, { readonly target: Id; readonly asker: SimHost }>()
  readonly #isChecked: boolean

  constructor(nodes: number, isChecked: boolean) {
    this.#isChecked = isChecked
    for (let i = 0; i < nodes; i++) this.world.addHost()
  }

  readonly emit = (host: SimHost, event: SessionEvent): void => {
    if (event.kind === 'listening') this.ids.set(host, event.nodeId!)
    else if (event.kind === 'lookup' && event.lookup > 0) {
      this.ended += 1
      this.queries += event.queries
      const asked = this.#targets.get(event.lookup)
      this.#targets.delete(event.lookup)
      if (this.#isChecked && asked !== undefined) this.exact += this.#isExact(asked, event.closest) ? 1 : 0
    }
  }

  /** Look-ups of random nodes for random targets, spread evenly from now on. */
  lookUp(count: number, within: Micros): void {
    const { hosts, now } = this.world
    for (let i = 0; i < count; i++) {
      const asker = hosts[below(this.rng, hosts.length)]!
      const target = randomId(this.rng)
      this.#targets.set(++this.#asked, { target, asker })
      const at = now + Math.floor((i * within) / count)
      asker.command({ kind: 'lookup', lookup: this.#asked, target, want: 'nodes' }, at)
    }
  }

  /** The share of a few look-ups, done at once, that find exactly the nearest nodes. */
  probe(): number {
    const before = this.exact
    this.lookUp(PROBES, SECOND)
    this.world.run(this.world.now + 20 * SECOND, () => this.#targets.size === 0)
    return (this.exact - before) / PROBES
  }

  #isExact(
    { target, asker }: { readonly target: Id; readonly asker: SimHost },
    closest: readonly { readonly id: Id }[],
  ): boolean {
    const eighth = closest[NEAREST - 1]?.id
    if (eighth === undefined) return false
    // Eight different nodes that exist: they are the nearest when no other is nearer than the last of them.
    let nearer = 0
    for (const [host, id] of this.ids)
      if (host !== asker && compareDistance(target, id, eighth) < 0) nearer += 1
    return nearer === NEAREST - 1
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Bytes that live on after a collection, in the heap and outside it. */
function liveBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of a node at rest, and deliveries a second of processor time. */
function rate(nodes: number): object {
  const empty = liveBytes()
  const crowd = new Crowd(nodes, false)
  let begun = cpuSeconds()
  warmStart(crowd.world, crowd.world.hosts, { emit: crowd.emit })
  crowd.world.run(SECOND)
  const startSeconds = cpuSeconds() - begun
  const restBytes = (liveBytes() - empty) / nodes
  const spell = (3e5 / (nodes * BUSY * 35)) * SECOND
  crowd.lookUp(Math.ceil((nodes * BUSY * spell) / SECOND), spell)
  crowd.world.run(crowd.world.now + spell)
  const delivered = crowd.world.udp.delivered
  begun = cpuSeconds()
  crowd.lookUp(Math.ceil((nodes * BUSY * 3 * spell) / SECOND), 3 * spell)
  crowd.world.run(crowd.world.now + 3 * spell)
  const seconds = cpuSeconds() - begun
  const deliveries = crowd.world.udp.delivered - delivered
  return { nodes, startSeconds, restBytes, deliveries, seconds, perSecond: deliveries / seconds }
}

/** Nodes join within ten virtual seconds through few entry points, until look-ups are exact. */
function join(nodes: number): object {
  const crowd = new Crowd(nodes, true)
  const { hosts } = crowd.world
  const entries = hosts.slice(0, 8).map(({ host }) => ({ host, port: PORT }))
  const spread = Math.max(10, nodes / 500) * SECOND
  hosts.forEach((host, i) => {
    const at = i < entries.length ? 0 : 1 + below(crowd.rng, spread)
    const bootstrap = entries.filter((entry) => entry.host !== host.host)
    bootSession(host, at, { listen: false, bootstrap }, (event) => crowd.emit(host, event))
  })
  const wall = performance.now()
  const begun = cpuSeconds()
  crowd.world.run(spread)
  const shares: [number, number][] = []
  do {
    crowd.world.run(crowd.world.now + 10 * SECOND)
    shares.push([Math.round((crowd.world.now - spread) / SECOND), crowd.probe()])
  } while (shares.at(-1)![1] < WHOLE && crowd.world.now < spread + 10 * MINUTE)
  return {
    nodes,
    spread: spread / SECOND,
    shares,
    deliveries: crowd.world.udp.delivered,
    seconds: cpuSeconds() - begun,
    wallSeconds: (performance.now() - wall) / 1000,
  }
}

/** Ten virtual minutes of a network at rest, with as many look-ups as nodes; each second some leave and as many come back. */
function tenMinutes(nodes: number): object {
  const crowd = new Crowd(nodes, false)
  const { world } = crowd
  const wall = performance.now()
  const begun = cpuSeconds()
  warmStart(world, world.hosts, { emit: crowd.emit })
  world.run(SECOND)
  const known = world.hosts.slice(0, 8).map(({ host }) => ({ host, port: PORT }))
  // Half of all sessions last less than 145 minutes (the profile of published measurements).
  const leavers = Math.ceil(nodes / (2 * 145 * 60))
  crowd.lookUp(nodes, 10 * MINUTE - 20 * SECOND)
  while (world.now < 10 * MINUTE) {
    for (let i = 0; i < leavers; i++) {
      const host = world.hosts[8 + below(crowd.rng, nodes - 8)]!
      host.kill()
      bootSession(host, world.now + SECOND / 2, { listen: false, bootstrap: known }, (event) =>
        crowd.emit(host, event),
      )
    }
    world.run(world.now + SECOND)
  }
  return {
    nodes,
    lookups: crowd.ended,
    queries: crowd.queries / crowd.ended,
    deliveries: world.udp.delivered,
    perNode: world.udp.delivered / nodes,
    seconds: cpuSeconds() - begun,
    wallSeconds: (performance.now() - wall) / 1000,
    peakRss: process.resourceUsage().maxRSS * 1024,
  }
}

/** The side of the comparison in virtual time: nodes join one after another, then look-ups one at a time. */
function oneByOne(nodes: number): object {
  const empty = liveBytes()
  const crowd = new Crowd(nodes, true)
  const { hosts } = crowd.world
  const begun = performance.now()
  hosts.forEach((host, i) => {
    const bootstrap = hosts.slice(0, Math.min(3, i)).map((other) => ({ host: other.host, port: PORT }))
    bootSession(host, i * 8 * MILLISECOND, { listen: false, bootstrap }, (event) => crowd.emit(host, event))
  })
  crowd.world.run(nodes * 8 * MILLISECOND + 2 * SECOND)
  const bootstrapSeconds = (performance.now() - begun) / 1000
  const nodeBytes = (liveBytes() - empty) / nodes
  const from = performance.now()
  const virtual = crowd.world.now
  for (let i = 1; i <= PROBES; i++) {
    crowd.lookUp(1, SECOND)
    crowd.world.run(crowd.world.now + MINUTE, () => crowd.ended === i)
  }
  return {
    nodes,
    bootstrapSeconds,
    nodeBytes,
    lookupMs: (performance.now() - from) / PROBES,
    virtualLookupMs: (crowd.world.now - virtual) / PROBES / MILLISECOND,
    exact: crowd.exact / PROBES,
  }
}

const JOBS: Readonly<Record<string, (nodes: number) => object>> = { rate, join, tenMinutes, oneByOne }
const [job = '', nodes = ''] = process.argv.slice(2)
console.log(JSON.stringify(JOBS[job]!(Number(nodes))))
