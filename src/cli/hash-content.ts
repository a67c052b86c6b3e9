import { basename, resolve } from 'node:path'
import type { CreatedTorrent, CreateTorrentOptions } from '../index.ts'
import type { CommandContext } from './command.ts'
import type { Status } from './output.ts'
import { orStopped } from './stopping.ts'

export interface HashedContent extends CreatedTorrent {
  readonly seconds: number
}

/** Milliseconds between two drawings of the bar. */
const PACE = 250

/** Makes the torrent of what is at `path`, showing how far the hashing is. */
export async function hashContent(
  path: string,
  options: CreateTorrentOptions,
  { output, stop, every, now, library }: CommandContext,
): Promise<HashedContent> {
  const start = now()
  const title = basename(resolve(path))
  let verified = 0
  let total: number | null = null
  const look = (): void => output.status({ ...IDLE, title, verified, total })
  const still = every(PACE, look)
  const onProgress = (done: number, all: number): void => {
    verified = done
    total = all
  }
  try {
    const created = await orStopped(
      library.createTorrent(path, { ...options, onProgress, signal: stop }),
      stop,
      () => 'the content is still being hashed',
    )
    return { ...created, seconds: (now() - start) / 1000 }
  } finally {
    still()
  }
}

const IDLE: Omit<Status, 'title' | 'verified' | 'total'> = {
  phase: 'hashing',
  why: '',
  down: 0,
  up: 0,
  peers: 0,
  encrypted: 0,
  utp: 0,
  punched: 0,
  uploaded: 0,
  checked: 0,
}
