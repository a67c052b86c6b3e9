import { toHex } from '../../src/core/bytes.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { StoreSpec } from '../../src/session/ports.ts'
import { Volume } from './volume.ts'

/** Bytes per second, read or written. */
const RATE = 200_000_000
const SEEK: Micros = 100
const SYNC: Micros = 5 * MILLISECOND

/** What goes wrong on a disk; a scenario changes it while it runs. */
export interface DiskFaults {
  /** Bytes of content that fit. */
  capacity: number
  /** Everything takes this many times as long. */
  slowness: number
  /** Each n-th write leaves a wrong byte behind; 0: none. */
  corruptEvery: number
}

/** A host's disk: outlives the machines that use it. One head: requests are served one after another. */
export class Disk {
  readonly faults: DiskFaults = { capacity: Number.POSITIVE_INFINITY, slowness: 1, corruptEvery: 0 }
  /** Named small files of the state folder. */
  readonly state: Map<string, Uint8Array> = new Map()
  /** Bytes of content written. */
  used = 0
  #writes = 0
  #busyUntil: Micros = 0
  readonly #volumes = new Map<string, Volume>()

  /** Where a torrent lies, by info-hash and folder; made empty when it is new. */
  volume(spec: StoreSpec): Volume {
    const key = `${toHex(spec.infoHash)}/${spec.out}`
    let volume = this.#volumes.get(key)
    if (volume === undefined) {
      volume = new Volume(spec)
      this.#volumes.set(key, volume)
    }
    return volume
  }

  /** When a request for `bytes` that is made now is done. */
  busy(now: Micros, bytes: number): Micros {
    const took = (SEEK + (bytes / RATE) * SECOND) * this.faults.slowness
    this.#busyUntil = Math.max(now, this.#busyUntil) + Math.ceil(took)
    return this.#busyUntil
  }

  sync(now: Micros): Micros {
    this.#busyUntil = Math.max(now, this.#busyUntil) + Math.ceil(SYNC * this.faults.slowness)
    return this.#busyUntil
  }

  /** Writes content; false when it does not fit. */
  write(volume: Volume, piece: number, begin: number, bytes: Uint8Array): boolean {
    let fresh = bytes.length
    for (const old of volume.content(piece).within(begin, bytes.length)) fresh -= old.bytes.length
    if (this.used + fresh > this.faults.capacity) return false
    this.used += fresh
    this.#writes += 1
    const { corruptEvery } = this.faults
    const corrupt = corruptEvery > 0 && this.#writes % corruptEvery === 0
    volume.write(piece, begin, corrupt ? spoilt(bytes) : bytes)
    return true
  }

  /** The process was killed: what it had written stays, its locks do not. */
  unlock(): void {
    for (const volume of this.#volumes.values()) volume.locked = false
  }

  /** The power was cut: what no barrier covers is lost, but for `torn` bytes of each journal's tail. */
  crash(torn = 0): void {
    for (const volume of this.#volumes.values()) volume.crash(torn)
  }
}

function spoilt(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[copy.length >> 1]! ^= 0xff
  return copy
}
