import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { LodestoneError } from '../index.ts'
import type { Output } from './output.ts'

const SEED_LENGTH = 32

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

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw badKey(`The key file "${path}" cannot be read (${codeOf(error)}).`)
  }
}

async function makeKeyFile(path: string, output: Output): Promise<Uint8Array> {
  const seed = randomBytes(SEED_LENGTH)
  try {
    await writeFile(path, `${seed.toString('hex')}\n`, { flag: 'wx', mode: 0o600, flush: true })
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
