/** The ten lines of the README. */
import { type OpenOptions, open } from '../../src/index.ts'

export async function download(magnet: string, out: string, options: OpenOptions = {}): Promise<string> {
  const node = await open(options)
  try {
    const torrent = node.add(magnet, { out })
    const { name, length } = await torrent.metadata
    console.log(`${name}: ${length} bytes`)
    const { path, seconds } = await torrent.done
    console.log(`Whole after ${seconds} s, in ${path}`)
    return path
  } finally {
    await node.close()
  }
}
