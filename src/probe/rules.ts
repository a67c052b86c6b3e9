import { ANNOUNCE_RULES } from './announce-rules.ts'
import { ARGUMENT_RULES } from './argument-rules.ts'
import { DATAGRAM_RULES } from './datagram-rules.ts'
import { FAMILY_RULES } from './family-rules.ts'
import { ITEM_RULES } from './item-rules.ts'
import { ITEM_VERSION_RULES } from './item-version-rules.ts'
import { QUERY_RULES } from './query-rules.ts'
import type { Rule } from './rule.ts'
import { SAMPLE_RULES } from './sample-rules.ts'
import { SCRAPE_RULES } from './scrape-rules.ts'
import { SENDER_RULES } from './sender-rules.ts'

/** Every rule that one exchange or a few can show, in the order of the list. */
export const RULES: readonly Rule[] = [
  ...QUERY_RULES,
  ...ANNOUNCE_RULES,
  ...ARGUMENT_RULES,
  ...DATAGRAM_RULES,
  ...FAMILY_RULES,
  ...SCRAPE_RULES,
  ...SENDER_RULES,
  ...ITEM_RULES,
  ...ITEM_VERSION_RULES,
  ...SAMPLE_RULES,
]
