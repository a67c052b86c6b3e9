import type { Address } from '../core/address.ts'
import type { SessionEvent } from './events.ts'

/** `reason` goes on from the address: "sent a wrong piece". */
export function bannedWarning(torrent: number, address: Address, reason: string): SessionEvent {
  const message = `${address.text} ${reason} and is refused from now on.`
  return { kind: 'warning', torrent, code: 'peer/banned', message, address, reason }
}
