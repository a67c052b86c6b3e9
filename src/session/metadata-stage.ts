import type { Info } from '../codec/metainfo.ts'
import { areNodesOf } from '../codec/piece-layers.ts'
import { type ErrorKind, LodestoneError } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { Failure } from './ports.ts'
import { readInfo } from './read-info.ts'
import { SavedLayers } from './saved-layers.ts'
import { SavedMetadata } from './saved-metadata.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Who asks for nothing but the metadata of a hybrid torrent waits so long for what is not needed to download it. */
const LAYERS_PATIENCE = 5 * SECOND

export interface MetadataOutcome {
  /** It is to be had of peers alone, or a part of it is. */
  lacking(now: Micros): void
  known(now: Micros, info: Info): void
  failed(now: Micros, failure: Failure, kind: ErrorKind): void
  warn(message: string): void
}

/**
 * From what a torrent was given by to its metadata: the info dictionary, given, left by an earlier run or of peers; and where it is of version 2
 * alone, the hashes of its pieces, without which nothing can be checked. A hybrid does without, and uses them once they come.
 */
export class MetadataStage {
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #out: MetadataOutcome
  readonly #savedMetadata: SavedMetadata
  readonly #savedLayers: SavedLayers
  /** Is known, and waits for its hashes, at most until then. */
  #waiting: Info | undefined
  #until: Micros = NEVER
  #over = false
  #came = false

  constructor(init: TorrentDriverInit, torrent: Torrent, out: MetadataOutcome) {
    this.#init = init
    this.#torrent = torrent
    this.#out = out
    this.#savedMetadata = new SavedMetadata(init.ports, init.tickets, init.source)
    this.#savedLayers = new SavedLayers(init.ports, init.tickets, init.source.infoHash)
  }

  start(now: Micros): void {
    const { metadata, layers } = this.#init.source
    if (metadata !== undefined) this.came(now, metadata, layers)
    else
      this.#savedMetadata.restore((at, bytes) => {
        if (this.#over || this.#came) return
        if (bytes === undefined) this.#out.lacking(at)
        else this.came(at, bytes, undefined)
      })
  }

  /** Of peers, or of the user. */
  came(now: Micros, bytes: Uint8Array, layers: Uint8Array | undefined): void {
    this.#came = true
    const { ports, source } = this.#init
    const info = readInfo(bytes, source, ports.crypto)
    if (info instanceof LodestoneError) this.#out.failed(now, info, info.kind)
    else if (info.v2 === undefined) this.#read(now, info, undefined)
    else if (layers !== undefined && isRight(info, layers, ports.crypto.sha256)) this.#read(now, info, layers)
    else
      this.#savedLayers.restore(info, (at, saved) => {
        if (!this.#over) this.#read(at, info, saved)
      })
  }

  /** The hashes of all pieces have come of peers. */
  layersCame(now: Micros, layers: Uint8Array): void {
    this.#savedLayers.save(layers, ({ message }) => this.#out.warn(message))
    this.#init.emit({ kind: 'layers', torrent: this.#init.number, bytes: layers })
    if (this.#waiting !== undefined) this.#known(now, this.#waiting)
  }

  stop(): void {
    this.#over = true
    this.#until = NEVER
  }

  tick(now: Micros): void {
    if (now >= this.#until) this.#known(now, this.#waiting!)
  }

  get deadline(): Micros {
    return this.#until
  }

  #read(now: Micros, info: Info, layers: Uint8Array | undefined): void {
    const { source, options } = this.#init
    if (source.metadata === undefined)
      this.#savedMetadata.save(info.bytes, ({ message }) => this.#out.warn(message))
    this.#torrent.metadataKnown(now, info, layers)
    for (const hash of this.#torrent.names.all) this.#init.alsoKnown(hash)
    const isNeeded = info.pieces === undefined
    if (!this.#torrent.hashes.lacking || (!isNeeded && options.mode !== 'metadata')) {
      this.#known(now, info)
      return
    }
    this.#waiting = info
    if (!isNeeded) this.#until = now + LAYERS_PATIENCE
    this.#out.lacking(now)
  }

  #known(now: Micros, info: Info): void {
    this.#waiting = undefined
    this.#until = NEVER
    this.#out.known(now, info)
  }
}

function isRight(
  { v2, pieceLength }: Info,
  layers: Uint8Array,
  sha256: (bytes: Uint8Array) => Uint8Array,
): boolean {
  return v2 !== undefined && areNodesOf({ files: v2.files, pieceLength }, layers, sha256)
}
