import { isShortOf } from '../codec/magnet.ts'
import type { Hashes, Info } from '../codec/metainfo.ts'
import type { Address } from '../core/address.ts'
import { equalBytes } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'

/** Peers remembered that are asked by the hash of version 2 of a hybrid. */
const MOST_FOUND = 4096

export interface GivenHashes {
  /** What the torrent was given by: SHA-1 of its info dictionary, or the first 20 bytes of `v2Hash`. */
  readonly infoHash: Id
  /** SHA-256 of its info dictionary, where that was given. */
  readonly v2Hash?: Uint8Array | undefined
}

/** Whether an info dictionary is what was asked for by one of its hashes; the other one may still be wrong (MD23). */
export function isAsked({ infoHash, v2Hash }: GivenHashes, bytes: Uint8Array, hashes: Hashes): boolean {
  if (v2Hash !== undefined && equalBytes(hashes.sha256(bytes), v2Hash)) return true
  return (v2Hash === undefined || !isShortOf(infoHash, v2Hash)) && equalBytes(hashes.sha1(bytes), infoHash)
}

/** The hashes that a torrent goes by in swarm and DHT: one, or both of a hybrid (BEP 52). */
export class TorrentHashes {
  #v1: Id | undefined
  #v2: Id | undefined
  /** Who is dialled by the hash of version 2. */
  readonly #found = new Set<string>()

  constructor({ infoHash, v2Hash }: GivenHashes) {
    this.#v2 = v2Hash?.subarray(0, ID_LENGTH)
    if (v2Hash === undefined || !isShortOf(infoHash, v2Hash)) this.#v1 = infoHash
  }

  /** Of version 2, 20 bytes. */
  get v2(): Id | undefined {
    return this.#v2
  }

  /** The info dictionary tells both. */
  known({ infoHash, pieces, v2 }: Info): void {
    if (v2 === undefined) return
    this.#v2 = v2.infoHash.subarray(0, ID_LENGTH)
    if (pieces !== undefined) this.#v1 = infoHash
  }

  /** To be announced and looked for. */
  get all(): readonly Id[] {
    return [this.#v1, this.#v2].filter((hash) => hash !== undefined)
  }

  /** Under that hash they were found. */
  found(hash: Id, addresses: readonly Address[]): void {
    if (this.#v1 === undefined || this.#v2 === undefined || !equalBytes(hash, this.#v2)) return
    for (const { text } of addresses) if (this.#found.size < MOST_FOUND) this.#found.add(text)
  }

  /** Whom we dialled has not shaken hands: next time the other hash is tried. */
  refused(address: Address): void {
    if (this.#v1 === undefined || this.#v2 === undefined || this.#found.delete(address.text)) return
    if (this.#found.size < MOST_FOUND) this.#found.add(address.text)
  }

  /** By which hash a peer is asked for the torrent: who was found under the new one may know no other. */
  towards(address: Address | undefined): Id {
    const isNew = address !== undefined && this.#found.has(address.text)
    return (isNew ? this.#v2 : undefined) ?? this.#v1 ?? this.#v2!
  }
}
