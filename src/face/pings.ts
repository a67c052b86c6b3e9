import type { SessionEvent } from '../session/events.ts'

/** The answer to a ping, or that none came. */
export type Pong = Extract<SessionEvent, { readonly kind: 'pong' }>

interface Waiting {
  answered(event: Pong): void
  failed(error: unknown): void
}

/** Pings that wait for their answer, by number. */
export class Pings {
  readonly #waiting = new Map<number, Waiting>()

  /** What `ping`, which `send` sends off, comes to; rejects with the signal's reason when that is aborted before. */
  wait(ping: number, signal: AbortSignal | undefined, send: () => void): Promise<Pong> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#waiting.get(ping)?.failed(signal?.reason)
      const over = (): void => {
        this.#waiting.delete(ping)
        signal?.removeEventListener('abort', abort)
      }
      this.#waiting.set(ping, {
        answered: (event) => {
          over()
          resolve(event)
        },
        failed: (error) => {
          over()
          reject(error as Error)
        },
      })
      signal?.addEventListener('abort', abort)
      send()
    })
  }

  answered(event: Pong): void {
    this.#waiting.get(event.ping)?.answered(event)
  }

  fail(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.failed(error)
  }
}
