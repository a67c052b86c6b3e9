import { type LodestoneError, usageError } from '../core/errors.ts'
import { encodeUtf8 } from '../core/utf8.ts'
import type { OpenOptions } from './options.ts'

/** Where a SOCKS5 proxy is. */
export interface ProxyPlace {
  readonly host: string
  readonly port: number
  readonly login?: { readonly user: string; readonly password: string }
}

const DEFAULT_PORT = 1080

/** What would pass a proxy by, and is therefore off with it. */
const AROUND: readonly (keyof OpenOptions)[] = ['dht', 'lsd', 'listen', 'portMapping', 'port', 'bootstrap']

/** The proxy of the options, if there is one. Throws a usage error that does not repeat a password. */
export function proxyOf(options: OpenOptions): ProxyPlace | undefined {
  if (options.proxy === undefined) return undefined
  const around = AROUND.find((key) => options[key] !== undefined && options[key] !== false)
  if (around !== undefined)
    throw usageError('options/proxy', `With a proxy there is no ${around}: that would pass it by.`)
  const url = URL.canParse(options.proxy) ? new URL(options.proxy) : undefined
  if (url === undefined || !/^socks5h?:$/.test(url.protocol) || url.hostname === '') throw noProxy()
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '' || url.port === '0')
    throw noProxy()
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port)
  if (url.username === '' && url.password === '') return { host, port }
  return { host, port, login: { user: decoded(url.username), password: decoded(url.password) } }
}

/** As RFC 1929 has room for. */
function decoded(text: string): string {
  let plain = ''
  try {
    plain = decodeURIComponent(text)
  } catch {
    throw noProxy()
  }
  const { length } = encodeUtf8(plain)
  if (length >= 1 && length <= 255) return plain
  throw usageError('options/proxy', 'A proxy takes a name and a password of 1 to 255 bytes each.')
}

function noProxy(): LodestoneError {
  const message =
    'That is no proxy: give socks5://host:port, with user:password@ in front of the host where it wants them.'
  return usageError('options/proxy', message)
}
