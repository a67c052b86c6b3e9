/** One exact number for a place inside a torrent: fewer than 2^23 pieces (the longest frame), none of 1 GiB or more. */
export function blockKey(piece: number, begin: number): number {
  return piece * 0x4000_0000 + begin
}
