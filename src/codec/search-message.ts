/** The message of local service discovery (BEP 14): who takes part in which swarms, told to a multicast group in the form of HTTP. */
import { type Address, parseAddress } from '../core/address.ts'
import { fromHex, latin1, toHex, toLatin1 } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'

/** Where it is sent to, by family. */
export const SEARCH_GROUP: Readonly<Record<4 | 6, Address>> = Object.freeze({
  4: parseAddress('239.192.152.143', 6771)!,
  6: parseAddress('ff15::efc0:988f', 6771)!,
})

export interface SearchMessage {
  /** Of the group that it names as its host. */
  readonly family: 4 | 6
  /** Where the sender takes peers: 1 to 65535. */
  readonly port: number
  /** One or more, each once. */
  readonly infoHashes: readonly Id[]
  /** By which the sender knows its own messages. */
  readonly cookie: string | undefined
}

/** No longer datagram is written (BEP 14) or read, in bytes. */
const LONGEST = 1_400
/** So many info-hashes fit in, next to a cookie of 16 characters. */
export const MOST_SEARCHED = 25
/** As many info-hashes as fit in when nothing is wasted, and some headers besides. */
const MOST_HEADERS = 32
const LONGEST_LINE = 256

const REQUEST = 'BT-SEARCH * HTTP/1.1'
const LINE_END = '\r\n'

/**
 * `undefined` for what is malformed, cut off or too long: one wrong header spoils the message. Names of headers are read in either
 * case, unknown ones passed over; Host and Port must be there once, Cookie may.
 */
export function decodeSearch(datagram: Uint8Array): SearchMessage | undefined {
  if (datagram.length > LONGEST) return undefined
  const [request, ...lines] = toLatin1(datagram).split(LINE_END)
  const end = lines.indexOf('')
  // The last line is what follows the last line end: nothing.
  if (request !== REQUEST || end < 0 || end === lines.length - 1 || end > MOST_HEADERS) return undefined
  if (lines.slice(end).some((line) => line !== '')) return undefined
  const single = new Map<string, string>()
  const infoHashes = new Map<string, Id>()
  for (const line of lines.slice(0, end)) {
    const header = readHeader(line)
    if (header === undefined) return undefined
    const { name, value } = header
    if (name === 'infohash') {
      const infoHash = fromHex(value)
      if (infoHash?.length !== ID_LENGTH) return undefined
      infoHashes.set(toHex(infoHash), infoHash)
    } else if (name === 'host' || name === 'port' || name === 'cookie') {
      if (single.has(name)) return undefined
      single.set(name, value)
    }
  }
  const family = familyOf(single.get('host'))
  const port = portOf(single.get('port'))
  if (family === undefined || port === undefined || infoHashes.size === 0) return undefined
  return { family, port, infoHashes: [...infoHashes.values()], cookie: single.get('cookie') }
}

/** At most `MOST_SEARCHED` info-hashes and 16 printable characters of cookie, which fit into 1400 bytes. */
export function encodeSearch({ family, port, infoHashes, cookie }: SearchMessage): Uint8Array {
  const lines = [
    REQUEST,
    `Host: ${SEARCH_GROUP[family].text}`,
    `Port: ${port}`,
    ...infoHashes.map((infoHash) => `Infohash: ${toHex(infoHash)}`),
    ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
  ]
  return latin1(`${lines.join(LINE_END)}${LINE_END}${LINE_END}${LINE_END}`)
}

function readHeader(line: string): { readonly name: string; readonly value: string } | undefined {
  const colon = line.indexOf(':')
  if (line.length > LONGEST_LINE || !/^[A-Za-z0-9-]+$/.test(line.slice(0, Math.max(0, colon))))
    return undefined
  const value = line.slice(colon + 1)
  if (!/^[\t\x20-\x7e]*$/.test(value)) return undefined
  return { name: line.slice(0, colon).toLowerCase(), value: value.trim() }
}

function familyOf(host: string | undefined): 4 | 6 | undefined {
  return ([4, 6] as const).find((family) => SEARCH_GROUP[family].text === host?.toLowerCase())
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
