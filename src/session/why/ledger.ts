import { type Micros, SECOND } from '../../core/time.ts'
import type { Facts } from './facts.ts'
import type { Finding, Spent } from './finding.ts'
import { FINDINGS, type FindingCode, type FindingRow } from './finding-table.ts'

/** Findings are of the last this long. */
const WINDOW = 10 * SECOND

type Shares = ReadonlyMap<FindingCode, number>

interface Entry {
  readonly span: Micros
  readonly shares: Shares
}

/** Where a torrent's time went: books each span, ranks what took most of the last ten seconds, and keeps the sums. */
export class Ledger {
  /** The newest last. */
  readonly #entries: Entry[] = []
  readonly #spent = new Map<FindingCode, Micros>()
  #facts: Facts | undefined

  /** `span`: since the look before, at least 1. */
  book(span: Micros, facts: Facts): void {
    const shares = sharesOf(facts, this.#facts)
    this.#facts = facts
    for (const [code, share] of shares) this.#spent.set(code, (this.#spent.get(code) ?? 0) + share * span)
    this.#entries.push({ span, shares })
    let length = this.#entries.reduce((sum, entry) => sum + entry.span, 0)
    while (length - this.#entries[0]!.span >= WINDOW) length -= this.#entries.shift()!.span
  }

  /** What took time, most of it first, then what is worth knowing; ties in the order of the table. */
  get findings(): Finding[] {
    const facts = this.#facts
    if (facts === undefined) return []
    const length = this.#entries.reduce((sum, { span }) => sum + span, 0)
    const told = FINDINGS.flatMap((row) => {
      const booked = this.#entries.reduce(
        (sum, { span, shares }) => sum + (shares.get(row.code) ?? 0) * span,
        0,
      )
      return booked > 0 || row.alsoTold?.(facts) === true ? [finding(row, facts, booked, length)] : []
    })
    return told.sort((a, b) => b.share - a.share)
  }

  get spent(): Spent {
    const spent = [...this.#spent].map(([code, micros]) => ({ code, seconds: micros / SECOND }))
    return spent.sort((a, b) => b.seconds - a.seconds)
  }
}

/** The parts of a second, 1 in all. */
function sharesOf(facts: Facts, before: Facts | undefined): Shares {
  const shares = new Map<FindingCode, number>()
  let left = 1
  for (const row of FINDINGS) {
    const share = left * row.takes(facts, before)
    if (share === 0) continue
    shares.set(row.code, share)
    left -= share
    if (left <= 0) break
  }
  return shares
}

function finding(
  { code, phrase, advice, evidence }: FindingRow,
  facts: Facts,
  booked: Micros,
  length: Micros,
): Finding {
  const what = typeof phrase === 'string' ? phrase : phrase(facts)
  const figures = { seconds: booked / SECOND, window: length / SECOND, ...evidence(facts) }
  const known = Object.entries(figures).filter(([, figure]) => figure !== undefined)
  return {
    code,
    share: Math.min(1, booked / length),
    phrase: what,
    message: sentence(what, typeof advice === 'string' ? advice : advice(facts)),
    evidence: Object.fromEntries(known) as Record<string, number>,
  }
}

/** What the disk says is a sentence already. */
function sentence(phrase: string, advice: string): string {
  const [first = '', ...rest] = phrase.replace(/\.$/, '')
  return `${first.toUpperCase()}${rest.join('')}; ${advice}.`
}
