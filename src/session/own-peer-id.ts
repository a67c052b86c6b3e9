import { latin1 } from '../core/bytes.ts'
import { type Id, randomId } from '../core/id.ts'
import type { Rng } from '../core/rng.ts'

/** Azureus-style client mark and version (BEP 20). */
const PREFIX = '-LD0100-'

/** A new id for this session's peers. */
export function ownPeerId(secret: Rng): Id {
  const id = randomId(secret)
  id.set(latin1(PREFIX))
  return id
}
