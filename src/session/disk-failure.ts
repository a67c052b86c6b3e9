import type { Failure } from './ports.ts'

/**
 * Whether it ends the torrent, its resume data kept: the medium fails (EIO, where trying again does more harm), or a file was taken
 * away or has something else in its place, which is not made again; the next start finds out what is missing. What may pass (a full
 * disk, rights) is waited for.
 */
export function endsTorrent({ code }: Failure): boolean {
  return code === 'storage/io' || code === 'storage/missing' || code === 'storage/unsafe-path'
}
