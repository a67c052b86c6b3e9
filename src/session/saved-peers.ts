import { readPeers, writePeer } from '../codec/compact.ts'
import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { Ports } from './ports.ts'
import type { Tickets } from './tickets.ts'

/** Peers that are remembered. */
const MOST = 50
/** Soon after the first one is there, so that a run which is cut short has left something; */
const FIRST_SAVE = SECOND
/** then now and again. */
const SAVE_INTERVAL = 60 * SECOND

/**
 * The peers of the last run: asked first at the next start, before the DHT has been heard. A file of one count byte for IPv4,
 * then compact peers of both families (BEP 5, BEP 32).
 */
export class SavedPeers {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #name: string
  readonly #connected: () => readonly Address[]
  #at: Micros = NEVER
  #saved = false

  /** `connected`: where peers that could be dialled again listen. */
  constructor(ports: Ports, tickets: Tickets, infoHash: Id, connected: () => readonly Address[]) {
    this.#ports = ports
    this.#tickets = tickets
    this.#name = `peers/${toHex(infoHash)}.peers`
    this.#connected = connected
  }

  restore(found: (now: Micros, peers: readonly Address[]) => void): void {
    const ticket = this.#tickets.issue((now, value) => {
      if (!(value instanceof Uint8Array) || value.length === 0) return
      const four = Math.min(6 * value[0]!, value.length - 1)
      const peers = [...readPeers(value.subarray(1, 1 + four), 4), ...readPeers(value.subarray(1 + four), 6)]
      found(now, peers.filter(({ usable }) => usable).slice(0, MOST))
    })
    this.#ports.state.read(ticket, this.#name)
  }

  /** A peer has come. */
  noticed(now: Micros): void {
    if (this.#at === NEVER) this.#at = now + (this.#saved ? SAVE_INTERVAL : FIRST_SAVE)
  }

  tick(now: Micros): void {
    if (now < this.#at) return
    this.#at = NEVER
    this.save()
  }

  nextDeadline(): Micros {
    return this.#at
  }

  save(): void {
    const peers = this.#connected().slice(0, MOST)
    if (peers.length === 0) return
    const four = peers.filter(({ family }) => family === 4)
    const six = peers.filter(({ family }) => family === 6)
    const bytes = new Uint8Array(1 + 6 * four.length + 18 * six.length)
    bytes[0] = four.length
    let at = 1
    for (const peer of [...four, ...six]) at = writePeer(bytes, at, peer)
    this.#saved = true
    // What cannot be saved is found again through the DHT.
    this.#ports.state.replace(
      this.#tickets.issue(() => {}),
      this.#name,
      bytes,
    )
  }
}
