import type { World } from '../../sim/hosts/world.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type {
  Failure,
  Handle,
  Inputs,
  Ports,
  Ticket,
  WebAsk,
  WebHead,
  WebPort,
} from '../../src/session/ports.ts'
import type { VirtualSwarm } from './virtual-swarm.ts'

/** How a server answers. */
export interface Reply {
  readonly head?: Partial<WebHead>
  readonly body?: Uint8Array
  /** Bytes that come at a time. */
  readonly chunk?: number
  /** Between two of these, and before the head. */
  readonly pause?: Micros
  /** After so many bytes nothing comes any more: */
  readonly stopsAfter?: number
  /** it fails then, instead of keeping silent. */
  readonly breaks?: boolean
  /** There is no head at all. */
  readonly failure?: Failure
}

interface Call {
  readonly reply: Reply
  at: number
}

const HEAD: WebHead = {
  status: 200,
  length: undefined,
  range: undefined,
  encoding: undefined,
  location: undefined,
  retryAfter: undefined,
}
const PAUSE = 10 * MILLISECOND

/** All bytes of a swarm's content. */
export function contentOf({ payload }: VirtualSwarm): Uint8Array {
  const { geometry } = payload
  const blocks: Uint8Array[] = []
  for (let piece = 0; piece < geometry.pieceCount; piece++)
    for (let block = 0; block < geometry.blocksOf(piece); block++) blocks.push(payload.block(piece, block))
  return concatBytes(blocks)
}

/** What a sound server answers. */
export function honest(content: Uint8Array, { range }: WebAsk): Reply {
  if (range === undefined) return { head: { length: `${content.length}` }, body: content }
  const { begin, end } = range
  return {
    head: { status: 206, range: `bytes ${begin}-${end - 1}/${content.length}`, length: `${end - begin}` },
    body: content.subarray(begin, end),
  }
}

/** The web as a test has it, for one session in virtual time. */
export class VirtualWeb implements WebPort {
  readonly asked: WebAsk[] = []
  readonly #world: World
  readonly #serve: (ask: WebAsk) => Reply
  readonly #calls = new Map<Handle, Call>()
  /** The session that asks. */
  inputs: Inputs | undefined

  constructor(world: World, serve: (ask: WebAsk) => Reply) {
    this.#world = world
    this.#serve = serve
  }

  /** Calls that have begun and are not closed. */
  get open(): number {
    return this.#calls.size
  }

  ports(ports: Ports): Ports {
    return { ...ports, web: this }
  }

  get(ticket: Ticket, call: Handle, ask: WebAsk): void {
    this.asked.push(ask)
    const reply = this.#serve(ask)
    this.#calls.set(call, { reply, at: 0 })
    const { failure, head, pause = PAUSE } = reply
    this.#later(call, pause, () => {
      if (failure !== undefined) this.inputs!.completed(this.#world.now, ticket, { ok: false, failure })
      else this.inputs!.completed(this.#world.now, ticket, { ok: true, value: { ...HEAD, ...head } })
    })
  }

  read(ticket: Ticket, call: Handle): void {
    const entry = this.#calls.get(call)!
    const { body = new Uint8Array(0), chunk = 65_536, stopsAfter = Number.POSITIVE_INFINITY } = entry.reply
    const { breaks = false, pause = PAUSE } = entry.reply
    const end = Math.min(entry.at + chunk, body.length, stopsAfter)
    const value = body.subarray(entry.at, end)
    const isStuck = value.length === 0 && entry.at >= stopsAfter
    if (isStuck && !breaks) return
    entry.at = end
    this.#later(call, pause, () => {
      const failure: Failure = { code: 'network/reset', message: 'It broke.' }
      this.inputs!.completed(this.#world.now, ticket, isStuck ? { ok: false, failure } : { ok: true, value })
    })
  }

  close(call: Handle): void {
    if (!this.#calls.delete(call)) throw new Error('closed twice')
  }

  #later(call: Handle, pause: Micros, tell: () => void): void {
    this.#world.at(this.#world.now + pause, () => {
      if (this.#calls.has(call)) tell()
    })
  }
}
