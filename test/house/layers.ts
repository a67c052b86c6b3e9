/** The rooms of the house and the arrows between them: one table for the rules, the compiler's references and the probes. */
export interface Layer {
  /** Folder, or the one file, with slashes. */
  readonly place: string
  /** Layers that it may import, its own apart. */
  readonly mayImport: readonly string[]
  /** Single files elsewhere that it may import. */
  readonly mayImportFiles: readonly string[]
  /** Modules of Node.js that it may import; `all-but-sockets`: any without a socket in it. */
  readonly builtins: readonly string[] | 'all' | 'all-but-sockets'
  /** Below the face: compiled without any host, and without the words of `HOST_WORDS`. */
  readonly pure: boolean
}

const pure = (place: string, ...mayImport: string[]): Layer => {
  return { place, mayImport, mayImportFiles: [], builtins: [], pure: true }
}

export const LAYERS: Readonly<Record<string, Layer>> = {
  core: pure('src/core/'),
  codec: pure('src/codec/', 'core'),
  dht: pure('src/dht/', 'core', 'codec'),
  peer: pure('src/peer/', 'core', 'codec'),
  swarm: pure('src/swarm/', 'core', 'codec', 'peer'),
  probe: pure('src/probe/', 'core', 'codec'),
  mse: pure('src/mse/', 'core'),
  session: pure('src/session/', 'core', 'codec', 'dht', 'peer', 'swarm', 'probe', 'mse'),
  face: {
    place: 'src/face/',
    mayImport: ['core', 'codec', 'session'],
    mayImportFiles: [],
    builtins: ['node:events'],
    pure: false,
  },
  host: {
    place: 'src/host/',
    mayImport: ['core', 'session'],
    mayImportFiles: [],
    builtins: 'all',
    pure: false,
  },
  index: {
    place: 'src/',
    mayImport: ['core', 'codec', 'session', 'face', 'host'],
    mayImportFiles: [],
    builtins: [],
    pure: false,
  },
  cli: {
    place: 'src/cli/',
    mayImport: [],
    mayImportFiles: ['src/index.ts'],
    builtins: 'all-but-sockets',
    pure: false,
  },
  sim: {
    place: 'sim/',
    mayImport: ['core', 'codec', 'dht', 'peer', 'swarm', 'session'],
    mayImportFiles: ['src/host/crypto.ts', 'src/index.ts'],
    builtins: 'all-but-sockets',
    pure: false,
  },
}

/** The layer of a file, `undefined` for tests and what lies outside every room. */
export function layerOf(path: string): string | undefined {
  if (/^src\/[^/]+$/.test(path)) return 'index'
  return Object.keys(LAYERS).find((name) => name !== 'index' && path.startsWith(LAYERS[name]!.place))
}

/** One door per package: where each may be imported. */
export const DOORS: Readonly<Record<string, RegExp>> = {
  bencode: /^src\/codec\/bencode\.ts$/,
  'bittorrent-dht': /^test\/(?:support\/foreign-dht|bench\/loopback-dht-job)\.ts$/,
  bullmq: /^sim\/sweep\/(?:redis-queue|queue-[a-z]+)\.ts$/,
  'chart.js': /^sim\/look\/page\/chart-library\.d\.ts$/,
  'dgram-as-promised': /^src\/host\/udp\.ts$/,
  'fast-check': /^test\//,
  'ipaddr.js': /^src\/core\/address\.ts$/,
  ioredis: /^sim\/sweep\/redis-queue\.ts$/,
  'k-bucket': /^src\/dht\/table\/bucket-tree\.ts$/,
  'log-update': /^(?:src\/cli\/display|sim\/commands\/progress)\.ts$/,
  piscina: /^sim\/sweep\/local-backend\.ts$/,
  'playwright-core': /^test\/support\/browser\.ts$/,
  'pretty-bytes': /^src\/cli\/text\.ts$/,
  'simple-statistics': /^sim\/sweep\/median-interval\.ts$/,
  'write-file-atomic': /^src\/host\/[a-z-]+\.ts$/,
  yargs: /^(?:src\/cli\/.+|sim\/commands\/.+)\.ts$/,
}

/** Files that are started, not imported. */
export const ENTRIES: readonly string[] = [
  ...['src/index.ts', 'src/cli/main.ts', 'sim/main.ts', 'sim/index.ts'],
  ...['sim/sweep/job-thread.ts', 'sim/sweep/job-process.ts', 'sim/sweep/queue-job.ts'],
]

export const SOCKET_MODULES: readonly string[] = [
  ...['node:net', 'node:dgram', 'node:dns', 'node:dns/promises', 'node:tls'],
  ...['node:http', 'node:https', 'node:http2', 'node:inspector'],
]

/** What the machines must not know: the host's words, unordered time, and arithmetic that differs between machines. */
export const HOST_WORDS: readonly string[] = [
  ...['Date', 'performance', 'Intl', 'localeCompare', 'toLocaleString'],
  ...['process', 'console', 'Buffer', 'globalThis', 'require', 'eval'],
  ...['TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'fetch', 'structuredClone'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
  ...['queueMicrotask', 'Promise', 'async', 'await', 'EventEmitter', 'EventTarget', 'Event'],
  ...['AbortSignal', 'AbortController', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics'],
  ...[
    'random',
    'exp',
    'expm1',
    'log',
    'log2',
    'log10',
    'log1p',
    'sin',
    'cos',
    'tan',
    'pow',
    'cbrt',
    'hypot',
  ].map((name) => `Math.${name}`),
]

/** What else keeps its hands off the clock and the dice: the face, and all of the simulator that is not its command line. */
export const CLOCK_WORDS: readonly string[] = [
  ...[
    'Date',
    'performance',
    'process',
    'console',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'Math.random',
  ],
]

/** The command line of the simulator, and what measures it from outside, see the real clock. */
export const OUTSIDE_VIRTUAL_TIME: RegExp = /^sim\/(?:main|(?:commands|look|sweep|validation)\/.*)\.ts$/
