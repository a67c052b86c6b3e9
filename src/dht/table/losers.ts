import { isCompliant } from '../../core/node-id.ts'
import { type Micros, NEVER } from '../../core/time.ts'
import type { Contact } from './contact.ts'
import type { ContactBook, Slot } from './contact-book.ts'

/** Longer than any node runs. */
const UNFIT: Micros = 2 ** 52

/**
 * Of the contacts at `slots`: the questionable one, not being probed, that was seen least recently (BEP 5), of those whose id does
 * not fit their IP if there are any (BEP 42); -1 when there is none.
 */
export function mostDoubtful(book: ContactBook, now: Micros, slots: readonly Slot[]): Slot {
  return least(slots, (slot) => {
    if (!book.isQuestionable(now, slot)) return NEVER
    return book.seen(slot) - (fits(book.contact(slot)) ? 0 : UNFIT)
  })
}

/**
 * Of the contacts at `slots`: the slowest, where its answers take longer than `bound`; -1 when none do, or when `bound` is 0. For a
 * newcomer whose id does not fit its IP none goes that does (BEP 42).
 */
export function slowest(book: ContactBook, slots: readonly Slot[], newcomer: Contact, bound: Micros): Slot {
  if (bound === 0) return -1
  const mayTakeAny = fits(newcomer)
  return least(slots, (slot) => {
    const time = book.roundTrip(slot)
    return time > bound && (mayTakeAny || !fits(book.contact(slot))) ? -time : NEVER
  })
}

/** The one with the least rank, those of rank `NEVER` left out; -1 when there is none. */
function least(slots: readonly Slot[], rank: (slot: Slot) => number): Slot {
  let smallest = NEVER
  let found: Slot = -1
  for (const slot of slots) {
    const own = rank(slot)
    if (own < smallest) [smallest, found] = [own, slot]
  }
  return found
}

function fits({ id, address }: Contact): boolean {
  return isCompliant(id, address)
}
