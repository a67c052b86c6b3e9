import type { EventOf, EventStream, LodestoneEvent } from './events.ts'
import { Feed } from './feed.ts'

type Listener = (event: LodestoneEvent) => void

/** Typed listeners and iterators over one stream of events. */
export class EventHub {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #feeds = new Set<Feed<LodestoneEvent>>()
  #ended = false

  on<T extends LodestoneEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    // A copy, so that one function registered twice is removed once at a time.
    const entry: Listener = (event) => listener(event as EventOf<T>)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  events(signal: AbortSignal | undefined): EventStream {
    const feed = new Feed<LodestoneEvent>(signal, () => this.#feeds.delete(feed))
    this.#feeds.add(feed)
    if (this.#ended || signal?.aborted === true) feed.end()
    return feed
  }

  emit(event: LodestoneEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) call(listener, event)
    for (const feed of this.#feeds) feed.push(event)
  }

  end(): void {
    this.#ended = true
    for (const feed of [...this.#feeds]) feed.end()
  }
}

/** A listener's own failure is the program's, not the session's, which is in the middle of its round. */
function call(listener: Listener, event: LodestoneEvent): void {
  try {
    listener(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
