import type { SessionEvent } from '../session/events.ts'
import type { LodestoneEvent } from './events.ts'

type News = Extract<SessionEvent, { readonly kind: 'peer' | 'moved' | 'queue' | 'seeded' | 'warning' }>

/** What listeners are told of a torrent (its info-hash in hex) where nothing else is to be done. */
export function torrentNews(torrent: string, event: News): LodestoneEvent {
  switch (event.kind) {
    case 'peer': {
      const { host, port } = event.address
      return { type: 'peer', torrent, host, port, source: event.source }
    }
    case 'moved':
      return { type: 'moved', torrent, out: event.out, files: event.files }
    case 'queue':
      return { type: 'queue', torrent, queued: event.queued }
    case 'seeded': {
      const { limit, uploaded, length, elapsed } = event
      return { type: 'seeded', torrent, limit, uploaded, length, seconds: elapsed / 1e6 }
    }
    case 'warning': {
      const { code, message, reason, address } = event
      const place = address === undefined ? {} : { host: address.host, port: address.port }
      const detail = reason === undefined ? {} : { reason }
      return { type: 'warning', torrent, code, message, ...detail, ...place }
    }
  }
}
