import type { Micros } from '../core/time.ts'
import type { SessionEvent } from './events.ts'
import { LocalDriver } from './local-driver.ts'
import type { SessionOptions } from './options.ts'
import type { Handle, Ports } from './ports.ts'
import type { ProxyTrouble } from './proxy-trouble.ts'
import type { Rounds } from './rounds.ts'
import type { Sockets } from './sockets.ts'
import type { Tickets } from './tickets.ts'
import type { Place } from './torrents.ts'
import { TrackerDriver } from './trackers/tracker-driver.ts'
import { WebClient } from './web/web-client.ts'

export interface SurroundingsInit {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly sockets: Sockets
  readonly options: SessionOptions
  readonly proxyTrouble: ProxyTrouble
  newHandle(): Handle
  emit(event: SessionEvent): void
}

/** What a session reaches besides peers and the DHT, as far as its host has ways there. From when its sockets are open. */
export class Surroundings {
  readonly #init: SurroundingsInit
  readonly #local: LocalDriver | undefined
  readonly #web: WebClient | undefined
  readonly #trackers: TrackerDriver

  constructor(now: Micros, init: SurroundingsInit) {
    const { ports, options, sockets } = init
    this.#init = init
    if (options.lsd && ports.udp.join !== undefined)
      this.#local = new LocalDriver(now, { ...init, port: options.listen ? sockets.port : undefined })
    if (ports.web !== undefined) this.#web = new WebClient({ ...init, web: ports.web })
    this.#trackers = new TrackerDriver({ ...init, web: this.#web })
  }

  get place(): Omit<Place, 'dht'> {
    const { place } = this.#init.sockets
    return { local: this.#local, trackers: this.#trackers, web: this.#web, ...place }
  }

  /** Calls `done` once trackers were told that we go, or do not answer. */
  rest(now: Micros, done: (now: Micros) => void): void {
    this.#trackers.rest(now, done)
  }

  stop(): void {
    this.#local?.stop()
    this.#trackers.stop()
    this.#web?.stop()
  }
}
