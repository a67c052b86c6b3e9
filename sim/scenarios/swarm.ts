import { equalBytes } from '../../src/core/bytes.ts'
import { between } from '../../src/core/rng.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { TorrentSource } from '../../src/session/commands.ts'
import type { Session } from '../../src/session/session.ts'
import { streamFor } from '../engine/rng.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { bootSession, PORT } from '../hosts/session-host.ts'
import { type SimHost, WORLD } from '../hosts/sim-host.ts'
import { Payload } from '../payload/payload.ts'
import { hashOf } from '../payload/piece-hash.ts'

const TORRENT = 1
const FOLDER = '/torrents'

/** One seed, and peers that know a magnet link and one DHT node: they find each other, fetch the metadata and all content. */
export const swarm: Scenario = defineScenario({
  name: 'swarm',
  description: 'Peers download from one seed by magnet link, finding each other through the DHT.',
  parameters: {
    peers: { text: 'peers in all, the seed included', fallback: 50, min: 2, max: 5_000, unit: 'count' },
    length: { text: 'of the content', fallback: 16_777_216, min: 1, max: 2 ** 40, unit: 'bytes' },
    piece: { text: 'of a piece', fallback: 262_144, min: 16_384, max: 16_777_216, unit: 'bytes' },
    up: {
      text: "a second, of each peer's line",
      fallback: 1_048_576,
      min: 1_024,
      max: 2 ** 40,
      unit: 'bytes',
    },
    down: {
      text: "a second, of each peer's line",
      fallback: 8_388_608,
      min: 1_024,
      max: 2 ** 40,
      unit: 'bytes',
    },
    spread: { text: 'in which they arrive', fallback: 10, min: 0, max: 86_400, unit: 'seconds' },
    limit: { text: 'after which it has failed', fallback: 3_600, min: 1, max: 604_800, unit: 'seconds' },
    copies: {
      text: 'of the content that the seed may send',
      fallback: 3,
      min: 1,
      max: 5_000,
      unit: 'factor',
    },
    loss: { text: 'of datagrams are lost', fallback: 0, min: 0, max: 0.9, unit: 'factor' },
  },
  network: ({ loss }) => ({ loss }),

  run(world, { peers, length, piece, up, down, spread, limit, copies: mostCopies }, findings) {
    const rng = streamFor(world.seed, WORLD, 'swarm')
    const payload = new Payload({ seed: world.seed, name: 'payload.bin', length, pieceLength: piece })
    const router = world.addHost()
    bootSession(router, 0, { listen: false, bootstrap: [] }, () => {})
    const options = { bootstrap: [{ host: router.host, port: PORT }] }
    const source: TorrentSource = {
      infoHash: payload.infoHash,
      metadata: undefined,
      name: payload.name,
      peers: [],
      nodes: [],
    }
    const warnings = new Map<string, number>()
    const done = new Map<SimHost, Micros>()
    const sessions: Session[] = []
    const arrivals = new Map<SimHost, Micros>()
    for (let i = 0; i < peers; i++) {
      const host = world.addHost({ rates: { up, down } })
      const seeds = i === 0
      const at = seeds ? 0 : between(rng, 1, 1 + Math.floor(spread * SECOND))
      if (seeds) host.disk.volume(payload.storeSpec(FOLDER)).fill(payload)
      arrivals.set(host, at)
      const session = bootSession(host, at, options, (event) => {
        if (event.kind === 'done') done.set(host, world.now)
        else if (event.kind === 'warning' || event.kind === 'error') {
          warnings.set(event.code, (warnings.get(event.code) ?? 0) + 1)
        }
      })
      sessions.push(session)
      host.command(
        {
          kind: 'add',
          torrent: TORRENT,
          source: seeds ? { ...source, metadata: payload.info } : source,
          options: {
            out: FOLDER,
            mode: seeds ? 'seed' : 'download',
            overwrite: false,
            recheck: false,
            maxPeers: 50,
          },
        },
        at,
      )
    }
    const [seed, ...others] = world.hosts.slice(1) as [SimHost, ...SimHost[]]
    const complete = (): number => others.filter((host) => done.has(host)).length
    world.run(
      Math.floor(limit * SECOND),
      () => done.size >= others.length && complete() === others.length,
      () => findings.progress(world.now, `${complete()} of ${others.length} complete`),
    )

    const progress = sessions.map((session) => session.progress(world.now, TORRENT))
    const copies = (progress[0]?.uploaded ?? 0) / length
    const wasted = progress.reduce((sum, one) => sum + (one?.wasted ?? 0), 0)
    const right = others.filter((host) => holds(host, payload)).length
    const seconds = others.flatMap((host) => {
      const at = done.get(host)
      return at === undefined ? [] : [(at - arrivals.get(host)!) / SECOND]
    })
    findings.distribution('downloadSeconds', seconds)
    findings.metric('fluidBoundSeconds', fluidBound(others.length, length, up, down))
    findings.metric('seedCopies', copies)
    findings.metric('seedLineBytes', seed.up.carried)
    findings.metric('wastedShare', wasted / (length * others.length))
    findings.metric('streams', world.streams.opened)
    findings.metric('datagrams', world.udp.delivered)
    for (const [code, count] of [...warnings].toSorted()) findings.metric(`events ${code}`, count)
    findings.atLeast('peers complete', complete(), others.length)
    findings.atLeast('peers whose files are right', right, others.length)
    findings.atMost('copies that the seed sent', copies, mostCopies)
  },
})

/** Whether every byte on the host's disk is that of the payload. */
function holds(host: SimHost, payload: Payload): boolean {
  const volume = host.disk.volume(payload.storeSpec(FOLDER))
  for (let piece = 0; piece < payload.geometry.pieceCount; piece++) {
    const length = payload.geometry.lengthOf(piece)
    const content = volume.content(piece)
    if (!content.covers(0, length)) return false
    if (!equalBytes(hashOf(content, length), hashOf(payload.piece(piece), length))) return false
  }
  return true
}

/** No swarm of equal lines is faster: the seed sends each byte once, each line takes it, all lines together give it to all. */
function fluidBound(downloads: number, length: number, up: number, down: number): number {
  return Math.max(length / up, length / down, (downloads * length) / ((downloads + 1) * up))
}
