/** The servers that a torrent file names: trackers (BEP 3, BEP 12) and web seeds (BEP 19). */
import { decodeUtf8 } from '../core/utf8.ts'
import type { BencodeValue } from './bencode.ts'
import type { DictFields } from './dict-fields.ts'
import { addWebSeed, trackerTiers } from './trackers.ts'

/** `announce` counts where there is no list (BEP 12). */
export function readTrackers(fields: DictFields): string[][] {
  const list = fields.value('announce-list')
  const tiers = trackerTiers((Array.isArray(list) ? list : []).map(textsOf))
  return tiers.length > 0 ? tiers : trackerTiers([textsOf(fields.value('announce'))])
}

/** One, or a list (BEP 19). */
export function readWebSeeds(fields: DictFields): string[] {
  const seeds: string[] = []
  for (const url of textsOf(fields.value('url-list'))) addWebSeed(seeds, url)
  return seeds
}

/** The strings of a list; one that stands alone is taken for a list of it. */
function textsOf(value: BencodeValue | undefined): string[] {
  const texts = Array.isArray(value) ? value : [value]
  return texts.flatMap((text) => (text instanceof Uint8Array ? [decodeUtf8(text)] : []))
}
