import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { TorrentProgress, TorrentStages } from './events.ts'
import type { Failure } from './ports.ts'
import type { StoreOpener } from './store-opener.ts'
import { whyNothingMoves } from './why.ts'

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
  /** Good contacts in the DHT; `undefined` without DHT. */
  readonly contacts: number | undefined
  readonly stages: TorrentStages
}

export function torrentProgress(now: Micros, view: TorrentView): TorrentProgress {
  const { torrent, total } = view
  const { download } = torrent
  const down = torrent.down.rate(now)
  return {
    phase: shownPhase(view),
    verified: total === undefined || download === undefined ? 0 : total - download.tracker.remaining,
    total,
    down,
    up: torrent.up.rate(now),
    peers: torrent.crowd.slots.size,
    uploaded: torrent.up.total,
    received: torrent.down.total,
    wasted: download?.wasted ?? 0,
    checked: view.phase === 'opening' ? (view.opener?.progress ?? 0) : 0,
    why: whyStuck(view, down > 0),
    stages: view.stages,
  }
}

/** Whether it is still after something. */
export function wantsData(phase: Phase, torrent: Torrent): boolean {
  if (phase === 'metadata' || phase === 'opening') return true
  return phase === 'active' && torrent.download?.complete !== true
}

/** What to warn of when nothing has moved for long; `undefined` where that has been told already or is as it should be. */
export function stuckWarning(view: TorrentView): Failure | undefined {
  // What the disk refuses, and a folder that is gone, have been told.
  if (view.trouble !== undefined || view.opener?.waiting === true) return undefined
  const why = whyStuck(view, false)
  if (why === '') return undefined
  const lonely = view.contacts === 0 ? 'dht/no-nodes' : 'swarm/no-peers'
  return {
    code: view.torrent.crowd.slots.size > 0 ? 'swarm/stuck' : lonely,
    message: `Nothing moves: ${why}.`,
  }
}

/** One phrase, empty while data moves or none is wanted. */
function whyStuck(view: TorrentView, moving: boolean): string {
  const { torrent, phase, opener, contacts } = view
  if (!wantsData(phase, torrent)) return ''
  if (phase === 'opening' && opener?.waiting !== true) return ''
  const metadata = torrent.download !== undefined
  const slots = [...torrent.crowd.slots.values()]
  const useful = slots.filter(({ witness, peer }) => (metadata ? witness >= 0 : peer.remote.supportsMetadata))
  return whyNothingMoves({
    trouble: view.trouble,
    waitingForFolder: phase === 'opening',
    moving,
    dht: contacts !== undefined,
    contacts: contacts ?? 0,
    candidates: torrent.crowd.pool.counts().candidates,
    connected: slots.length,
    useful: useful.length,
    unchoking: useful.filter(({ peer }) => !peer.choking).length,
    metadata,
  })
}

function shownPhase(view: TorrentView): TorrentProgress['phase'] {
  const { phase, torrent, opener, trouble, contacts } = view
  if (phase === 'failed' || phase === 'stopped') return 'failed'
  if (trouble !== undefined) return 'paused'
  if (phase === 'active') return torrent.download?.complete === true ? 'seeding' : 'downloading'
  if (phase === 'opening') return opener?.waiting === true ? 'waiting' : 'checking'
  if (phase === 'starting') return 'starting'
  if (torrent.crowd.slots.size > 0) return 'metadata'
  return contacts === 0 ? 'bootstrapping' : 'looking-up'
}
