import { addressFromCompact, sameAddress } from '../core/address.ts'
import { contactIds } from './expectations.ts'
import type { ReplyValue } from './reply.ts'
import type { Exchange, Watch } from './rule.ts'

/** Replies that carry an item may be longer: what fits a frame (rows 7.37). */
const LONGEST = 1024
const LONGEST_ITEM = { 4: 1472, 6: 1232 } as const

function length({ reply, notebook }: Exchange): string | undefined {
  const most = reply.fields?.has('v') === true ? LONGEST_ITEM[notebook.family] : LONGEST
  return reply.bytes.length > most ? `it sent ${reply.bytes.length} bytes` : undefined
}

/** Row 1.40: a number, then a text that repeats nothing; no longer than what it answers. */
function errors({ reply, sent, notebook }: Exchange): string | undefined {
  if (reply.kind !== 'e') return undefined
  const error = reply.root.get('e')
  const [code, text] = Array.isArray(error) ? (error as readonly ReplyValue[]) : []
  const isSound =
    typeof code === 'bigint' && text instanceof Uint8Array && (error as readonly ReplyValue[]).length === 2
  if (!isSound) return 'its error is no number and text'
  if (!notebook.isOld(reply.transaction) && sent.length >= 64 && reply.bytes.length > sent.length) {
    return `its error is of ${reply.bytes.length} bytes, for ${sent.length}`
  }
  return undefined
}

function version({ reply }: Exchange): string | undefined {
  const v = reply.root.get('v')
  return v instanceof Uint8Array && v.length === 4 ? undefined : `it sent ${reply.summary} without v`
}

function endpoint({ reply, notebook, source }: Exchange): string | undefined {
  if (reply.kind !== 'r') return undefined
  const ip = reply.root.get('ip')
  const size = notebook.family === 4 ? 6 : 18
  if (reply.fields?.has('ip') === true) return 'it tells the address of the asker inside r'
  if (!(ip instanceof Uint8Array)) return 'it does not tell the address of the asker'
  if (ip.length !== size) return `it tells the address of the asker in ${ip.length} bytes`
  const told = addressFromCompact(ip, 0, notebook.family)
  const own = notebook.endpoint(source)
  return own === undefined || own === told ? undefined : `it tells ${own.text} that it is ${told.text}`
}

function strangers({ reply, notebook }: Exchange): string | undefined {
  const { fields } = reply
  if (fields === undefined) return undefined
  const named = contactIds(fields).find((id) => notebook.strangers.has(id))
  return named === undefined ? undefined : 'it names a node that has never answered it'
}

/** What holds for everything that comes back. Rows 0.01 to 0.03 are the sentences of section 0, which have no numbers there. */
export const WATCHES: readonly Watch[] = [
  { id: '0.01', level: 'B', title: 'sends 1024 bytes at most (items excepted)', complaint: length },
  {
    id: '0.02',
    level: 'C',
    title: 'sends canonical bencode',
    complaint: ({ reply }) => (reply.canonical ? undefined : 'it sent something else'),
  },
  {
    id: '0.03',
    level: 'B',
    title: 'answers a datagram once',
    complaint: ({ reply, notebook }) => {
      return notebook.isCrossed(reply.transaction) ? 'it answered a datagram twice' : undefined
    },
  },
  {
    id: '1.40',
    level: 'B',
    title: 'sends errors of a number and a text, no longer than what they answer',
    complaint: errors,
  },
  { id: '1.41', level: 'C', title: 'says its version in whatever it answers', complaint: version },
  { id: '6.09', level: 'B', title: 'tells every asker its address and port', complaint: endpoint },
  {
    id: '8.01',
    level: 'B',
    title: 'answers from the address and port that were asked',
    complaint: ({ from, target }) =>
      sameAddress(from, target) ? undefined : `it answered from ${from.text}`,
  },
  {
    id: '9.03',
    level: 'B',
    title: 'never names who has not answered it',
    complaint: strangers,
  },
]
