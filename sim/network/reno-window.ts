import { FIRST_WINDOW, RECEIVE_WINDOW, SEGMENT } from './tcp.ts'

/**
 * The congestion window of one sender, in bytes: slow start, then a segment more per round trip, halved when something is
 * lost (RFC 5681, counting bytes as in RFC 3465), a single segment after a time-out. It grows only while it is what limits
 * the sender (RFC 7661). Its mean under a share `p` of losses is 1.22 segments / sqrt(p) (Mathis and others 1997).
 */
export class RenoWindow {
  size: number = FIRST_WINDOW
  #threshold = RECEIVE_WINDOW
  /** Bytes acknowledged towards the next segment, once slow start is over. */
  #towards = 0

  get slowStart(): boolean {
    return this.size < this.#threshold
  }

  /** `bytes` were acknowledged while `underWay` had been out at most; `limited`: the window kept more from leaving. */
  acknowledged(bytes: number, underWay: number, limited: boolean): void {
    if (this.size >= RECEIVE_WINDOW) return
    if (this.slowStart) {
      if (2 * underWay >= this.size) this.size = Math.min(RECEIVE_WINDOW, this.size + bytes)
      return
    }
    if (!limited) return
    this.#towards += bytes
    if (this.#towards < this.size) return
    this.#towards -= this.size
    this.size += SEGMENT
  }

  /** Something was lost, and what followed it arrived. */
  lost(): void {
    this.#threshold = Math.max(Math.floor(this.size / 2), 2 * SEGMENT)
    this.size = this.#threshold
    this.#towards = 0
  }

  /** Nothing arrived for so long that everything is sent again. */
  timedOut(): void {
    this.lost()
    this.size = SEGMENT
  }
}
