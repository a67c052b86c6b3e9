import { copyBytes } from './bytes.ts'
import { ID_LENGTH, type Id } from './id.ts'
import { Stock } from './stock.ts'

const ids = new Stock<Id>(ID_LENGTH, 16_384)

/** The process's one copy of the id in `bytes` at `at`; never to be written to. */
export function sharedId(bytes: Uint8Array, at = 0): Id {
  let id = ids.find(bytes, at)
  if (id === undefined) {
    id = copyBytes(bytes, at, at + ID_LENGTH)
    ids.add(bytes, at, id)
  }
  return id
}
