import { encode } from '../codec/bencode.ts'
import { toLatin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Reply } from './reply.ts'

/** More than anybody needs, and no burden to send back. */
const LONGEST_TRANSACTION = 64

/** How a node that knows nobody answers a query of the node under test; `undefined`: not at all. */
export function friendlyAnswer(query: Reply, id: Id, family: 4 | 6): Uint8Array | undefined {
  const { transaction } = query
  const method = query.root.get('q')
  if (transaction === undefined || transaction.length > LONGEST_TRANSACTION) return undefined
  if (!(method instanceof Uint8Array)) return undefined
  const contacts = toLatin1(method) === 'ping' ? {} : { [family === 4 ? 'nodes' : 'nodes6']: '' }
  return encode({ r: { id, ...contacts }, t: transaction, y: 'r' })
}
