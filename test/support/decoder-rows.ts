import type { Case, Expectation, Rule } from '../../src/probe/rule.ts'
import { RULES } from '../../src/probe/rules.ts'
import { ALL_SEEN } from './probe-places.ts'

/** A row whose datagrams stand for themselves, and what each of them must be for the decoder. */
export interface DecoderRow {
  readonly id: string
  readonly title: string
  readonly sends: readonly string[]
  readonly expected: Expectation['outcome']
}

/** Rows that another part decides: the token, the store, the node that knows its own id. */
const ELSEWALL_SEEN = ['1.06', '1.08', '1.21', '1.32', '1.34', '2.27', '7.01']

/** The rows that the bytes of one datagram decide. */
export function decoderRows(): DecoderRow[] {
  return RULES.flatMap((rule) => {
    const row = ELSEWALL_SEEN.includes(rule.id) ? undefined : rowOf(rule)
    return row === undefined ? [] : [row]
  })
}

function rowOf({ id, title, cases, obstacle }: Rule): DecoderRow | undefined {
  if (obstacle?.(ALL_SEEN) !== undefined) return undefined
  const all: readonly Case[] = typeof cases === 'function' ? cases(ALL_SEEN) : cases
  const steps = all.flat()
  const sends = steps.flatMap(({ send }) => (typeof send === 'string' ? [send] : []))
  const [expected, ...others] = new Set(steps.map(({ expect }) => expect.outcome))
  if (steps.some(({ keep }) => keep !== undefined) || sends.length < steps.length) return undefined
  return expected === undefined || others.length > 0 ? undefined : { id, title, sends, expected }
}
