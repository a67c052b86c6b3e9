import type { Failure } from './ports.ts'

export function inconsistentTorrent(piece: number): Failure {
  const message = `The torrent contradicts itself: its hash of piece ${piece} fits no zeros where it says that padding is; get another one.`
  return { code: 'torrent/inconsistent', message }
}
