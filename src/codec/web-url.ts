/** The URLs that a torrent may name: of trackers (BEP 3, BEP 15) and of web seeds (BEP 19). */
import { parseAddress, splitEndpoint } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import { encodeUtf8 } from '../core/utf8.ts'

export interface WebUrl {
  readonly scheme: 'http' | 'https' | 'udp'
  /** A literal address, without brackets, or a name. */
  readonly host: string
  readonly port: number
  /** Printable ASCII, with the query: it begins with a slash. */
  readonly path: string
}

const LONGEST = 2_048
const PORTS = { http: 80, https: 443, udp: undefined } as const
/** Scheme, authority, and what follows. */
const FORM = /^(https?|udp):\/\/([^/?#]*)([^#]*)/i
/** Control characters, of which some would end a line of a request. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/
/** What a request line does not bear as it is; an escape that is there already stays. */
const UNSAFE = /[^!#-;=?-[\]_a-z~]/gu

/** `undefined` for what is none: another scheme, a user name, a port out of range, control characters. */
export function parseUrl(text: string): WebUrl | undefined {
  if (text.length > LONGEST || CONTROL.test(text)) return undefined
  const [, name, authority, rest] = FORM.exec(text) ?? []
  if (name === undefined || authority === undefined || rest === undefined) return undefined
  const scheme = name.toLowerCase() as WebUrl['scheme']
  const port = PORTS[scheme]
  const hasPort = /:\d+$/.test(authority) && !/^\[[^\]]*$/.test(authority)
  const endpoint = splitEndpoint(hasPort || port === undefined ? authority : `${authority}:${port}`)
  if (endpoint === undefined) return undefined
  const path = escaped(rest.startsWith('/') ? rest : `/${rest}`, UNSAFE)
  return { scheme, host: endpoint.host.toLowerCase(), port: endpoint.port, path }
}

/** Where `location` leads from `base` (RFC 3986, as far as servers use it): absolute, or relative to host or folder. */
export function followUrl(base: WebUrl, location: string): WebUrl | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return parseUrl(location)
  if (location.startsWith('//')) return parseUrl(`${base.scheme}:${location}`)
  const folder = location.startsWith('/') ? '' : base.path.replace(/\?.*$/, '').replace(/[^/]*$/, '')
  return parseUrl(`${originOf(base)}${folder}${location}`)
}

/** Host and port as they stand in a URL; the port that the scheme implies is left out. */
export function authorityOf({ scheme, host, port }: WebUrl): string {
  const shown = parseAddress(host, 1)?.family === 6 ? `[${host}]` : host
  return port === PORTS[scheme] ? shown : `${shown}:${port}`
}

/** A name that stands for itself in a path, whatever is in it. */
export function escapeName(name: string): string {
  return escaped(name, /[^\w.~-]/gu)
}

/** Each byte as it stands in a query. */
export function escapeBytes(bytes: Uint8Array): string {
  return toHex(bytes).replace(/../g, '%$&')
}

function originOf(url: WebUrl): string {
  return `${url.scheme}://${authorityOf(url)}`
}

function escaped(text: string, what: RegExp): string {
  return text.replace(what, (character) => escapeBytes(encodeUtf8(character)).toUpperCase())
}
