import type { Client, Seat } from './client.ts'

/**
 * Any other client, given as a command of words between blanks, with `{source}`, `{folder}`, `{state}`, `{host}`, `{port}` and `{entry}` (`host:port` of
 * a DHT node) in it. It is done when it leaves: as a downloader it gets a magnet link as its source, as a seeder a `.torrent` file.
 */
export function given(command: string): Client {
  const words = command.split(/\s+/).filter((word) => word !== '')
  const filled = (source: string, seat: Seat): string[] => {
    const values: Readonly<Record<string, unknown>> = { source, ...seat }
    return words.map((word) => word.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)))
  }
  const name = words[0] ?? ''
  return {
    name,
    signs: { done: () => false },
    download: (lab, magnet, seat) => lab.start(name, filled(magnet, seat)),
    seed: (lab, torrent, seat) => lab.start(`${name} (seeder)`, filled(torrent, seat)),
  }
}
