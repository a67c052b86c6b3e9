/** Of files of a whole download that are longer than the torrent says, by path. */
export function surplusSentence([first, ...more]: readonly string[]): string {
  return more.length === 0
    ? `${first} is longer than the torrent says; --overwrite cuts it.`
    : `${first} and ${more.length} more are longer than the torrent says; --overwrite cuts them.`
}
