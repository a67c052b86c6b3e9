import type { Lodestone, TorrentInput } from '../index.ts'
import { LodestoneError } from '../index.ts'
import type { CommandContext } from './command.ts'
import { exact } from './item-text.ts'
import { newestItem } from './newest-item.ts'
import type { Output } from './output.ts'
import type { Source } from './source.ts'

/** What a source names now: a link to a torrent that changes (BEP 46) is looked up in the DHT. */
export async function torrentOfTheDay(
  node: Lodestone,
  { kind, input }: Source,
  context: CommandContext,
): Promise<TorrentInput> {
  if (kind !== 'item') return input
  const { item } = await newestItem(node, input, { signal: context.stop }, context)
  const { infoHash, seq } = item
  if (infoHash === undefined || seq === undefined)
    throw new LodestoneError('remote', 'item/no-torrent', 'What the DHT has under this key names no torrent.')
  tellVersion(infoHash, seq, context.output)
  return infoHash
}

export function tellVersion(infoHash: string, seq: bigint, output: Output): void {
  output.tell({ event: 'version', infoHash, seq: exact(seq) }, `Version ${seq}: torrent ${infoHash}`)
}
