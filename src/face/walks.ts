import { toHex } from '../core/bytes.ts'
import type { LookupCommand } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { LookupSummary } from './events.ts'
import { type FoundItem, foundItem } from './found-item.ts'
import { Lookup } from './lookup.ts'
import { type NodeSample, nodeSample } from './node-sample.ts'
import { scrapeSummary } from './scrape-estimate.ts'
import { walkReport } from './walk-report.ts'

export type WalkEvent = Extract<
  SessionEvent,
  { kind: 'lookup-peers' | 'lookup-sample' | 'lookup-item' | 'lookup' }
>
export type WalkRequest = Omit<LookupCommand, 'kind' | 'lookup'>
type WalkCommand = LookupCommand | { readonly kind: 'cancel-lookup'; readonly lookup: number }

/** The walks through the DHT that a program waits for, by number. */
export class Walks {
  readonly #command: (command: WalkCommand) => void
  readonly #peers = new Map<number, Lookup>()
  readonly #samples = new Map<number, Lookup<NodeSample>>()
  readonly #items = new Map<number, Lookup<FoundItem>>()

  constructor(command: (command: WalkCommand) => void) {
    this.#command = command
  }

  forPeers(lookup: number, request: WalkRequest, signal: AbortSignal | undefined): Lookup {
    return this.#begin(this.#peers, lookup, request, signal)
  }

  forSamples(lookup: number, request: WalkRequest, signal: AbortSignal | undefined): Lookup<NodeSample> {
    return this.#begin(this.#samples, lookup, request, signal)
  }

  forItems(lookup: number, request: WalkRequest, signal: AbortSignal | undefined): Lookup<FoundItem> {
    return this.#begin(this.#items, lookup, request, signal)
  }

  /** The figures of a walk that has ended, the node's own ones included. */
  happened(event: WalkEvent): LookupSummary | undefined {
    switch (event.kind) {
      case 'lookup-peers':
        for (const { host, port } of event.peers) this.#peers.get(event.lookup)?.found({ host, port })
        return undefined
      case 'lookup-sample':
        this.#samples.get(event.lookup)?.found(nodeSample(event))
        return undefined
      case 'lookup-item':
        this.#items.get(event.lookup)?.found(foundItem(event.target, event.item))
        return undefined
      case 'lookup':
        return this.#ended(event)
    }
  }

  fail(error: Error): void {
    for (const open of this.#all) {
      for (const lookup of open.values()) lookup.fail(error)
      open.clear()
    }
  }

  get #all(): readonly Map<number, Pick<Lookup<never>, 'finish' | 'fail'>>[] {
    return [this.#peers, this.#samples, this.#items]
  }

  #begin<T>(
    open: Map<number, Lookup<T>>,
    lookup: number,
    request: WalkRequest,
    signal: AbortSignal | undefined,
  ): Lookup<T> {
    const walk = new Lookup<T>(signal, () => this.#command({ kind: 'cancel-lookup', lookup }))
    open.set(lookup, walk)
    this.#command({ kind: 'lookup', lookup, ...request })
    return walk
  }

  #ended({
    lookup,
    target,
    queries,
    responses,
    peers,
    announced,
    refusal,
    elapsed,
    suspicious,
    confidence,
    scraped,
    walks,
  }: Extract<WalkEvent, { kind: 'lookup' }>): LookupSummary {
    const scrape = scraped === undefined ? {} : { scrape: scrapeSummary(scraped) }
    const report = walks === undefined ? {} : { walks: walks.map(walkReport) }
    const summary = {
      target: toHex(target),
      queries,
      responses,
      peers,
      announced,
      ms: elapsed / 1000,
      ...(refusal === undefined ? {} : { refusal }),
      suspicious,
      ...(confidence === undefined ? {} : { confidence }),
      ...scrape,
      ...report,
    }
    for (const open of this.#all) {
      open.get(lookup)?.finish(summary)
      open.delete(lookup)
    }
    return summary
  }
}
