import { decodeKrpc } from '../../src/codec/krpc.ts'
import { toHex } from '../../src/core/bytes.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { PlaybackRecorder } from './playback.ts'

/** A look-up that has asked nobody for so long is over; the next for the same target is another one. */
const PAUSE: Micros = 10 * SECOND
/** The queries of look-ups. An announcement names a target too, but walks nowhere. */
const METHODS: readonly string[] = ['find_node', 'get_peers', 'get', 'sample_infohashes']

interface Walk {
  readonly number: number
  lastAt: Micros
  /** Queries without an answer yet: whom they asked, by transaction. */
  readonly open: Map<string, number>
}

/** Makes out look-ups from the datagrams that pass: queries of one host for one target belong together. */
export class WalkReader {
  readonly #recorder: PlaybackRecorder
  /** By asker and target. */
  readonly #walks = new Map<string, Walk>()
  /** By asker, whom it asked, and transaction. */
  readonly #asked = new Map<string, Walk>()
  #count = 0

  constructor(recorder: PlaybackRecorder) {
    this.#recorder = recorder
  }

  /** A datagram that arrives at `at`; `bytes` are read during the call alone. */
  datagram(at: Micros, from: number, to: number, bytes: Uint8Array): void {
    const message = decodeKrpc(bytes)
    if (message === undefined) return
    const transaction = toHex(message.transaction)
    if (message.kind === 'query') {
      if (message.target === undefined || !METHODS.includes(message.method)) return
      const walk = this.#walkOf(at, from, message.target)
      const key = `${from}/${to}/${transaction}`
      walk.open.set(key, to)
      this.#asked.set(key, walk)
      this.#recorder.lookupHop(at, walk.number, from, to, 'query')
      return
    }
    const key = `${to}/${from}/${transaction}`
    const walk = this.#asked.get(key)
    if (walk === undefined) return
    walk.open.delete(key)
    this.#asked.delete(key)
    walk.lastAt = at
    this.#recorder.lookupHop(at, walk.number, from, to, 'answer')
  }

  /** `asker` has ended its look-up of `target`, in hex; whom it asked in vain was silent. */
  ended(now: Micros, asker: number, target: string): void {
    const key = `${asker}/${target}`
    const walk = this.#walks.get(key)
    if (walk === undefined) return
    this.#walks.delete(key)
    for (const [query, to] of walk.open) {
      this.#asked.delete(query)
      this.#recorder.lookupHop(now, walk.number, to, asker, 'timeout')
    }
    this.#recorder.lookupEnded(now, walk.number)
  }

  #walkOf(at: Micros, asker: number, target: Uint8Array): Walk {
    const key = `${asker}/${toHex(target)}`
    const known = this.#walks.get(key)
    if (known !== undefined && at - known.lastAt < PAUSE) {
      known.lastAt = at
      return known
    }
    for (const query of known?.open.keys() ?? []) this.#asked.delete(query)
    const walk: Walk = { number: ++this.#count, lastAt: at, open: new Map() }
    this.#walks.set(key, walk)
    this.#recorder.lookupBegun(at, walk.number, asker, target)
    return walk
  }
}
