import type { FoundItem, GetOptions, Lodestone } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { itemFields, itemText } from '../item-text.ts'
import { newestItem } from '../newest-item.ts'
import type { Output } from '../output.ts'
import { isInfoHash, isMagnet } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { toThousandths } from '../text.ts'
import { readText } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface DhtGetOptions extends NetworkOptions {
  readonly target: string
  readonly salt?: string
  readonly follow: boolean
}

async function run(options: DhtGetOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'dht get asks the DHT')
  checkTarget(options.target, context)
  return await withNode(options, context, (node, within) => {
    return options.follow ? follow(node, options, within) : find(node, options, within)
  })
}

/** The salt, if there is one, and what ends the search. */
function howToSearch({ salt }: DhtGetOptions, signal: AbortSignal): GetOptions {
  return salt === undefined ? { signal } : { salt, signal }
}

async function find(node: Lodestone, options: DhtGetOptions, context: CommandContext): Promise<number> {
  const { output, stop } = context
  const { item, ms } = await newestItem(node, options.target, howToSearch(options, stop), context)
  context.resultCame()
  show(item, output)
  output.tell({ event: 'done', target: item.target, seconds: toThousandths(ms / 1000) })
  return 0
}

/** Shows each version as it is found, until it is stopped. */
async function follow(node: Lodestone, options: DhtGetOptions, context: CommandContext): Promise<number> {
  const { output, stop } = context
  const read = async (): Promise<void> => {
    for await (const item of node.items.follow(options.target, howToSearch(options, stop))) {
      context.resultCame()
      show(item, output)
    }
  }
  await orStopped(read(), stop, () => 'no version of the item has been found yet')
  return 0
}

function show(item: FoundItem, output: Output): void {
  output.answer({ event: 'item', ...itemFields(item) }, itemText(item))
  if (item.infoHash !== undefined) output.log('info', `it names the torrent ${item.infoHash}`)
}

/** Before anything is touched: throws a usage error for what names no item. */
function checkTarget(text: string, { library }: CommandContext): void {
  if (isMagnet(text)) library.parseItemLink(text)
  else if (!isInfoHash(text) && !/^[0-9a-f]{64}$/i.test(text)) {
    const message = `"${text}" is neither a target (40 hex digits), nor a public key (64), nor a magnet link with a key.`
    throw new LodestoneError('usage', 'usage/bad-source', message)
  }
}

export const dhtGet: CommandDefinition<DhtGetOptions, 'target'> = {
  name: 'dht get',
  summary: 'get an item out of the DHT',
  positional: {
    name: 'target',
    argument: '<target>',
    text: 'target of the item, its public key, or a magnet link with a key (xs=urn:btpk:)',
  },
  options: {
    salt: {
      kind: 'value',
      argument: '<salt>',
      read: readText,
      otherwise: 'none',
      text: 'the salt that a mutable item was put with',
    },
    follow: { kind: 'flag', text: 'show each newer version as it is found, until stopped' },
    ...NETWORK_OPTIONS,
  },
  run,
}
