/** A session that downloads in virtual time through the store that people run, onto a model of a disk, and dies where a test says. */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { encodeInfo, type Info, parseInfo } from '../../src/codec/metainfo.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HostStorage } from '../../src/host/disk.ts'
import { HostHasher } from '../../src/host/hasher.ts'
import { Inbox } from '../../src/host/inbox.ts'
import { SegmentStock } from '../../src/host/segment-stock.ts'
import { StateFiles } from '../../src/host/state-files.ts'
import type { AddOptions } from '../../src/session/commands.ts'
import { decodeJournal, type JournalContent } from '../../src/session/journal.ts'
import type { Inputs, Outcome, Ports, Ticket } from '../../src/session/ports.ts'
import { ScriptedPeer } from '../session/scripted-peer.ts'
import { VirtualSwarm } from '../session/virtual-swarm.ts'
import { type Faults, ModelDisk } from './model-disk.ts'

const PIECE = 16_384
const OUT = '/torrents'
const STATE = '/home/state'
const NAME = 'payload'
/** Files that begin and end within pieces, a whole one, and an empty one. */
const FILES: readonly (readonly [name: string, length: number])[] = [
  ['a', 3 * PIECE + 100],
  ['deep/b', 2 * PIECE],
  ['deep/empty', 0],
  ['deep/er/c', 6 * PIECE + 5_000],
  ['d', PIECE],
]
export const LENGTH: number = FILES.reduce((sum, [, length]) => sum + length, 0)

interface Answer {
  readonly ticket: Ticket
  readonly outcome: Outcome
}

export class CrashRig {
  readonly disk = new ModelDisk()
  readonly swarm: VirtualSwarm
  readonly info: Info
  readonly leech: ReturnType<VirtualSwarm['join']>
  readonly seed: ReturnType<VirtualSwarm['join']>
  /** Whom the download tells what it has. */
  readonly observer: ScriptedPeer
  /** What this life's process is told by its ports, and whether it lives. */
  #life:
    | { readonly inbox: Inbox; readonly storage: HostStorage; dead: boolean; readonly died: Promise<void> }
    | undefined
  #asked = false
  /** Connections of the observer to earlier lives, which it does not know to be over yet. */
  #old: ReadonlySet<unknown> = new Set()
  /** Bytes verified when the last barrier that has ended began. */
  behindBarrier = 0
  /** Payload bytes that came in the last life that `finish` saw to its end. */
  fetched = 0
  readonly #barriers = new Map<Ticket, number>()
  #faults: Faults
  readonly #add: Partial<AddOptions> = { out: OUT }
  readonly #answers: Answer[] = []

  /** The first life begins at once, with `faults`. */
  constructor(seed: number, faults: Faults = {}) {
    this.#faults = faults
    this.swarm = new VirtualSwarm({
      seed,
      length: LENGTH,
      pieceLength: PIECE,
      info: (payload) => {
        const { pieces } = parseInfo(payload.info, nodeCrypto)
        const files = FILES.map(([name, length]) => ({ path: name.split('/'), length }))
        const bytes = encodeInfo({ name: NAME, pieceLength: PIECE, pieces, files })
        return { bytes, infoHash: nodeCrypto.sha1(bytes) }
      },
    })
    this.info = parseInfo(this.swarm.info, nodeCrypto)
    // Slow enough that several barriers fall into a download.
    this.seed = this.swarm.join({ mode: 'seed', rates: { up: PIECE, down: PIECE } })
    this.leech = this.swarm.join({
      peers: [this.seed],
      ports: (ports) => this.#ports(ports),
      add: this.#add,
    })
    this.observer = ScriptedPeer.join(this.swarm.world, {
      infoHash: this.info.infoHash,
      peerId: new Uint8Array(20).fill(9),
      geometry: this.swarm.payload.geometry,
      pieces: new Bitfield(this.swarm.payload.geometry.pieceCount),
    })
  }

  get alive(): boolean {
    return this.#life?.dead === false
  }

