import { toHex } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { EraseSpec, StoreSpec } from '../../src/session/ports.ts'
import { Volume } from './volume.ts'

/** How a disk works, and what goes wrong on it; a scenario changes it while it runs. */
export interface DiskFaults {
  /** What each request costs before its bytes. */
  seek: Micros
  /** Bytes per second, read or written. */
  rate: number
  /** What a barrier costs, or a small file that is replaced. */
  sync: Micros
  /** Bytes per second that the host hashes. */
  hashRate: number
  /** Bytes of content that fit. */
  capacity: number
  /** Everything takes this many times as long. */
  slowness: number
  /** Each n-th write leaves a wrong byte behind; 0: none. */
  corruptEvery: number
  /** Each n-th request fails (EIO); 0: none. */
  failEvery: number
  /** Nothing can be written (EROFS). */
  readOnly: boolean
  /** The folders of content are not there, as if their volume were not mounted; what they hold comes back with them. */
  gone: boolean
}

/** A quick solid-state disk, and one core's SHA-1. */
const SOUND: DiskFaults = Object.freeze({
  seek: 100,
  rate: 200_000_000,
  sync: 5 * MILLISECOND,
  hashRate: 1_000_000_000,
  capacity: Number.POSITIVE_INFINITY,
  slowness: 1,
  corruptEvery: 0,
  failEvery: 0,
  readOnly: false,
  gone: false,
})

/** Why a request fails, as the end of an error's code. */
export type DiskTrouble = 'io' | 'read-only'

/** A host's disk: outlives the machines that use it. One head: requests are served one after another. */
export class Disk {
  readonly faults: DiskFaults
  /** Whether the host's process may write its state folder; one that may not starts from what is there. */
  keepsState = true
  /** Named small files of the state folder. */
  readonly state: Map<string, Uint8Array> = new Map()
  /** Bytes of content written. */
  used = 0
  /** Whether it has ever kept something else than it was given. */
  hasLied = false
  #writes = 0
  #requests = 0
  #busyUntil: Micros = 0
  readonly #volumes = new Map<string, Volume>()

  /** `faults`: what differs from a sound disk. */
  constructor(faults: Partial<DiskFaults> = {}) {
    this.faults = { ...SOUND, ...faults }
  }

  /** Where a torrent lies, by info-hash and folder; made empty when it is new. */
  volume(spec: StoreSpec): Volume {
    const key = keyOf(spec)
    let volume = this.#volumes.get(key)
    if (volume === undefined) {
      volume = new Volume(spec)
      this.#volumes.set(key, volume)
    }
    return volume
  }

  /** Sentences of what lies there and is not known to be of the torrent. */
  foreign({ infoHash, out, files, owned }: EraseSpec): readonly string[] {
    const volume = this.#volumes.get(keyOf({ infoHash, out }))
    if (volume === undefined || owned || volume.journal.length > 0) return []
    return files.flatMap(({ path, pad }, file) => {
      if (pad || volume.lengths[file]! < 0) return []
      return [`${[out, ...path].join('/')} is not known to be of this torrent.`]
    })
  }

  /** Removes what lies there of a torrent; false while a process uses it. */
  erase(spec: Pick<StoreSpec, 'infoHash' | 'out'>): boolean {
    const key = keyOf(spec)
    const volume = this.#volumes.get(key)
    if (volume?.locked === true) return false
    // What a seed began with was never counted.
    this.used = Math.max(0, this.used - (volume?.used ?? 0))
    this.#volumes.delete(key)
    return true
  }

  /** What lies there of a torrent is in the folder `out` from now on; false where something of it lies already. */
  move(spec: StoreSpec, out: string): boolean {
    const [from, to] = [keyOf(spec), keyOf({ ...spec, out })]
    const there = this.#volumes.get(to)?.lengths ?? []
    if (there.some((length, file) => length > 0 && !spec.files[file]!.pad)) return false
    this.#volumes.set(to, this.#volumes.get(from)!)
    this.#volumes.delete(from)
    return true
  }

  /** When a request for `bytes` that is made now is done. */
  busy(now: Micros, bytes: number): Micros {
    const { seek, rate, slowness } = this.faults
    const took = (seek + (bytes / rate) * SECOND) * slowness
    this.#busyUntil = Math.max(now, this.#busyUntil) + Math.ceil(took)
    return this.#busyUntil
  }

  sync(now: Micros): Micros {
    this.#busyUntil = Math.max(now, this.#busyUntil) + Math.ceil(this.faults.sync * this.faults.slowness)
    return this.#busyUntil
  }

  /** Why the request that is being carried out fails, if it does. */
  trouble(of: 'read' | 'write'): DiskTrouble | undefined {
    const { failEvery, readOnly } = this.faults
    this.#requests += 1
    if (failEvery > 0 && this.#requests % failEvery === 0) return 'io'
    return readOnly && of === 'write' ? 'read-only' : undefined
  }

  /** Bits that flip at rest: `count` bytes of what is stored, drawn by `rng`, become wrong; how many did. */
  rot(rng: Rng, count: number): number {
    const stored = [...this.#volumes.values()].flatMap((volume) => {
      return volume.stored().map((piece) => ({ volume, piece }))
    })
    for (let i = 0; i < count && stored.length > 0; i++) {
      const { volume, piece } = stored[below(rng, stored.length)]!
      volume.rot(piece, below(rng, volume.geometry.lengthOf(piece)))
      this.hasLied = true
    }
    return stored.length > 0 ? count : 0
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
    this.hasLied ||= corrupt
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

function keyOf({ infoHash, out }: Pick<StoreSpec, 'infoHash' | 'out'>): string {
  return `${toHex(infoHash)}/${out}`
}

function spoilt(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[copy.length >> 1]! ^= 0xff
  return copy
}
