import { concatBytes, EMPTY, equalBytes, toHex } from '../core/bytes.ts'
import { LodestoneError } from '../core/errors.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import type { VersionCommand } from './commands.ts'
import type { Version } from './events.ts'
import { decodeJournal } from './journal.ts'
import { type OlderFile, OlderFiles, olderFiles } from './older-files.ts'
import { readInfo } from './read-info.ts'
import { SavedMetadata } from './saved-metadata.ts'
import { Store } from './store.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Info-hash and number (8 bytes, big-endian). */
const RECORD_LENGTH = ID_LENGTH + 8
/** Versions remembered; of older ones the files are anybody's. */
const MOST = 64

type Found = (files: readonly OlderFile[] | undefined) => void

/**
 * Which versions of a torrent that changes (BEP 46) were begun, in a state file for each link, the newest last. What one has written into a
 * folder is in its own journal there, and of one that runs in the session's hands.
 */
export class VersionMemory {
  readonly #init: Pick<TorrentDriverInit, 'ports' | 'tickets' | 'rounds' | 'newHandle' | 'emit'>
  readonly #running: (infoHash: Id) => readonly OlderFile[] | undefined

  /** In this run, by target: there may be no state folder. */
  readonly #begun = new Map<string, readonly Version[]>()

  constructor(
    init: Pick<TorrentDriverInit, 'ports' | 'tickets' | 'rounds' | 'newHandle' | 'emit'>,
    running: (infoHash: Id) => readonly OlderFile[] | undefined,
  ) {
    this.#init = init
    this.#running = running
  }

  command(command: VersionCommand): void {
    const { recall, target } = command
    this.#read(target, (versions) => {
      if (command.kind === 'recall-versions') this.#recall(recall, command.out, versions)
      else this.#remember(recall, target, command.version, versions)
    })
  }

  #read(target: Id, done: (versions: readonly Version[]) => void): void {
    const { ports, tickets } = this.#init
    const ticket = tickets.issue((_now, value) => {
      const begun = this.#begun.get(toHex(target)) ?? []
      const saved = decode(value instanceof Uint8Array ? value : EMPTY)
      done(begun.reduce(withNewest, saved))
    })
    ports.state.read(ticket, nameOf(target))
  }

  #remember(recall: number, target: Id, version: Version, versions: readonly Version[]): void {
    const { ports, tickets, emit } = this.#init
    const key = toHex(target)
    this.#begun.set(key, withNewest(this.#begun.get(key) ?? [], version))
    const ticket = tickets.issue((_now, _value, failure) => {
      if (failure !== undefined) emit({ kind: 'warning', torrent: undefined, ...failure })
      emit({ kind: 'versions', recall, newest: undefined, files: [] })
    })
    ports.state.replace(ticket, nameOf(target), encode(withNewest(versions, version)))
  }

  /** One after another; the newest is the last that has written here. */
  #recall(recall: number, out: string, versions: readonly Version[]): void {
    const files: OlderFile[] = []
    let newest: Version | undefined
    const next = (index: number): void => {
      const version = versions[index]
      if (version === undefined) {
        this.#init.emit({ kind: 'versions', recall, newest, files: new OlderFiles(files).list })
        return
      }
      this.#filesOf(version.infoHash, out, (found) => {
        if (found !== undefined) newest = version
        files.push(...(found ?? []))
        next(index + 1)
      })
    }
    next(0)
  }

  #filesOf(infoHash: Id, out: string, done: Found): void {
    const running = this.#running(infoHash)
    if (running !== undefined) {
      done(running)
      return
    }
    const { ports, tickets, rounds, newHandle } = this.#init
    new SavedMetadata(ports, tickets, { infoHash }).restore((_now, bytes) => {
      const info = bytes && readInfo(bytes, { infoHash }, ports.crypto)
      if (info === undefined || info instanceof LodestoneError) {
        done(undefined)
        return
      }
      const store = new Store(ports, tickets, rounds, newHandle(), info.infoHash, () => {})
      // As padding, of which nothing is looked at: where it wrote a file there may be a folder by now.
      const places = info.files.map((file) => ({ ...file, pad: true }))
      const { pieceLength, length } = info
      const kind = { readOnly: false, overwrite: false, ephemeral: false }
      store.open(
        { infoHash: info.infoHash, out, pieceLength, length, files: places, ...kind },
        (_at, opened) => {
          const pieces = Math.ceil(length / pieceLength)
          const journal = opened && decodeJournal(info.infoHash, opened.journal, pieces)
          const found = journal && olderFiles(journal, opened.paths, info)
          if (opened === undefined) done(undefined)
          else store.finish(() => done(found))
        },
      )
    })
  }
}

function withNewest(versions: readonly Version[], newest: Version): readonly Version[] {
  const others = versions.filter(({ infoHash }) => !equalBytes(infoHash, newest.infoHash))
  return [...others, newest].slice(-MOST)
}

function nameOf(target: Id): string {
  return `versions/${toHex(target)}`
}

function encode(versions: readonly Version[]): Uint8Array {
  return concatBytes(
    versions.map(({ infoHash, seq }) => {
      const record = new Uint8Array(RECORD_LENGTH)
      record.set(infoHash)
      new DataView(record.buffer).setBigUint64(ID_LENGTH, seq)
      return record
    }),
  )
}

/** What `encode` wrote: all of it that is whole. */
function decode(bytes: Uint8Array): readonly Version[] {
  const count = Math.min(MOST, Math.floor(bytes.length / RECORD_LENGTH))
  return Array.from({ length: count }, (_, index) => {
    const record = bytes.slice(RECORD_LENGTH * index, RECORD_LENGTH * (index + 1))
    const seq = new DataView(record.buffer).getBigUint64(ID_LENGTH)
    return { infoHash: record.subarray(0, ID_LENGTH) as Id, seq }
  })
}
