import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { SessionEvent } from './events.ts'

/** Names a liar to the user. `reason` goes on from the address: "supplied wrong data". */
export function liarWarning(torrent: number, liar: Extract<TorrentEvent, { kind: 'liar' }>): SessionEvent {
  const { address, reason, banned } = liar
  const fate = banned ? 'refused from now on' : 'left alone for a while'
  const message = `${address.text} ${reason} and is ${fate}.`
  return { kind: 'warning', torrent, code: banned ? 'peer/banned' : 'peer/lied', message, address, reason }
}
