/** Of files that lie in the way of the torrent `name` in the folder `out`, by path. */
export function foreignSentence(name: string, out: string, [first, ...more]: readonly string[]): string {
  const [which, it] = more.length === 0 ? [first, 'it'] : [`${first} and ${more.length} more`, 'them']
  return `Something else lies under the names of ${name} in ${out}: ${which}; give another --out, or --overwrite to replace ${it}.`
}

/** Of files that an older version wrote and somebody has changed. */
export function editedSentence(name: string, out: string, [first, ...more]: readonly string[]): string {
  const [which, it] =
    more.length === 0 ? [`${first} was`, 'it'] : [`${first} and ${more.length} more were`, 'them']
  return `In ${out} ${which} changed since an older version of ${name} wrote ${it}; put ${it} elsewhere, or give --overwrite to replace ${it}.`
}
