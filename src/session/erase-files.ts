import type { Micros } from '../core/time.ts'
import type { EraseSpec, Failure } from './ports.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Removes a torrent's files from a folder; `done` is told why not, and of what was left is warned: `what` says what was not done. */
export function eraseFiles(
  { ports, tickets, emit }: Pick<TorrentDriverInit, 'ports' | 'tickets' | 'emit'>,
  torrent: number,
  spec: EraseSpec,
  what: string,
  done: (now: Micros, failure: Failure | undefined) => void,
): void {
  const ticket = tickets.issue((now, value, failure) => {
    const [first, ...more] = (value ?? []) as readonly string[]
    if (first !== undefined) {
      const rest = more.length === 0 ? '' : ` (nor were ${more.length} more)`
      emit({ kind: 'warning', torrent, code: 'storage/left', message: `${what}${rest}: ${first}` })
    }
    done(now, failure)
  })
  ports.storage.erase(ticket, spec)
}
