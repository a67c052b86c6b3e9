import type { Program } from '../../support/program.ts'
import type { Place, Stage } from './stage.ts'

export const KINDS = ['ping', 'find_node', 'get_peers', 'values', 'announce_peer'] as const
/** `values`: get_peers for hashes with 100 stored peers. */
export type Kind = (typeof KINDS)[number]

/** Queries outstanding at saturation. */
const WINDOW = 64
const PATIENCE_MS = 60_000
/** Addresses that ask, unless told otherwise. */
const SOURCES = 16

interface Machine {
  /** Processor seconds that the node used; absent when its process may not be seen. */
  readonly cpu?: number
  /** Seconds in which it waited for a processor that others had. */
  readonly waited?: number
  /** Processor seconds that neither the node nor the load used. */
  readonly others?: number
  /** Share of the processors' time that the host took away. */
  readonly stolen: number
}

export interface Saturated extends Machine {
  readonly rate: number
  readonly replies: number
  readonly lost: number
  /** Share of the time in which the load waited for the node. */
  readonly idle: number
  readonly elapsed: number
}

export interface Paced extends Machine {
  readonly sent: number
  readonly answered: number
  /** Microseconds from the query to the answer. */
  readonly p50: number
  readonly p99: number
  readonly most: number
  /** Share of the queries that were answered within 100 ms. */
  readonly within: number
  /** Of an answer, on average. */
  readonly bytes: number
}

/** The load generator, in a process of its own. */
export class Load {
  readonly #program: Program
  #told = 0

  constructor(stage: Stage) {
    this.#program = stage.load('load.py')
  }

  saturate(place: Place, kind: Kind, seconds: number): Promise<Saturated> {
    return this.#order<Saturated>({ do: 'saturate', kind, window: WINDOW, seconds, sources: SOURCES }, place)
  }

  /** At `rate` queries a second, whatever comes back. */
  pace(place: Place, kind: Kind, rate: number, seconds: number, sources = SOURCES): Promise<Paced> {
    return this.#order<Paced>({ do: 'pace', kind, rate, seconds, sources }, place, 1000 * seconds)
  }

  async #order<T>(order: object, { host, port, echo }: Place, lastsMs = 0): Promise<T> {
    const number = ++this.#told
    this.#program.write(`${JSON.stringify({ ...order, number, host, port, echo })}\n`)
    const mark = `"number": ${number}}`
    const line = await this.#program.line('a result', (text) => text.endsWith(mark), lastsMs + PATIENCE_MS)
    const result = JSON.parse(line)
    if (result.error !== undefined) throw new Error(result.error)
    return result
  }
}
