import type { KrpcQuery } from '../../src/codec/krpc.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Answer } from '../../src/dht/answering/answer.ts'
import type { Responder, ResponderParts } from '../../src/dht/answering/responder.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { Colluders } from './colluders.ts'

export interface EclipseInit {
  /** The id of the node whose table is to be filled. */
  readonly victim: Id
  /** Where the attackers run, one address each (`eclipseHost`). They enter the DHT at the victim. */
  readonly places: readonly Address[]
  /** Their ids share 0 to so many bits with the victim's, in turn: as deep as its table goes, about log2 of all nodes. */
  readonly depth: number
}

const FIRST_OCTET = 120

/**
 * The address of attacker `index` when they share `subnets` networks of the size /24, each up to 254: 120.0.0.1 and so on, where
 * the world places nobody else. `block` keeps several attackers of one world apart.
 */
export function eclipseHost(index: number, subnets: number, block = 0): string {
  const subnet = index % subnets
  return `${FIRST_OCTET + block}.${subnet >> 8}.${subnet & 255}.${1 + Math.floor(index / subnets)}`
}

/**
 * Nodes that fill one victim's table and name to everybody only each other: who takes them for the world sees nothing else. The
 * one value serves the whole group.
 */
export function eclipse({ victim, places, depth }: EclipseInit): SessionPolicies {
  const idOf = (index: number): Id => atDepth(victim, index % (depth + 1), index)
  const ring = new Colluders(places, idOf)
  return {
    dht: {
      nodeId: (own) => ring.idAt(own) ?? idOf(places.length),
      responder: (parts) => new EclipseResponder(parts, ring),
    },
  }
}

/** An id that shares exactly the first `bits` bits with `victim`'s; the rest is a function of `index`. */
function atDepth(victim: Id, bits: number, index: number): Id {
  const id = nodeCrypto.sha1(concatBytes([victim, latin1(`${index}`)]))
  for (let bit = 0; bit <= bits; bit++) {
    const mask = 0x80 >> (bit & 7)
    const wanted = bit < bits ? victim[bit >> 3]! : ~victim[bit >> 3]!
    id[bit >> 3] = (id[bit >> 3]! & ~mask) | (wanted & mask)
  }
  return id
}

class EclipseResponder implements Responder {
  readonly #parts: ResponderParts
  readonly #ring: Colluders

  constructor(parts: ResponderParts, ring: Colluders) {
    this.#parts = parts
    this.#ring = ring
  }

  answer(now: Micros, from: Address, { method, target, infoHash }: KrpcQuery): Answer {
    if (target === undefined || method === 'announce_peer') return { kind: 'response', fields: {} }
    const nodes = this.#ring.nearest(target, this.#parts.family)
    if (infoHash === undefined) return { kind: 'response', fields: nodes }
    return { kind: 'response', fields: { ...nodes, token: this.#parts.tokens.issue(now, from, infoHash) } }
  }
}