  /** Runs until `done` holds or the process is dead, which must be within `limit`. */
  async until(done: () => boolean, limit: Micros = 120 * SECOND): Promise<void> {
    const { world } = this.swarm
    const end = world.now + limit
    while (!done()) {
      if (this.#life?.dead === true) return
      assert.ok(world.now < end, `in vain: ${done}; ${this.leech.complaints}`)
      world.run(end, () => this.#asked || this.#answers.length > 0 || done())
      // What is asked within a millisecond is under way at once.
      world.run(world.now + MILLISECOND)
      this.#asked = false
      await this.#settle()
      const answers = this.#answers.splice(0)
      const { host } = this.leech
      for (const { ticket, outcome } of answers) host.inputs?.completed(world.now, ticket, outcome)
    }
  }

  /** The observer connects to the download. */
  watch(): void {
    const { world } = this.swarm
    this.observer.dial(world.now, this.leech.address)
  }

  /** Ends the process at once. */
  kill(): void {
    this.leech.host.kill()
    if (this.#life !== undefined) this.#life.dead = true
    this.#life?.inbox.detach()
    this.#answers.length = 0
  }

  /** Starts the next life. */
  boot(faults: Faults = {}): void {
    this.#faults = faults
    this.#old = new Set(this.observer.peers)
    this.leech.events.length = 0
    this.leech.boot()
  }

  /** Asks for more or else from the next life on, or from the first if that has not begun. */
  ask(add: Partial<AddOptions>): void {
    Object.assign(this.#add, add)
  }

  /** Where the journal is; `undefined`: there is none. */
  get journalPath(): string | undefined {
    return [...this.disk.contents.keys()].find((path) => path.endsWith('.journal'))
  }

  /** Downloads to the end, and stops as told to. */
  async finish(): Promise<void> {
    await this.until(() => this.leech.done)
    this.fetched = this.leech.done ? this.leech.progress.received : 0
    if (this.alive) await this.stop()
    else this.kill()
  }

  async stop(): Promise<void> {
    this.leech.host.command({ kind: 'stop' })
    await this.until(() => this.leech.of('stopped').length > 0)
    this.kill()
  }

  path(file: number, out: string = OUT): string {
    return [out, ...this.info.files[file]!.path].join('/')
  }

  /** The pieces that lie whole and right in the files. */
  get right(): ReadonlySet<number> {
    return this.rightIn(OUT)
  }

  /** The same of its files in another folder. */
  rightIn(out: string): ReadonlySet<number> {
    const { contents } = this.disk
    const content = new Uint8Array(LENGTH)
    const there = new Uint8Array(LENGTH)
    for (const [index, { offset, length }] of this.info.files.entries()) {
      const bytes = contents.get(this.path(index, out))?.subarray(0, length)
      if (bytes === undefined) continue
      content.set(bytes, offset)
      there.fill(1, offset, offset + bytes.length)
    }
    const right = new Set<number>()
    for (let piece = 0; 20 * piece < this.info.pieces!.length; piece++) {
      const part = content.subarray(piece * PIECE, (piece + 1) * PIECE)
      if (there.subarray(piece * PIECE, (piece + 1) * PIECE).includes(0)) continue
      if (equalBytes(nodeCrypto.sha1(part), this.info.pieces!.subarray(20 * piece, 20 * piece + 20)))
        right.add(piece)
    }
    return right
  }

  /** What the journal on the disk says; `undefined`: there is none. Of several it is the first that is one. */
  get journal(): JournalContent | undefined {
    for (const [path, bytes] of this.disk.contents) {
      const journal = path.endsWith('.journal') && decodeJournal(this.info.infoHash, bytes, this.pieceCount)
      if (journal) return journal
    }
    return undefined
  }

  /** All files there, by path, without what tells this torrent from another. */
  get names(): readonly string[] {
    const hash = new RegExp(`${toHex(this.info.infoHash)}(?:-[0-9a-f]{16})?`)
    return [...this.disk.contents.keys()].map((path) => path.replace(hash, '*')).sort()
  }

  /** What the download has told the observer that it has. */
  get announced(): readonly number[] {
    const { host } = this.leech.address
    const link = this.observer.peers.findLast((peer) => peer.address.host === host && !this.#old.has(peer))
    const pieces = link?.pieces
    if (pieces === undefined) return []
    return Array.from({ length: pieces.length }, (_, piece) => piece).filter((piece) => pieces.has(piece))
  }

  get pieceCount(): number {
    return this.swarm.payload.geometry.pieceCount
  }

  lengthOf(piece: number): number {
    return this.swarm.payload.geometry.lengthOf(piece)
  }

  #ports(ports: Ports): Ports {
    const inbox = new Inbox()
    let die = (): void => {}
    const died = new Promise<void>((resolve) => {
      die = resolve
    })
    const faults = this.#faults
    const files = this.disk.boot({
      fails: (name, path) => faults.fails?.(name, path),
      moves: (length) => faults.moves?.(length) ?? length,
      dies: (name, path) => {
        if (faults.dies?.(name, path) !== true) return false
        life.dead = true
        die()
        return true
      },
    })
    const storage = new HostStorage(inbox, STATE, 8, new SegmentStock(64 * 1024 * 1024), files)
    const hasher = new HostHasher(inbox, storage, () => {
      throw new Error('no threads: they would read another disk')
    })
    const life = { inbox, storage, dead: false, died }
    this.#life = life
    inbox.attach({
      completed: (_now: Micros, ticket: Ticket, outcome: Outcome) => {
        this.behindBarrier = this.#barriers.get(ticket) ?? this.behindBarrier
        this.#answers.push({ ticket, outcome })
      },
    } as unknown as Inputs)
    return {
      ...ports,
      storage: this.#noticed(this.#measured(storage)),
      hasher: this.#noticed(hasher),
      state: this.#noticed(new StateFiles(inbox, STATE, files)),
    }
  }

  /** The same port; barriers are noted. */
  #measured(storage: HostStorage): HostStorage {
    const barrier = storage.barrier.bind(storage)
    storage.barrier = (ticket, handle) => {
      this.#barriers.set(ticket, this.leech.verified)
      barrier(ticket, handle)
    }
    return storage
  }

  /** The same port; calls to it are noticed. */
  #noticed<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key)
        if (typeof method !== 'function') return method
        return (...given: unknown[]) => {
          this.#asked = true
          return Reflect.apply(method, target, given)
        }
      },
    })
  }

  async #settle(): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    await Promise.race([life.inbox.idle(), life.died])
    await setImmediate()
    if (life.dead) this.kill()
  }
}
