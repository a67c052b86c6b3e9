/** The message of peer exchange (BEP 11, `ut_pex`): who came to a peer and who left it, as compact lists of both families. */
import type { Address } from '../core/address.ts'
import { type BencodeLimits, encode } from './bencode.ts'
import { peerLength, readPeers, writePeers } from './compact.ts'
import { type DictFields, readFields } from './dict-fields.ts'

/** Bits of `added.f`; others are ignored. */
export const PEX_FLAG = { encrypts: 0x01, seed: 0x02, reachable: 0x10 } as const

export interface NamedPeer {
  readonly address: Address
  /** Bits of `PEX_FLAG` and others. */
  readonly flags: number
}

export interface PeerExchangeMessage {
  readonly added: readonly NamedPeer[]
  readonly dropped: readonly Address[]
}

/** The longest message that is read, in bytes. */
export const PEX_LIMIT: number = 500 * 1_024

const LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: PEX_LIMIT }
const FIELDS: ReadonlySet<string> = new Set(['added', 'added.f', 'added6', 'added6.f', 'dropped', 'dropped6'])

/**
 * At most `most` entries of either kind. `ragged`: a list ends amid an entry, which is left out. `undefined`: no dictionary.
 * Flags that are missing are 0. Addresses may be unusable.
 */
export function decodePeerExchange(
  payload: Uint8Array,
  most: number,
): (PeerExchangeMessage & { readonly ragged: boolean }) | undefined {
  const fields = readFields(payload, 0, FIELDS, LIMITS)
  if (fields === undefined) return undefined
  const added: NamedPeer[] = []
  const dropped: Address[] = []
  let ragged = false
  for (const family of [4, 6] as const) {
    const end = family === 4 ? '' : '6'
    const flags = fields.bytes(`added${end}.f`)
    const came = readList(fields, `added${end}`, family, most - added.length)
    for (const [i, address] of came.peers.entries()) added.push({ address, flags: flags?.[i] ?? 0 })
    const left = readList(fields, `dropped${end}`, family, most - dropped.length)
    dropped.push(...left.peers)
    ragged ||= came.ragged || left.ragged
  }
  return { added, dropped, ragged }
}

/** Lists of a family that are empty are left out. */
export function encodePeerExchange({ added, dropped }: PeerExchangeMessage): Uint8Array {
  const came = (family: 4 | 6): NamedPeer[] => added.filter(({ address }) => address.family === family)
  const list = (peers: readonly Address[]): Uint8Array | undefined =>
    peers.length === 0 ? undefined : writePeers(peers)
  const addresses = (peers: readonly NamedPeer[]): Uint8Array | undefined =>
    list(peers.map(({ address }) => address))
  const flags = (peers: readonly NamedPeer[]): Uint8Array | undefined =>
    peers.length === 0 ? undefined : Uint8Array.from(peers, (peer) => peer.flags)
  return encode({
    added: addresses(came(4)),
    'added.f': flags(came(4)),
    added6: addresses(came(6)),
    'added6.f': flags(came(6)),
    dropped: list(dropped.filter(({ family }) => family === 4)),
    dropped6: list(dropped.filter(({ family }) => family === 6)),
  })
}

function readList(
  fields: DictFields,
  key: string,
  family: 4 | 6,
  most: number,
): { readonly peers: readonly Address[]; readonly ragged: boolean } {
  const bytes = fields.bytes(key)
  if (bytes === undefined) return { peers: [], ragged: fields.has(key) }
  const step = peerLength(family)
  const whole = Math.min(Math.floor(bytes.length / step), most)
  return { peers: readPeers(bytes.subarray(0, whole * step), family), ragged: bytes.length % step !== 0 }
}
