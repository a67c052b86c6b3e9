import { usageError } from '../core/errors.ts'
import type { CreateTorrentOptions } from './create-torrent.ts'
import type { GetOptions } from './found-item.ts'
import type { AddTorrentOptions, Limits, LookupOptions, OpenOptions, ProbeOptions } from './options.ts'
import type { PutOptions } from './put-item.ts'
import type { ReadOptions } from './range-read.ts'

/** What an option must be, in words, and whether a value is that. */
interface Shape {
  readonly what: string
  fits(value: unknown): boolean
}

type Shapes<T> = { readonly [K in keyof Required<T>]: Shape }

const flag: Shape = { what: 'true or false', fits: (value) => typeof value === 'boolean' }
const text: Shape = { what: 'a text', fits: (value) => typeof value === 'string' }
const texts: Shape = {
  what: 'a list of texts',
  fits: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
}
const marked: Shape = {
  what: 'a list of files, each with path and mark',
  fits: (value) =>
    Array.isArray(value) &&
    value.every((one) => typeof one?.path === 'string' && typeof one.mark === 'number'),
}
const call: Shape = { what: 'a function', fits: (value) => typeof value === 'function' }
const signal: Shape = {
  what: 'an AbortSignal',
  // Not by its class: another realm has its own.
  fits: (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === 'boolean',
}
/** Whoever takes it says what it must be: a number in its range, a word of a few, endpoints. */
const open: Shape = { what: '', fits: () => true }
const orElse = (shape: Shape, ...others: readonly (string | boolean)[]): Shape => ({
  what: [shape.what, ...others.map((other) => `'${other}'`)].join(' or '),
  fits: (value) => shape.fits(value) || others.some((other) => other === value),
})

const OPEN: Shapes<OpenOptions> = {
  ...{ bind: texts, interface: text, port: open, bootstrap: open, dht: flag, lsd: flag },
  ...{ trackers: flag, webSeeds: flag, portMapping: flag, state: orElse(text, false), queryLimit: open },
  ...{ replyLimit: open, readOnly: orElse(flag, 'auto'), enforceIds: flag, downloadLimit: open },
  ...{ uploadLimit: open, maxPeers: open, maxActiveDownloads: open, maxActiveSeeds: open, memory: open },
  ...{ transport: open, encryption: open, listen: flag, proxy: text, record: text },
}
const ADD: Shapes<AddTorrentOptions> = {
  ...{ out: text, overwrite: flag, replaces: marked, recheck: flag, maxPeers: open, downloadLimit: open },
  ...{ uploadLimit: open, sequential: flag, select: open, seedChoking: open, superSeed: flag, peers: open },
  ...{ trackers: texts, webSeeds: texts, seedRatio: open, seedTime: open, signal },
  mode: oneOf('download', 'seed', 'metadata', 'trial'),
  allocate: oneOf('none', 'sparse', 'full'),
}
const CREATE: Shapes<CreateTorrentOptions> = {
  ...{ version: open, pieceLength: open, private: flag, comment: text, nodes: open, trackers: texts },
  ...{ webSeeds: texts, onProgress: call, signal },
}
const LIMITS: Shapes<Limits> = { download: open, upload: open }
const LOOKUP: Shapes<LookupOptions> = { announce: open, scrape: flag, explain: flag, signal }
const PROBE: Shapes<ProbeOptions> = { bind: texts, interface: text, rate: open, slow: flag, signal }
const PUT: Shapes<PutOptions> = {
  ...{ key: open, salt: open, cas: open, seq: open, bencoded: flag, keep: flag, signal },
}
const GET: Shapes<GetOptions> = { salt: open, signal }
const READ: Shapes<ReadOptions> = { start: open, end: open, signal }

/** What takes options. */
type Call =
  | ('open' | 'add' | 'followTorrent' | 'createTorrent' | 'setLimits' | 'lookup' | 'sample' | 'probe')
  | ('put' | 'get' | 'follow' | 'read' | 'remove' | 'ping' | 'events')

const CALLS: Readonly<Record<Call, Readonly<Record<string, Shape>>>> = {
  ...{ open: OPEN, add: ADD, followTorrent: ADD, createTorrent: CREATE, setLimits: LIMITS, lookup: LOOKUP },
  ...{ probe: PROBE, put: PUT, get: GET, follow: GET, read: READ, remove: { files: flag } },
  ...{ sample: { signal }, ping: { signal }, events: { signal } },
}

function oneOf(...words: readonly string[]): Shape {
  return {
    what: `one of ${words.join(', ')}`,
    fits: (value) => words.some((word) => word === value),
  }
}

/** Throws a usage error that names the option that `of` does not have, or that is of another shape. */
export function checkOptions(of: Call, options: object): void {
  if (typeof options !== 'object' || options === null)
    throw usageError('options/none', `The options of ${of} are an object; leave out what is to be as it is.`)
  const shapes = CALLS[of]
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!Object.hasOwn(shapes, key)) {
      const known = Object.keys(shapes).sort().join(', ')
      throw usageError('options/unknown', `There is no option ${key} of ${of}; there are ${known}.`)
    }
    const { what, fits } = shapes[key]!
    if (!fits(value)) throw usageError(`options/${key}`, `The option ${key} of ${of} must be ${what}.`)
  }
}

/** Throws a usage error for what is no text; `name`: what it was given for. */
export function checkText(value: string, name: string): void {
  if (!text.fits(value)) throw usageError(`options/${name}`, `The ${name} must be a text.`)
}
