import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import { LodestoneError } from '../index.ts'
import type { Output } from './output.ts'

const SEED_LENGTH = 32
/** Of a key file, in bytes: more than a key and line ends. */
const LONGEST = 256

/**
 * The seed of the Ed25519 key in the file at `path`: 64 hex digits. Where there is no file, one is made with a new key, for the user
 * alone. Throws a usage error that says what is wrong with what is there.
 */
export async function readKeyFile(path: string, output: Output): Promise<Uint8Array> {
  const text = await contentOf(path)
  if (text === undefined) return await makeKeyFile(path, output)
  if (!/^[0-9a-f]{64}$/i.test(text.trim())) {
    throw badKey(`"${path}" is no key file: it must hold 64 hex digits, the seed of an Ed25519 key.`)
  }
  return Uint8Array.from(Buffer.from(text.trim(), 'hex'))
}

/** Of an ordinary file, and no more of it than a key may take. */
async function contentOf(path: string): Promise<string | undefined> {
  try {
    // Not blocking: a FIFO would wait for its other end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) throw badKey(`The key file "${path}" is no ordinary file.`)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0)
      return buffer.toString('latin1', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof LodestoneError) throw error
    if (codeOf(error) === 'ENOENT') return undefined
    throw badKey(`The key file "${path}" cannot be read (${codeOf(error)}).`)
  }
}

async function makeKeyFile(path: string, output: Output): Promise<Uint8Array> {
  const seed = randomBytes(SEED_LENGTH)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(`${seed.toString('hex')}\n`)
      await file.sync()
    } catch (error) {
      // On a full disk, say: half a key is none.
      await unlink(path)
      throw error
    } finally {
      await file.close()
    }
  } catch (error) {
    throw badKey(`No key file could be made at "${path}" (${codeOf(error)}).`)
  }
  output.log('warn', `${path} did not exist: a new key was made; who loses it cannot change what it has put`)
  return Uint8Array.from(seed)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

function badKey(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-key', message)
}
