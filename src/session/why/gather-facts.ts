import { BLOCK_LENGTH } from '../../core/geometry.ts'
import type { Micros } from '../../core/time.ts'
import type { Download } from '../../swarm/download.ts'
import type { Helper } from '../../swarm/download-init.ts'
import type { PeerSlot } from '../../swarm/peer-slot.ts'
import type { Torrent } from '../../swarm/torrent.ts'
import type { Mapped } from '../port-mapping.ts'
import { isOver, type TorrentView } from '../torrent-view.ts'
import type { Facts } from './facts.ts'

/** What a peer that has what we lack is to us at this moment. */
type Part = 'choking' | 'rateHeld' | 'starved' | 'silent' | 'asked' | 'idle'

/** A web server that sends less than a block a minute is as silent as a peer that sends no block for so long. */
const SILENT_RATE = BLOCK_LENGTH / 60

/** Looks at a torrent: at each peer once and at nothing for each block; where no connected peer has everything, at each piece. */
export function gatherFacts(now: Micros, view: TorrentView): Facts {
  const { torrent, phase, opener } = view
  const { dht, mapped, limits } = view.init
  const { crowd, download } = torrent
  const { encounters } = crowd
  const { ends, incoming, outgoing, unanswered, declined, liars } = encounters
  const { candidates, untried, dialling } = crowd.pool.counts()
  return {
    phase: isOver(phase, torrent) || phase === 'failed' || phase === 'stopped' ? 'over' : phase,
    private: torrent.private,
    folderMissing: phase === 'opening' && opener?.waiting === true,
    refusal: view.trouble,
    checked: opener?.progress ?? 0,
    // Counting them takes a look at the whole table.
    ...(dht === undefined || crowd.slots.size > 0 ? {} : { contacts: dht.goodContacts }),
    ...(dht?.reachable === undefined ? {} : { reachable: dht.reachable ? 1 : 0 }),
    ...mappedOf(mapped()),
    punching: crowd.punching !== undefined && !torrent.private ? 1 : 0,
    ...{ candidates, untried, dialling, incoming, outgoing, unanswered, declined, ends, liars },
    connected: crowd.slots.size + busyHelpers(download).length,
    servers: busyHelpers(download).length,
    hashless: torrent.hashes.lacking,
    ...claimsOf(torrent),
    lacking: download?.tracker.lacking ?? 0,
    nowhere: download === undefined ? 0 : nowhereOf(download),
    ...peersOf(now, torrent),
    open: download?.tracker.openCount ?? 0,
    ...(download?.backlog ?? { hashing: 0, writing: 0 }),
    down: torrent.down.rate(now),
    ...(Number.isFinite(limits.down.rate) ? { limit: limits.down.rate } : {}),
    received: torrent.down.total,
    spoiled: download?.spoiled ?? 0,
  }
}

function mappedOf(mapped: Mapped | undefined): Pick<Facts, 'mapped'> {
  return mapped === undefined ? {} : { mapped: mapped.tcp ?? 0 }
}

function claimsOf({ crowd }: Torrent): Pick<Facts, 'suppliers' | 'claims'> {
  const sizes = new Set<number>()
  let suppliers = 0
  for (const { peer } of crowd.slots.values()) {
    if (!peer.remote.supportsMetadata || peer.remote.metadataSize === undefined) continue
    suppliers += 1
    sizes.add(peer.remote.metadataSize)
  }
  return { suppliers, claims: sizes.size }
}

function nowhereOf({ tracker, picker }: Download): number {
  if (!picker.hasUnshared) return 0
  let count = 0
  for (let piece = 0; piece < tracker.geometry.pieceCount; piece++)
    if (tracker.lacks(piece) && picker.availabilityOf(piece) === 0) count += 1
  return count
}

function busyHelpers(download: Download | undefined): Helper[] {
  return [...(download?.helpers.values() ?? [])].filter(({ busy }) => busy)
}

type Peers = Pick<Facts, 'useful' | 'outstanding' | 'fastest' | Exclude<Part, 'idle'>>

function peersOf(now: Micros, { crowd, download }: Torrent): Peers {
  const parts: Record<Part, number> = { choking: 0, rateHeld: 0, starved: 0, silent: 0, asked: 0, idle: 0 }
  let useful = 0
  let outstanding = 0
  let fastest = 0
  if (download !== undefined) {
    const { crowded } = download
    // A web server that is asked for something is as good as a peer.
    for (const helper of busyHelpers(download)) {
      const rate = helper.rate(now)
      useful += 1
      outstanding += 1
      fastest = Math.max(fastest, rate)
      parts[rate < SILENT_RATE ? 'silent' : 'asked'] += 1
    }
    for (const slot of crowd.slots.values()) {
      outstanding += slot.peer.outstanding
      fastest = Math.max(fastest, slot.peer.down.rate(now))
      if (!slot.wanted) continue
      useful += 1
      parts[partOf(now, slot, download, crowded)] += 1
    }
  }
  const { idle: _, ...known } = parts
  return { useful, outstanding, fastest, ...known }
}

function partOf(now: Micros, slot: PeerSlot, download: Download, crowded: boolean): Part {
  const { peer } = slot
  const kept = download.keptFrom(slot)
  if (kept === 'rate') return 'rateHeld'
  if (kept === 'work' && crowded && 2 * peer.outstanding < peer.depth) return 'starved'
  if (peer.outstanding > 0) return peer.snubbed || peer.down.rate(now) === 0 ? 'silent' : 'asked'
  return peer.choking ? 'choking' : 'idle'
}
