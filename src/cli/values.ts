/** Readers for what people type as an option's value. Each throws `BadValue`, whose message says what a good one is. */

/** `message` follows the option's name in a sentence: "--port abc: <message>". */
export class BadValue extends Error {}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** Bytes: `512k`, `4M`, `1.5G`, `1000`; the suffixes are powers of 1024. */
export function readSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text)
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * UNITS[match[2]!.toLowerCase()]!)
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new BadValue('give a size such as 512k, 4M or 1G')
  return bytes
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 }
/** The longest delay that a timer of the host takes. */
const LONGEST = 2 ** 31 - 1

/** Milliseconds: `90s`, `5m`, `2h`; a bare number is seconds. */
export function readDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/i.exec(text)
  const ms =
    match === null ? Number.NaN : Math.round(Number(match[1]) * SECONDS[match[2]!.toLowerCase()]! * 1000)
  if (!(ms >= 1 && ms <= LONGEST)) throw new BadValue('give a time such as 90s, 5m or 2h, at most 596h')
  return ms
}

/** How many times what is shared is given: `1.5`, `0`. */
export function readRatio(text: string): number {
  const ratio = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(ratio)) throw new BadValue('give a number, 0 or more, such as 1.5')
  return ratio
}

/** Indices and ranges of files: `0,2,4-6`. */
export function readFiles(text: string): string {
  if (/^\d{1,10}(?:-\d{1,10})?(?:,\d{1,10}(?:-\d{1,10})?)*$/.test(text)) return text
  throw new BadValue('give indices and ranges of files, counted from 0, such as 0,2,4-6')
}

/** A whole number from `least` to `most`, in plain digits. */
export function readInteger(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most)) throw new BadValue(`give a whole number from ${least} to ${most}`)
    return value
  }
}

/** Queries a second and source, or `off`. */
export function readQueryLimit(text: string): number | 'off' {
  if (text === 'off') return text
  try {
    return readInteger(1, 1_000_000)(text)
  } catch {
    throw new BadValue('give a number of queries a second, or off')
  }
}

/** A power of two, as BEP 3 and BEP 52 want pieces to be. */
export function readPieceLength(text: string): number {
  const bytes = readSize(text)
  if (bytes < 16384 || bytes > 2 ** 28 || !Number.isInteger(Math.log2(bytes))) {
    throw new BadValue('give a power of two from 16k to 256M')
  }
  return bytes
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `192.0.2.1:6881`, `[2001:db8::1]:6881` or `router.example:6881`. */
export function readEndpoint(text: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const [, inBrackets, plain = ''] = match ?? []
  const host = inBrackets ?? plain
  const port = Number(match?.[3])
  const known = inBrackets === undefined ? isIpv4(host) || isName(host) : isIpv6(host)
  if (!known || !(port >= 1 && port <= 65535)) {
    throw new BadValue('give host:port, such as 192.0.2.1:6881 or [2001:db8::1]:6881')
  }
  return { host, port }
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isIpv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}

/** A name whose last label is all digits would be a mistyped IPv4 address. */
function isName(text: string): boolean {
  return /^[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,252}$/u.test(text) && !/(?:^|\.)\d+\.?$/.test(text)
}

/** The same as {@link readEndpoint}, kept as text. */
export function readEndpointText(text: string): string {
  return formatEndpoint(readEndpoint(text))
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An entry point of the DHT: `host:port`, or `none` for no entry point at all. */
export function readBootstrap(text: string): string {
  return text === 'none' ? text : readEndpointText(text)
}

/** A literal address. */
export function readAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (!isIpv4(bare) && !isIpv6(bare)) throw new BadValue('give a literal IPv4 or IPv6 address')
  return bare
}

/** The URL of a tracker. */
export function readTrackerUrl(text: string): string {
  if (/^(?:https?:\/\/[^\s/@]+|udp:\/\/[^\s/@]+:\d+)(?:[/?]|$)/i.test(text) && URL.canParse(text)) return text
  throw new BadValue('give a URL such as https://tracker.example/announce or udp://tracker.example:6969')
}

/** The URL of a web server. */
export function readWebUrl(text: string): string {
  if (/^https?:\/\/[^\s/@]+(?:[/?]|$)/i.test(text) && URL.canParse(text)) return text
  throw new BadValue('give a URL such as https://host.example/folder/')
}

export function readChoice<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((one) => one === text)
    if (choice === undefined) throw new BadValue(`give one of ${choices.join(', ')}`)
    return choice
  }
}

/** A path or a text that must not be empty. */
export function readText(text: string): string {
  if (text === '') throw new BadValue('it is empty')
  return text
}
