import { type Micros, NEVER } from '../../core/time.ts'
import type { Contact } from './contact.ts'
import type { ContactBook, Slot } from './contact-book.ts'

/** How many contacts are good; counting ends at `enough`. */
export function countGood(book: ContactBook, now: Micros, enough: number): number {
  return count(book, enough, (slot) => book.isGood(now, slot))
}

/** How many contacts are good and no guests; counting ends at `enough`. */
export function countReachable(book: ContactBook, now: Micros, enough: number): number {
  return count(book, enough, (slot) => !book.isGuest(slot) && book.isGood(now, slot))
}

/** Good ones, the most recently seen first. */
export function latest(book: ContactBook, now: Micros): Contact[] {
  return inOrder(
    book,
    (slot) => book.isGood(now, slot),
    (a, b) => book.seen(b) - book.seen(a),
  )
}

/** All but bad ones, the most recently seen first. */
export function lasting(book: ContactBook): Contact[] {
  return inOrder(
    book,
    (slot) => !book.isBad(slot),
    (a, b) => book.seen(b) - book.seen(a),
  )
}

/** Those that are not good and not being probed, the least recently seen first. */
export function doubtfuls(book: ContactBook, now: Micros): Contact[] {
  return inOrder(
    book,
    (slot) => !book.isGood(now, slot) && !book.isProbed(slot),
    (a, b) => book.seen(a) - book.seen(b),
  )
}

/** When the first contact becomes doubtful, or did. */
export function nextDoubtful(book: ContactBook): Micros {
  let least = NEVER
  for (let slot = 0; slot < book.size; slot++) least = Math.min(least, book.goodUntil(slot))
  return least
}

/** Of those that are not bad, the one that was seen least recently. */
export function longestSilent(book: ContactBook): Contact | undefined {
  let found: Slot = -1
  for (let slot = 0; slot < book.size; slot++)
    if (!book.isBad(slot) && (found < 0 || book.seen(slot) < book.seen(found))) found = slot
  return found < 0 ? undefined : book.contact(found)
}

function count(book: ContactBook, enough: number, counts: (slot: Slot) => boolean): number {
  let found = 0
  for (let slot = 0; slot < book.size && found < enough; slot++) if (counts(slot)) found += 1
  return found
}

function inOrder(
  book: ContactBook,
  fits: (slot: Slot) => boolean,
  compare: (a: Slot, b: Slot) => number,
): Contact[] {
  const slots: Slot[] = []
  for (let slot = 0; slot < book.size; slot++) if (fits(slot)) slots.push(slot)
  return slots.sort(compare).map((slot) => book.contact(slot))
}
