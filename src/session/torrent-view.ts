import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { Connections, TorrentProgress } from './events.ts'
import type { Stages } from './stages.ts'
import type { StoreOpener } from './store-opener.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** How far a torrent has come: its metadata, then its store, then its pieces. */
export type Phase = 'starting' | 'metadata' | 'opening' | 'active' | 'failed' | 'stopped'

/** What a torrent's progress is told from. */
export interface TorrentView {
  readonly phase: Phase
  readonly torrent: Torrent
  /** Bytes of the content, once known. */
  readonly total: number | undefined
  readonly opener: StoreOpener | undefined
  /** What the disk says, while it refuses. */
  readonly trouble: string | undefined
  readonly init: Pick<TorrentDriverInit, 'dht' | 'mapped' | 'limits'>
  readonly stages: Stages
}

export const NO_CONNECTIONS: Connections = { peers: 0, encrypted: 0, utp: 0, punched: 0 }

/** Of a torrent that has done nothing. */
export const NO_PROGRESS: TorrentProgress = {
  phase: 'starting',
  verified: 0,
  total: undefined,
  down: 0,
  up: 0,
  ...NO_CONNECTIONS,
  uploaded: 0,
  received: 0,
  wasted: 0,
  checked: 0,
  why: '',
  findings: [],
  spent: [],
  stages: { added: 0 },
}

export function torrentProgress(
  now: Micros,
  view: TorrentView,
  why: Pick<TorrentProgress, 'findings' | 'spent'>,
): TorrentProgress {
  const { torrent, total } = view
  const { download } = torrent
  return {
    phase: shownPhase(view),
    verified: total === undefined || download === undefined ? 0 : total - download.tracker.remaining,
    total,
    down: torrent.down.rate(now),
    up: torrent.up.rate(now),
    ...connectionsOf(torrent),
    uploaded: torrent.up.total,
    received: torrent.down.total,
    wasted: download?.wasted ?? 0,
    checked: view.phase === 'opening' ? (view.opener?.progress ?? 0) : 0,
    why: why.findings[0]?.phrase ?? '',
    ...why,
    stages: view.stages.timeline,
  }
}

function connectionsOf({ crowd: { slots, encounters } }: Torrent): Connections {
  let encrypted = 0
  let utp = 0
  for (const { peer } of slots.values()) {
    encrypted += Number(peer.remote.encrypted)
    utp += Number(peer.remote.speaksUtp)
  }
  return { peers: slots.size, encrypted, utp, punched: encounters.punched }
}

/** Whether it is still after something. */
export function wantsData(phase: Phase, torrent: Torrent): boolean {
  if (phase === 'metadata' || phase === 'opening') return true
  return phase === 'active' && torrent.download?.complete !== true
}

/** Whether it is after nothing (any more), nor about to be. */
export function isOver(phase: Phase, torrent: Torrent): boolean {
  return phase !== 'starting' && !wantsData(phase, torrent)
}

function shownPhase(view: TorrentView): TorrentProgress['phase'] {
  const { phase, torrent, opener, trouble, init } = view
  if (phase === 'failed' || phase === 'stopped') return 'failed'
  if (trouble !== undefined) return 'paused'
  if (phase === 'active') return torrent.download?.complete === true ? 'seeding' : 'downloading'
  if (phase === 'opening') return opener?.waiting === true ? 'waiting' : 'checking'
  if (phase === 'starting') return 'starting'
  if (torrent.crowd.slots.size > 0) return 'metadata'
  return init.dht?.goodContacts === 0 ? 'bootstrapping' : 'looking-up'
}
