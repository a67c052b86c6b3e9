import type { Failure } from './ports.ts'

/** `by`: what of it contradicts the hash of a piece, its padding or the hash of the other version. */
export function inconsistentTorrent(piece: number, by: 'padding' | 'versions'): Failure {
  const what =
    by === 'padding'
      ? `its hash of piece ${piece} fits no zeros where it says that padding is`
      : `its hashes of version 1 and of version 2 are of different bytes in piece ${piece}`
  const message = `The torrent contradicts itself: ${what}; get another one.`
  return { code: 'torrent/inconsistent', message }
}
