import { type Address, withPort } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import { SparseSet } from '../../core/sparse-set.ts'
import type { Micros } from '../../core/time.ts'
import type { PeerStore } from '../answering/peer-store.ts'
import type { Counters } from '../counters.ts'
import type { LookupObserver, LookupResult } from './lookup-request.ts'
import { belongsTo } from './nearness.ts'
import { type AnnouncedPort, Publication, type PublicationParts, portOf } from './publication.ts'

export interface PublicationsParts extends Pick<PublicationParts, 'options' | 'dice' | 'agenda'> {
  readonly ownId: Id
  readonly counters: Counters
  readonly store: PeerStore
  /** Where others reach us, once that is known. */
  ownAddress(): Address | undefined
}

/** The info-hashes that a node keeps announced. */
export class Publications {
  readonly #parts: PublicationsParts
  readonly #lookup: PublicationParts['lookup']
  readonly #open = new SparseSet<Publication>()
  #isStopped = false

  constructor(parts: PublicationsParts, lookup: PublicationParts['lookup']) {
    this.#parts = parts
    this.#lookup = lookup
  }

  get size(): number {
    return this.#open.size
  }

  open(
    now: Micros,
    infoHash: Id,
    port: AnnouncedPort,
    observer: LookupObserver | undefined,
    seeds: (() => boolean) | undefined,
  ): Publication {
    const { options, dice, agenda, counters } = this.#parts
    const publication = new Publication(
      {
        options,
        dice,
        agenda,
        lookup: this.#lookup,
        stopped: (ended) => this.#open.delete(ended),
        keep: (at, result, isSeeding) => this.#keep(at, result, portOf(port), isSeeding),
      },
      infoHash,
      port,
      observer,
      seeds,
    )
    if (this.#isStopped || this.#open.size >= options.maxPublications) {
      counters.drop('publications-full')
      publication.stop(now)
      return publication
    }
    this.#open.add(publication)
    publication.tick(now)
    return publication
  }

  /** There are nodes now: those that reached nobody yet do not wait for their turn. */
  hasten(now: Micros): void {
    for (const publication of this.#open) publication.hasten(now)
  }

  /** Our address has changed: all are announced again. */
  readdress(now: Micros): void {
    for (const publication of this.#open) publication.readdress(now)
  }

  stop(now: Micros): void {
    this.#isStopped = true
    for (const publication of [...this.#open]) publication.stop(now)
  }

  /** A node that is among the nearest to what it announces keeps that itself, as it would for any other (BEP 5). */
  #keep(now: Micros, { target, closest }: LookupResult, port: number | 'implied', seeds: boolean): void {
    const { ownId, options, store } = this.#parts
    const own = this.#parts.ownAddress()
    if (own === undefined || !belongsTo(closest, options.bucketSize, target, ownId)) return
    store.add(now, target, port === 'implied' ? own : withPort(own, port), seeds)
  }
}
