import type { FoundItem, GetOptions, Lodestone } from '../index.ts'
import { LodestoneError } from '../index.ts'
import type { CommandContext } from './command.ts'
import { nobodyAnswered } from './dht-errors.ts'
import { orStopped } from './stopping.ts'

/** The newest version of an item that one walk finds; throws when there is none. `where`: as `Items.get` has it. */
export async function newestItem(
  node: Lodestone,
  where: string,
  how: GetOptions,
  { stop, resultCame }: Pick<CommandContext, 'stop' | 'resultCame'>,
): Promise<{ readonly item: FoundItem; readonly ms: number }> {
  await orStopped(node.ready, stop, () => 'no node of the DHT has answered yet')
  const search = node.items.get(where, how)
  let item: FoundItem | undefined
  const walk = async (): Promise<void> => {
    for await (const found of search) item = found
  }
  await orStopped(walk(), stop, () => 'the look-up is still under way')
  const { responses, ms } = await search.result
  if (item !== undefined) return { item, ms }
  resultCame()
  if (responses === 0) throw nobodyAnswered()
  throw new LodestoneError('timeout', 'item/not-found', `The DHT has no item at ${where}.`)
}
