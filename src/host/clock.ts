import { MILLISECOND, type Micros, NEVER } from '../core/time.ts'
import type { ClockPort } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { now } from './now.ts'

/** Longer delays overflow the runtime's 32 bits and would fire after 1 ms. */
const LONGEST_DELAY = 2_147_483_647

/** One timer. It is moved only towards earlier times: the session asks after every input, and a timer that fires early re-arms itself. */
export class HostClock implements ClockPort {
  readonly #inbox: Inbox
  #wanted: Micros = NEVER
  #armedFor: Micros = NEVER
  #timer: NodeJS.Timeout | undefined

  constructor(inbox: Inbox) {
    this.#inbox = inbox
  }

  wall(): number {
    return Date.now()
  }

  wakeAt(at: Micros): void {
    this.#wanted = at
    if (at < this.#armedFor) this.#arm()
  }

  close(): void {
    this.#wanted = NEVER
    this.#armedFor = NEVER
    clearTimeout(this.#timer)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    this.#armedFor = this.#wanted
    const delay = Math.ceil((this.#wanted - now()) / MILLISECOND)
    this.#timer = setTimeout(() => this.#fired(), Math.min(Math.max(delay, 0), LONGEST_DELAY))
  }

  #fired(): void {
    this.#armedFor = NEVER
    const at = now()
    if (this.#wanted > at) {
      if (this.#wanted !== NEVER) this.#arm()
      return
    }
    this.#wanted = NEVER
    this.#inbox.inputs.timer(at)
  }
}
