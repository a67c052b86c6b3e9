import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { Crowd } from './crowd.ts'
import type { Download } from './download.ts'
import type { Interest } from './interest.ts'
import { SKIPPED } from './level.ts'
import type { PieceCheck } from './piece-check.ts'
import { ServedCheck } from './served-check.ts'
import type { PieceStore, TorrentEffects } from './torrent-effects.ts'

export interface RotWatchInit {
  readonly geometry: Geometry
  readonly check: PieceCheck
  readonly have: Bitfield
  readonly store: PieceStore
  /** See `SwarmOptions.servedCheck`. */
  readonly share: number
  readonly crowd: Crowd
  readonly download: Download
  readonly interest: Interest
  readonly effects: TorrentEffects
  /** We have all that we want from now on, or want more. */
  completeness(now: Micros): void
}

/** A check of what is served that takes back what is wrong (BEP 54) and, where it can be written, has it fetched again. */
export function rotWatch(init: RotWatchInit): ServedCheck {
  const { geometry, check, have, store, share, crowd, download, interest, effects } = init
  return new ServedCheck({
    ...{ geometry, check, have, store, share },
    lost: (now, piece, first) => {
      const { complete } = download
      if (store.readOnly === true) download.tracker.setLevel(piece, SKIPPED)
      download.tracker.lost(piece)
      store.recordDropped(piece)
      for (const { peer } of crowd.slots.values()) peer.announceLost(now, piece)
      if (first) effects.event({ kind: 'rotten', piece, refetched: download.tracker.lacks(piece) })
      if (complete === download.complete) interest.reviewAll(now)
      else init.completeness(now)
    },
  })
}
