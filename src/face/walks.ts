import { toHex } from '../core/bytes.ts'
import type { LookupCommand } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { Endpoint, LookupSummary } from './events.ts'
import { Lookup } from './lookup.ts'
import { type NodeSample, nodeSample } from './node-sample.ts'
import { scrapeSummary } from './scrape-estimate.ts'
import { walkReport } from './walk-report.ts'

export type WalkEvent = Extract<SessionEvent, { kind: 'lookup-peers' | 'lookup-sample' | 'lookup' }>
type Request = Omit<LookupCommand, 'kind' | 'lookup'>
type WalkCommand = LookupCommand | { readonly kind: 'cancel-lookup'; readonly lookup: number }

/** The walks through the DHT that a program waits for, by number. */
export class Walks {
  readonly #command: (command: WalkCommand) => void
  readonly #peers = new Map<number, Lookup>()
  readonly #samples = new Map<number, Lookup<NodeSample>>()

  constructor(command: (command: WalkCommand) => void) {
    this.#command = command
  }

  forPeers(lookup: number, request: Request, signal: AbortSignal | undefined): Lookup {
    return this.#begin(this.#peers, lookup, request, signal)
  }

  forSamples(lookup: number, request: Request, signal: AbortSignal | undefined): Lookup<NodeSample> {
    return this.#begin(this.#samples, lookup, request, signal)
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
      case 'lookup':
        return this.#ended(event)
    }
  }

  fail(error: Error): void {
    for (const open of [this.#peers, this.#samples]) {
      for (const lookup of open.values()) lookup.fail(error)
      open.clear()
    }
  }

  #begin<T extends Endpoint>(
    open: Map<number, Lookup<T>>,
    lookup: number,
    request: Request,
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
    elapsed,
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
      ms: elapsed / 1000,
      ...scrape,
      ...report,
    }
    for (const open of [this.#peers, this.#samples]) {
      open.get(lookup)?.finish(summary)
      open.delete(lookup)
    }
    return summary
  }
}
