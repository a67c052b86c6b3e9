import type { Connections, TorrentProgress, TorrentStages } from '../session/events.ts'
import { NO_PROGRESS } from '../session/torrent-view.ts'
import type { Finding, Spent } from '../session/why/finding.ts'

export type { Connections }

/** A torrent at a glance. Rates in bytes per second. */
export interface Progress extends Omit<TorrentProgress, 'total' | 'findings' | 'spent'> {
  /** Bytes of the content; null before the metadata. */
  readonly total: number | null
  /** Milliseconds since it was added. */
  readonly stages: TorrentStages
}

/** What limits a torrent, and where its time went. */
export interface Why {
  /**
   * What the last ten seconds went to, most of it first; `as-fast-as-peers`: nothing limits it. Those with a share of 0 cost no time now and
   * are worth knowing. None when it wants nothing (more).
   */
  readonly findings: readonly Finding[]
  /** What the time went to since it was added, the longest first. */
  readonly spent: Spent
  /** Milliseconds since it was added; absent: not yet. */
  readonly stages: TorrentStages
}

/** Of one that is gone. */
const GONE: TorrentProgress = { ...NO_PROGRESS, phase: 'failed' }

/** What the session says, as the user sees it; `undefined`: the torrent is gone. */
export function shownProgress(told: TorrentProgress = GONE): Progress {
  const { total, stages, findings: _f, spent: _s, ...rest } = told
  return { ...rest, total: total ?? null, stages: inMs(stages) }
}

export function shownWhy({ findings, spent, stages }: TorrentProgress = GONE): Why {
  return { findings, spent, stages: inMs(stages) }
}

function inMs(stages: TorrentStages): TorrentStages {
  const known = Object.entries(stages).map(([stage, at]) => [stage, (at as number) / 1000])
  return Object.fromEntries(known) as TorrentStages
}
