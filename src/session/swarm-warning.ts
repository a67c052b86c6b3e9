import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { SessionEvent } from './events.ts'

/** What the user is told of a liar (`reason` goes on from the address: "supplied wrong data"), and of files that have changed. */
export function swarmWarning(
  torrent: number,
  event: Extract<TorrentEvent, { kind: 'liar' | 'rotten' }>,
): SessionEvent {
  if (event.kind === 'rotten') {
    const fate = event.refetched ? 'is fetched again' : 'is not served any more'
    const message = `Piece ${event.piece} on the disk is not what it was, and ${fate}; more of it is looked at.`
    return { kind: 'warning', torrent, code: 'storage/changed', message }
  }
  const { address, reason, banned } = event
  const fate = banned ? 'refused from now on' : 'left alone for a while'
  const message = `${address.text} ${reason} and is ${fate}.`
  return { kind: 'warning', torrent, code: banned ? 'peer/banned' : 'peer/lied', message, address, reason }
}
