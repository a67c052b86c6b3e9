import type { EncodableValue, Lodestone, PutOptions } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { exact } from '../item-text.ts'
import { readKeyFile } from '../key-file.ts'
import { isInfoHash, isMagnet } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { formatCount, toThousandths } from '../text.ts'
import { BadValue, readText } from '../values.ts'
import { withNode } from '../with-node.ts'

/** With its length in front it takes 999 bytes. */
const LONGEST_TEXT = 995

export interface DhtPutOptions extends NetworkOptions {
  readonly value: string
  readonly key?: string
  readonly salt?: string
  readonly cas?: bigint
  readonly bencoded: boolean
  readonly torrent: boolean
}

async function run(options: DhtPutOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'dht put asks the DHT')
  refuseContradictions(options)
  const value = itemValue(options, context)
  const key = options.key === undefined ? undefined : await readKeyFile(options.key, context.output)
  return await withNode(options, context, (node, within) => put(node, value, key, options, within))
}

async function put(
  node: Lodestone,
  value: EncodableValue,
  key: Uint8Array | undefined,
  { salt, cas, bencoded }: DhtPutOptions,
  context: CommandContext,
): Promise<number> {
  const { output, stop } = context
  await orStopped(node.ready, stop, () => 'no node of the DHT has answered yet')
  const how: PutOptions = {
    bencoded,
    signal: stop,
    ...(key === undefined ? {} : { key }),
    ...(salt === undefined ? {} : { salt }),
    ...(cas === undefined ? {} : { cas }),
  }
  const { target, nodes, publicKey, seq, link, ms } = await orStopped(
    node.items.put(value, how),
    stop,
    () => 'the item has not been put yet',
  )
  context.resultCame()
  const version =
    seq === undefined || publicKey === undefined || link === undefined
      ? {}
      : { publicKey, seq: exact(seq), link }
  output.log('info', `${formatCount(nodes, 'node')} took it${seq === undefined ? '' : ` as version ${seq}`}`)
  output.answer(
    { event: 'done', target, nodes, ...version, seconds: toThousandths(ms / 1000) },
    ...(link === undefined ? [target] : [target, link]),
  )
  return 0
}

/** What can be told before anything is touched. */
function refuseContradictions({ value, key, salt, cas, bencoded, torrent }: DhtPutOptions): void {
  if (key === undefined && (salt !== undefined || cas !== undefined))
    throw contradiction('--salt and --cas are for mutable items: they need --key.')
  if (bencoded && torrent) throw contradiction('--bencoded and --torrent exclude each other.')
  if (!torrent && Buffer.byteLength(value) > LONGEST_TEXT) {
    throw new LodestoneError('usage', 'item/too-long', `The value is longer than ${LONGEST_TEXT} bytes.`)
  }
  if (torrent && key === undefined)
    throw contradiction('--torrent names the torrent of the day under a key: it needs --key.')
}

function contradiction(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/contradiction', message)
}

/** The dictionary of BEP 46, or the text. */
function itemValue({ value, torrent }: DhtPutOptions, { library }: CommandContext): EncodableValue {
  if (!torrent) return value
  if (isMagnet(value)) return { ih: library.parseMagnet(value).infoHash }
  if (isInfoHash(value)) return { ih: library.parseMagnet(`magnet:?xt=urn:btih:${value}`).infoHash }
  throw new LodestoneError(
    'usage',
    'usage/bad-source',
    `"${value}" is neither an info-hash nor a magnet link.`,
  )
}

function readVersion(text: string): bigint {
  if (!/^\d{1,19}$/.test(text) || BigInt(text) >= 2n ** 63n)
    throw new BadValue('give a whole number below 2^63')
  return BigInt(text)
}

export const dhtPut: CommandDefinition<DhtPutOptions, 'value'> = {
  name: 'dht put',
  summary: 'put an item into the DHT, where it is kept for two hours',
  positional: { name: 'value', argument: '<value>', text: 'the text that is put' },
  options: {
    key: {
      kind: 'value',
      argument: '<file>',
      read: readText,
      otherwise: 'none: the item cannot be changed',
      text: 'file of the key that may change the item; made when there is none',
    },
    salt: {
      kind: 'value',
      argument: '<salt>',
      read: readText,
      otherwise: 'none',
      text: 'tells several items of one key apart',
    },
    cas: {
      kind: 'value',
      argument: '<n>',
      read: readVersion,
      otherwise: 'over any version',
      text: 'only over this version',
    },
    bencoded: { kind: 'flag', text: 'the value is bencoded already' },
    torrent: {
      kind: 'flag',
      text: 'the value is an info-hash or magnet link: the item names a torrent (BEP 46)',
    },
    ...NETWORK_OPTIONS,
  },
  run,
}
