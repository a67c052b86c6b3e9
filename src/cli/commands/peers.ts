import type { Lodestone, ScrapeSummary } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { nobodyAnswered, refuseWithoutDht } from '../dht-errors.ts'
import { isInfoHash, isMagnet } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { formatCount, toHex, toThousandths } from '../text.ts'
import { formatEndpoint, readInteger } from '../values.ts'
import { walkTree } from '../walk-tree.ts'
import { withNode } from '../with-node.ts'

export interface PeersOptions extends NetworkOptions {
  readonly source: string
  readonly announce?: number
  readonly scrape: boolean
  readonly explain: boolean
}

async function run(options: PeersOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'peers asks the DHT')
  const infoHash = hashOf(options.source, context)
  return await withNode(options, context, (node, within) => search(node, infoHash, options, within))
}

function hashOf(source: string, { library }: CommandContext): string {
  if (isMagnet(source)) return toHex(library.parseMagnet(source).infoHash)
  if (isInfoHash(source)) return source
  throw new LodestoneError(
    'usage',
    'usage/bad-source',
    `"${source}" is neither an info-hash nor a magnet link.`,
  )
}

async function search(
  node: Lodestone,
  infoHash: string,
  options: PeersOptions,
  context: CommandContext,
): Promise<number> {
  const { output, stop } = context
  await orStopped(node.ready, stop, () => 'no node of the DHT has answered yet')
  const lookup = node.lookup(infoHash, {
    signal: stop,
    scrape: options.scrape,
    explain: options.explain,
    ...(options.announce === undefined ? {} : { announce: options.announce }),
  })
  const walk = async (): Promise<void> => {
    for await (const { host, port } of lookup) {
      output.answer({ event: 'peer', host, port, source: 'dht' }, formatEndpoint({ host, port }))
    }
  }
  await orStopped(walk(), stop, () => 'the look-up is still under way')
  const {
    target,
    queries,
    responses,
    peers,
    ms,
    confidence,
    suspicious,
    scrape,
    walks = [],
  } = await lookup.result
  context.resultCame()
  const ended = walks.length === 0 ? {} : { ended: walks.map((walk) => walk.ended) }
  for (const hop of walks.flatMap(({ hops }) => hops)) output.tell({ event: 'hop', ...hop })
  const asked = `${formatCount(queries, 'query', 'queries')}, ${formatCount(responses, 'answer')}`
  const figures = { target, queries, responses, peers, ms: Math.round(ms) }
  const trust = { ...(confidence === undefined ? {} : { confidence }), suspicious }
  output.answer({ event: 'lookup', ...figures, ...trust, ...scrape, ...ended }, ...walks.flatMap(walkTree))
  if (suspicious) output.log('warn', SUSPICIOUS)
  output.log('info', `${formatCount(peers, 'peer')} found (${asked})`)
  if (scrape !== undefined) output.log('info', scrapeText(scrape))
  if (peers === 0) throw nothingFound(target, responses)
  output.tell({ event: 'done', infoHash: target, peers, seconds: toThousandths(ms / 1000) })
  return 0
}

const SUSPICIOUS =
  'Somebody seems to have put nodes next to this info-hash, so all around it were asked; peers may be missing or false'

function scrapeText({ seeds, downloaders, saturated }: ScrapeSummary): string {
  const about = saturated ? 'at least' : 'about'
  return `${about} ${formatCount(seeds, 'seed')} and ${formatCount(downloaders, 'downloader')}, by what nodes say`
}

function nothingFound(target: string, responses: number): LodestoneError {
  if (responses === 0) return nobodyAnswered()
  return new LodestoneError('timeout', 'swarm/no-peers', `Nobody has announced ${target} in the DHT.`)
}

export const peers: CommandDefinition<PeersOptions, 'source'> = {
  name: 'peers',
  summary: 'look peers up in the DHT',
  positional: { name: 'source', argument: '<source>', text: 'info-hash or magnet link' },
  options: {
    announce: {
      kind: 'value',
      argument: '<port>',
      read: readInteger(1, 65535),
      otherwise: 'does not announce',
      text: 'announce this port as well',
    },
    scrape: { kind: 'flag', text: 'estimate how many seeds and downloaders there are' },
    explain: { kind: 'flag', text: 'show the way of the look-up: whom it heard of, and what became of them' },
    ...NETWORK_OPTIONS,
  },
  run,
}
