/** Words of 32 bits of a filter of hosts, a bit each: most strangers are told from contacts by it, without a look at all contacts. */
export const FILTER_WORDS = 64

/** Whether no contact is at `host`, the number that stands for an IP; false: one may be. */
export function isStranger(filter: Int32Array, host: number): boolean {
  return (filter[wordOf(host)]! & bitOf(host)) === 0
}

export function noteHost(filter: Int32Array, host: number): void {
  filter[wordOf(host)]! |= bitOf(host)
}

function wordOf(host: number): number {
  return Math.imul(host, 0x9e3779b1) >>> 26
}

function bitOf(host: number): number {
  return 1 << ((Math.imul(host, 0x9e3779b1) >>> 21) & 31)
}
