import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

const MIB = 1024 * 1024

/** Name of the folder that is shared. */
export const CONTENT_NAME = 'Ünïcode & spaces – 音楽'

export const CONTENT_PIECE_LENGTH: number = 256 * 1024

/** More than 64 MiB in files of every kind that matters: empty, smaller than a piece, unaligned, nested, with spaces and other letters. */
const FILES: readonly (readonly [path: string, length: number])[] = [
  ['empty file', 0],
  ['read me first.txt', 1_234],
  ['Größe/привет, мир.bin', 40 * MIB + 12_345],
  ['Größe/sub folder/日本語 ファイル.dat', 20 * MIB - 1],
  ['z end/naïve café.bin', 6 * MIB + 7],
]

/** Writes the content below `parent` and returns its folder. The bytes are the same each time, and no two pieces are alike. */
export async function writeContent(parent: string): Promise<string> {
  const root = join(parent, CONTENT_NAME)
  for (const [path, length] of FILES) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeNoise(join(root, path), length)
  }
  return root
}

/** Writes `length` bytes without a pattern; the same for the same name and length. */
export async function writeNoise(file: string, length: number): Promise<void> {
  let state = 0x9e3779b9 ^ length
  const words = new Uint32Array(MIB / 4)
  const handle = await open(file, 'w')
  try {
    for (let written = 0; written < length; written += MIB) {
      for (let i = 0; i < words.length; i++) {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        words[i] = state
      }
      await handle.write(new Uint8Array(words.buffer, 0, Math.min(MIB, length - written)))
    }
  } finally {
    await handle.close()
  }
}

/** The files below `root`: path to length and SHA-256. Folders without files do not count. */
export async function fingerprint(root: string): Promise<Map<string, string>> {
  const prints = new Map<string, string>()
  if ((await stat(root)).isFile()) return prints.set('', await fileprint(root))
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    prints.set(relative(root, path).normalize('NFC'), await fileprint(path))
  }
  return new Map([...prints].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function fileprint(path: string): Promise<string> {
  const bytes = await readFile(path)
  return `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`
}
