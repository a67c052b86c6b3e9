import { toHex } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { below, between } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import { streamFor } from '../engine/rng.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { bootSession, PORT } from '../hosts/session-host.ts'
import { WORLD } from '../hosts/sim-host.ts'

const NEAREST = 8
/**
 * A node with 64 good contacts verifies those that it never asked once they were silent for 90 s, so it takes minutes after
 * the last join until all know all they should.
 */
const SETTLE = 300
/** Between two look-ups that begin. */
const LOOKUP_GAP: Micros = 50 * MILLISECOND
const LOOKUP_PATIENCE: Micros = 60 * SECOND

/** Nodes join an empty DHT through few entry points; then look-ups must find exactly the nodes that are nearest. */
export const bootstrap: Scenario = defineScenario({
  name: 'bootstrap',
  description: 'Nodes join a DHT through a few entry points, then look up random targets.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 2, max: 100_000, unit: 'count' },
    entries: { text: 'nodes that the others know', fallback: 2, min: 1, max: 16, unit: 'count' },
    spread: { text: 'in which they join', fallback: 60, min: 0, max: 3_600, unit: 'seconds' },
    settle: {
      text: 'from the last join to the look-ups',
      fallback: SETTLE,
      min: 1,
      max: 86_400,
      unit: 'seconds',
    },
    lookups: { text: 'look-ups', fallback: 500, min: 1, max: 100_000, unit: 'count' },
    loss: { text: 'of datagrams are lost', fallback: 0, min: 0, max: 0.9, unit: 'factor' },
  },
  network: ({ loss }) => ({ loss }),

  run(world, { nodes, entries, spread, settle, lookups }, findings) {
    const rng = streamFor(world.seed, WORLD, 'bootstrap')
    const ids: Id[] = []
    const joinMs: number[] = []
    const results = new Map<
      number,
      { readonly closest: readonly Id[]; readonly ms: number; readonly queries: number }
    >()
    for (let i = 0; i < nodes; i++) world.addHost()
    const known = world.hosts.slice(0, Math.min(entries, nodes)).map(({ host }) => ({ host, port: PORT }))
    world.hosts.forEach((host, i) => {
      const at = i < entries ? 0 : between(rng, 1, 1 + Math.floor(spread * SECOND))
      bootSession(
        host,
        at,
        { listen: false, bootstrap: known.filter((entry) => entry.host !== host.host) },
        (event) => {
          if (event.kind === 'listening') ids[i] = event.nodeId!
          else if (event.kind === 'ready' && event.nodes > 0) joinMs.push(event.elapsed / MILLISECOND)
          else if (event.kind === 'lookup' && event.lookup > 0) {
            const closest = event.closest.map(({ id }) => id)
            results.set(event.lookup, { closest, ms: event.elapsed / MILLISECOND, queries: event.queries })
          }
        },
      )
    })
    const where = (): string =>
      `${joinMs.length} of ${nodes} joined, ${results.size} of ${lookups} look-ups ended`
    const each = (): void => findings.progress(world.now, where())
    const begin = Math.floor((spread + settle) * SECOND)
    world.run(begin, undefined, each)

    const asked: { readonly target: Id; readonly asker: number }[] = []
    for (let i = 0; i < lookups; i++) {
      const asker = below(rng, nodes)
      const target = randomId(rng)
      asked.push({ target, asker })
      world.hosts[asker]!.command(
        { kind: 'lookup', lookup: i + 1, target, want: 'nodes' },
        begin + i * LOOKUP_GAP,
      )
    }
    const end = begin + lookups * LOOKUP_GAP + LOOKUP_PATIENCE
    world.run(end, () => results.size === lookups, each)

    let exact = 0
    asked.forEach(({ target, asker }, i) => {
      const found = (results.get(i + 1)?.closest ?? []).map(toHex).toSorted()
      const nearest = ids
        .filter((_, index) => index !== asker)
        .toSorted((a, b) => compareDistance(target, a, b))
        .slice(0, NEAREST)
      if (found.join() === nearest.map(toHex).toSorted().join()) exact += 1
    })
    const ended = [...results.values()]
    findings.distribution('joinMs', joinMs)
    findings.distribution(
      'lookupMs',
      ended.map(({ ms }) => ms),
    )
    findings.distribution(
      'lookupQueries',
      ended.map(({ queries }) => queries),
    )
    findings.metric('datagrams', world.udp.delivered)
    findings.atLeast('nodes joined', joinMs.length, nodes)
    findings.atLeast('look-ups ended', results.size, lookups)
    findings.atLeast('look-ups that returned exactly the true nearest', exact / lookups, 0.99)
  },
})
