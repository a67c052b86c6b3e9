import { readFile } from 'node:fs/promises'

/** How often a process is looked at; what it does after the last look is not seen. */
const LOOK_MS = 10
/** How far apart the points of its course are. */
const COURSE_MS = 100

/** Linux counts a process's time in hundredths of a second. */
const TICKS_A_SECOND = 100

/** More than a DHT and the metadata of any bench torrent need. */
const FIRST_DATA_BYTES = 2 * 1024 * 1024

const MIB = 1024 * 1024

/** What was seen at one moment. */
export interface Point {
  /** Seconds since the watch began. */
  readonly seconds: number
  /** MiB that its network has carried since then. */
  readonly carried: number
  /** Resident memory, in MiB, and that part of it which is no file's. */
  readonly resident: number
  readonly anonymous: number
}

/** Watches a process from outside: processor time of all its threads, greatest memory, and when data began to flow in its network. */
export class ProcessWatch {
  /** User and system time since the watch began, in seconds. */
  cpuSeconds = 0
  /** Peak resident memory, in MiB. */
  peakMib = 0
  /** The greatest that was seen of the part which is no file's, in MiB. */
  peakAnonymousMib = 0
  /** Milliseconds (of `performance.now`) at which the network had carried its first data. */
  firstDataAt: number | undefined
  readonly course: Point[] = []
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  readonly #begin: number = performance.now()
  #carriedBefore: number | undefined
  #cpuBefore: number | undefined
  #looking = false

  /** `running`: it was there before, and what it has used until now does not count. */
  constructor(pid: number, running: boolean = false) {
    this.#pid = pid
    this.#cpuBefore = running ? undefined : 0
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const carried = await this.#lookAtNetwork()
      const stat = await readFile(`/proc/${this.#pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const used = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
      this.#cpuBefore ??= used
      this.cpuSeconds = used - this.#cpuBefore
      const status = await readFile(`/proc/${this.#pid}/status`, 'utf8')
      const mib = (name: string): number =>
        Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
      this.peakMib = Math.max(this.peakMib, mib('VmHWM'))
      this.peakAnonymousMib = Math.max(this.peakAnonymousMib, mib('RssAnon'))
      this.#note(carried, mib('VmRSS'), mib('RssAnon'))
    } catch {
      // It has ended; the last look stands.
    } finally {
      this.#looking = false
    }
  }

  #note(carried: number, resident: number, anonymous: number): void {
    const seconds = (performance.now() - this.#begin) / 1000
    if (seconds < (this.course.at(-1)?.seconds ?? -1) + COURSE_MS / 1000) return
    this.course.push({ seconds, carried: carried / MIB, resident, anonymous })
  }

  /** Bytes since the watch began. */
  async #lookAtNetwork(): Promise<number> {
    const devices = await readFile(`/proc/${this.#pid}/net/dev`, 'utf8')
    const total = Number(/^\s*lo:\s*(\d+)/m.exec(devices)?.[1] ?? 0)
    this.#carriedBefore ??= total
    const carried = total - this.#carriedBefore
    if (carried > FIRST_DATA_BYTES) this.firstDataAt ??= performance.now()
    return carried
  }
}
