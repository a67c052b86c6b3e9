import { writePeers } from '../../src/codec/compact.ts'
import type { KrpcQuery } from '../../src/codec/krpc.ts'
import type { Address } from '../../src/core/address.ts'
import { EMPTY, equalBytes, readUint32, writeUint32 } from '../../src/core/bytes.ts'
import { commonPrefix, ID_LENGTH, type Id } from '../../src/core/id.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Answer } from '../../src/dht/answering/answer.ts'
import { HonestResponder, type Responder, type ResponderParts } from '../../src/dht/answering/responder.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { Colluders } from './colluders.ts'

export interface SybilsInit {
  /** The info-hash that they surround. */
  readonly target: Id
  /** Where they run, one address each. Their sessions take their ids from it. */
  readonly places: readonly Address[]
  /** Peers named to those who ask for the target's; default none. */
  readonly peers?: readonly Address[]
  /** Bits that a target shares with theirs for them to lie about it; default 24: look-ups of it on their last steps. */
  readonly near?: number
}

const NEAR = 24

/**
 * Nodes nearest to an info-hash. About it they name only each other and false peers, and confirm announces that they do not
 * keep; about all else they answer honestly, so that they stay in everybody's table. The one value serves the whole group.
 */
export function sybils({ target, places, peers = [], near = NEAR }: SybilsInit): SessionPolicies {
  const ring = new Colluders(places, (index) => beside(target, index + 1))
  return {
    dht: {
      nodeId: (own) => ring.idAt(own) ?? beside(target, places.length + 1),
      responder: (parts) => new SybilResponder(parts, ring, { target, places, peers, near }),
    },
  }
}

/** The id at distance `step` of `target`. */
function beside(target: Id, step: number): Id {
  const id = target.slice()
  const last = ID_LENGTH - 4
  writeUint32(id, last, (readUint32(id, last) ^ step) >>> 0)
  return id
}

class SybilResponder implements Responder {
  readonly #parts: ResponderParts
  readonly #honest: HonestResponder
  readonly #ring: Colluders
  readonly #target: Id
  readonly #peers: Uint8Array
  readonly #near: number

  constructor(parts: ResponderParts, ring: Colluders, { target, peers, near }: Required<SybilsInit>) {
    this.#parts = parts
    this.#honest = new HonestResponder(parts)
    this.#ring = ring
    this.#target = target
    this.#peers = writePeers(peers)
    this.#near = near
  }

  answer(now: Micros, from: Address, query: KrpcQuery): Answer | undefined {
    const { target, infoHash } = query
    if (query.fault !== undefined || target === undefined || commonPrefix(target, this.#target) < this.#near)
      return this.#honest.answer(now, from, query)
    if (query.method === 'announce_peer') return { kind: 'response', fields: {} }
    const nodes = this.#ring.nearest(target, this.#parts.family)
    if (query.method !== 'get_peers' || infoHash === undefined) return { kind: 'response', fields: nodes }
    const token = this.#parts.tokens.issue(now, from, infoHash)
    const values = equalBytes(infoHash, this.#target) ? this.#peers : EMPTY
    return { kind: 'response', fields: { ...nodes, token, values } }
  }
}
