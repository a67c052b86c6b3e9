import { readFileSync } from 'node:fs'

export interface DescriptorCaps {
  /** Streams, dialled and accepted together. */
  readonly streams: number
  /** Files held open, over all stores. */
  readonly files: number
}

/** Where the system does not tell; the usual soft limit of macOS. */
const DEFAULT_LIMIT = 256
/** Standard streams, event loop, listeners, UDP sockets, journals, locks, resolver. */
const RESERVED = 64

/** What a process with `limit` descriptors may hold open. */
export function descriptorCaps(limit: number): DescriptorCaps {
  const free = Math.max(limit - RESERVED, 16)
  const files = Math.min(Math.floor(free / 4), 512)
  return { files, streams: Math.min(free - files, 4096) }
}

/** How many descriptors this process may hold. */
export function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    if (line === null) return DEFAULT_LIMIT
    return line[1] === 'unlimited' ? 1_048_576 : Number(line[1])
  } catch {
    return DEFAULT_LIMIT
  }
}
