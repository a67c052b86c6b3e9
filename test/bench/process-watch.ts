import { readFile } from 'node:fs/promises'

/** How often a process is looked at; what it does after the last look is not seen. */
const LOOK_MS = 10

/** Linux counts a process's time in hundredths of a second. */
const TICKS_A_SECOND = 100

/** More than a DHT and the metadata of any bench torrent need. */
const FIRST_DATA_BYTES = 2 * 1024 * 1024

/** Watches a process from outside: processor time of all its threads, greatest memory, and when data began to flow in its network. */
export class ProcessWatch {
  /** User and system time, in seconds. */
  cpuSeconds = 0
  /** Peak resident memory, in MiB. */
  peakMib = 0
  /** Milliseconds (of `performance.now`) at which the network had carried its first data. */
  firstDataAt: number | undefined
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #carriedBefore: number | undefined
  #looking = false

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await this.#lookAtNetwork()
      const stat = await readFile(`/proc/${this.#pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      this.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
      const status = await readFile(`/proc/${this.#pid}/status`, 'utf8')
      this.peakMib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? this.peakMib * 1024) / 1024
    } catch {
      // It has ended; the last look stands.
    } finally {
      this.#looking = false
    }
  }

  async #lookAtNetwork(): Promise<void> {
    if (this.firstDataAt !== undefined) return
    const devices = await readFile(`/proc/${this.#pid}/net/dev`, 'utf8')
    const carried = Number(/^\s*lo:\s*(\d+)/m.exec(devices)?.[1] ?? 0)
    this.#carriedBefore ??= carried
    if (carried - this.#carriedBefore > FIRST_DATA_BYTES) this.firstDataAt = performance.now()
  }
}
