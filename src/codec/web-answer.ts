/** What the head of a web server's answer means (RFC 9110), as far as byte ranges go. */

export interface WebRange {
  readonly begin: number
  readonly end: number
  /** Of the whole file; `undefined`: it does not say. */
  readonly total: number | undefined
}

const RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i

/** `Content-Range`; `undefined` for what is none. */
export function parseContentRange(text: string): WebRange | undefined {
  const [, first, last, total] = RANGE.exec(text.trim()) ?? []
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined
  return { begin: Number(first), end: Number(last) + 1, total: total === '*' ? undefined : Number(total) }
}

/** `Retry-After` in seconds; `undefined` when it is a date, which would take a clock that both sides agree on, or nothing. */
export function parseRetryAfter(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}
