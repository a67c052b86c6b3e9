import type { EventOf, LodestoneEvent } from './events.ts'
import { Feed } from './feed.ts'

type Listener = (event: LodestoneEvent) => void

/** Typed listeners and iterators over one stream of events. */
export class EventHub {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #feeds = new Set<Feed<LodestoneEvent>>()

  on<T extends LodestoneEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    // A copy, so that one function registered twice is removed once at a time.
    const entry: Listener = (event) => listener(event as EventOf<T>)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  events(signal: AbortSignal | undefined): AsyncIterable<LodestoneEvent> {
    const feed = new Feed<LodestoneEvent>(signal, () => this.#feeds.delete(feed))
    this.#feeds.add(feed)
    return feed
  }

  emit(event: LodestoneEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) listener(event)
    for (const feed of this.#feeds) feed.push(event)
  }

  end(): void {
    for (const feed of [...this.#feeds]) feed.end()
  }
}
