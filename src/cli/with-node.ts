import type { Lodestone, LodestoneEvent, OpenOptions } from '../index.ts'
import { LodestoneError } from '../index.ts'
import type { CommandContext } from './command.ts'
import type { NetworkOptions } from './common-options.ts'
import type { Output } from './output.ts'
import { formatCount } from './text.ts'
import type { TransferOptions } from './transfer-options.ts'
import { formatEndpoint } from './values.ts'

/** Whoever wonders later why there are so few peers has read it. */
const THROUGH_PROXY =
  'All goes through the proxy alone: the DHT, local discovery, UDP trackers and incoming peers are off, and peers come from --trackers, --tracker and --peer'

type Options = NetworkOptions &
  Partial<TransferOptions> & {
    readonly noWebSeeds?: boolean
  }

/**
 * Opens a node for the time of `use`, reports what it does, and closes it cleanly however `use` ends: when this
 * settles, what was downloaded is safely on disk.
 */
export async function withNode<T>(
  options: Options,
  context: CommandContext,
  use: (node: Lodestone, context: CommandContext) => Promise<T>,
): Promise<T> {
  const { output, library } = context
  const node = await library.open(openOptions(options))
  const failing = new AbortController()
  const forget = [
    ...reportEvents(node, output),
    // A command has one torrent at most: when it cannot go on, neither can the command.
    node.on('error', ({ kind, code, message }: Failing) =>
      failing.abort(new LodestoneError(kind, code, message)),
    ),
  ]
  try {
    for (const { host, port, nodeId } of node.addresses) {
      const id = nodeId === undefined ? {} : { nodeId }
      output.tell({ event: 'listening', host, port, ...id }, `Listening on ${formatEndpoint({ host, port })}`)
    }
    if (options.proxy !== undefined) output.log('info', THROUGH_PROXY)
    context.stop.throwIfAborted()
    return await use(node, { ...context, stop: AbortSignal.any([context.stop, failing.signal]) })
  } finally {
    await node.close()
    for (const off of forget) off()
  }
}

/** Throws a usage error for options that contradict each other. */
function openOptions(options: Options): OpenOptions {
  const { bind, interface: name, port, state, queryLimit, replyLimit, record, proxy } = options
  const { downloadLimit, uploadLimit, maxPeers, memory, transport, encryption } = options
  const bootstrap = entryPoints(options)
  if (proxy !== undefined) {
    checkPeers(options.peer ?? [])
    checkTrackers(options.tracker ?? [])
  }
  return {
    dht: !options.noDht && proxy === undefined,
    // Commands without the option take no part in it.
    lsd: options.noLsd === false && proxy === undefined,
    portMapping: options.noPortMapping === false && proxy === undefined,
    ...(proxy === undefined ? {} : { proxy }),
    ...(options.trackers === true ? { trackers: true } : {}),
    ...(options.noWebSeeds === true ? { webSeeds: false } : {}),
    ...(bind === undefined ? {} : { bind }),
    ...(name === undefined ? {} : { interface: name }),
    ...(port === undefined ? {} : { port }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(state === undefined ? {} : { state }),
    ...(queryLimit === undefined ? {} : { queryLimit }),
    ...(replyLimit === undefined ? {} : { replyLimit }),
    ...(downloadLimit === undefined ? {} : { downloadLimit }),
    ...(uploadLimit === undefined ? {} : { uploadLimit }),
    ...(maxPeers === undefined ? {} : { maxPeers }),
    ...(memory === undefined ? {} : { memory }),
    ...(transport === undefined ? {} : { transport }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(record === undefined ? {} : { record }),
  }
}

function entryPoints({ bootstrap, noDht }: Options): OpenOptions['bootstrap'] {
  if (bootstrap === undefined) return undefined
  if (noDht) throw contradiction('--bootstrap makes no sense together with --no-dht.')
  if (!bootstrap.includes('none')) return bootstrap
  if (bootstrap.length > 1) throw contradiction('--bootstrap none stands alone, without other entry points.')
  return 'none'
}

/** A name would be looked up in view of the network that the proxy is to keep it from. */
function checkPeers(peers: readonly string[]): void {
  const named = peers.find((peer) => !/^(?:[\d.]+|\[.+\]):\d+$/.test(peer))
  if (named === undefined) return
  throw contradiction(`--peer ${named} is a name, which --proxy does not look up; give the address.`)
}

function checkTrackers(trackers: readonly string[]): void {
  const unled = trackers.find((tracker) => /^udp:/i.test(tracker))
  if (unled === undefined) return
  throw contradiction(
    `--tracker ${unled} is asked over UDP, which does not go through --proxy; name one over HTTP.`,
  )
}

function contradiction(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/contradiction', message)
}

type Trouble = Extract<LodestoneEvent, { readonly message: string }>
type Failing = Extract<LodestoneEvent, { readonly type: 'error' }>

/** Reports what the node does; the functions returned end that. */
function reportEvents(node: Lodestone, output: Output): (() => void)[] {
  return [
    node.on('ready', ({ nodes, ms }) => {
      const text = nodes === 0 ? 'Alone in the DHT so far' : `In the DHT: ${formatCount(nodes, 'node')}`
      output.tell({ event: 'ready', nodes, ms: Math.round(ms) }, text)
    }),
    node.on('node-id', ({ host, port, nodeId }) => output.tell({ event: 'node-id', host, port, nodeId })),
    node.on('peer', ({ host, port, source }) => output.tell({ event: 'peer', host, port, source })),
    node.on('warning', ({ type: _type, torrent: _torrent, ...fields }: Trouble) => {
      output.tell({ event: 'warning', ...fields })
      output.log('warn', fields.message)
    }),
  ]
}
