import { type BencodeLimits, type BencodeValue, decode, encode } from '../../codec/bencode.ts'
import { type NodeInfo, nodeLength, readNodes, writeNode } from '../../codec/compact.ts'
import { toLatin1 } from '../../core/bytes.ts'
import { ID_LENGTH, type Id } from '../../core/id.ts'

/** What a node takes over from an earlier run; contacts of either family, the most recently seen first. */
export interface SavedState {
  readonly id: Id
  readonly contacts: readonly NodeInfo[]
}

const VERSION = 1
const LIMITS: BencodeLimits = { depth: 2, tokens: 16, length: 1 << 26 }
/** Contacts of each family that are read or written: far more than a table holds. */
const MAX_CONTACTS = 2000

/** The state as bytes of a file: a bencoded dictionary of `id`, `nodes`, `nodes6` (BEP 5, BEP 32 compact) and `version`. */
export function encodeSavedState({ id, contacts }: SavedState): Uint8Array {
  return encode({ id, nodes: compact(contacts, 4), nodes6: compact(contacts, 6), version: VERSION })
}

/** What `encodeSavedState` wrote; `undefined` when it is corrupt, cut off, or of another version. */
export function decodeSavedState(bytes: Uint8Array): SavedState | undefined {
  const value = decode(bytes, LIMITS)
  if (!(value instanceof Map) || value.get('version') !== VERSION) return undefined
  const id = value.get('id')
  if (!(id instanceof Uint8Array) || id.length !== ID_LENGTH) return undefined
  const four = expand(value.get('nodes'), 4)
  const six = expand(value.get('nodes6'), 6)
  return four === undefined || six === undefined ? undefined : { id, contacts: [...four, ...six] }
}

function compact(contacts: readonly NodeInfo[], family: 4 | 6): Uint8Array {
  const ofFamily = contacts.filter(({ address }) => address.family === family).slice(0, MAX_CONTACTS)
  const bytes = new Uint8Array(ofFamily.length * nodeLength(family))
  let at = 0
  for (const contact of ofFamily) at = writeNode(bytes, at, contact)
  return bytes
}

/** The usable contacts, each id and each address once; `undefined` when the list itself is malformed. */
function expand(bytes: BencodeValue | undefined, family: 4 | 6): NodeInfo[] | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length % nodeLength(family) !== 0) return undefined
  const ids = new Set<string>()
  const addresses = new Set<string>()
  const contacts: NodeInfo[] = []
  for (const contact of readNodes(bytes.subarray(0, MAX_CONTACTS * nodeLength(family)), family)) {
    const id = toLatin1(contact.id)
    const { address } = contact
    if (!address.usable || ids.has(id) || addresses.has(address.text)) continue
    ids.add(id)
    addresses.add(address.text)
    contacts.push(contact)
  }
  return contacts
}
