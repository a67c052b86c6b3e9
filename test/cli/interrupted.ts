/** What tests look at that end a download by force. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { open as openFile } from 'node:fs/promises'
import type { Metainfo, Torrent } from '../../src/index.ts'
import type { Program } from '../support/program.ts'

/** Looks at the seeder, five milliseconds apart, before a download counts as stuck. */
const MOST_TURNS = 12_000

/** How many pieces of the unfinished file are right. */
export async function piecesOnDisk(path: string, { info }: Metainfo): Promise<number> {
  const file = await openFile(path, 'r').catch(() => undefined)
  if (file === undefined) return 0
  let right = 0
  const buffer = Buffer.alloc(info.pieceLength)
  for (let piece = 0; 20 * piece < info.pieces!.length; piece++) {
    const { bytesRead } = await file.read(buffer, 0, info.pieceLength, piece * info.pieceLength)
    const digest = createHash('sha1').update(buffer.subarray(0, bytesRead)).digest()
    if (digest.equals(info.pieces!.subarray(20 * piece, 20 * piece + 20))) right += 1
  }
  await file.close()
  return right
}

/** Waits until the seeder has sent `bytes`. */
export async function uploaded(seed: Torrent, bytes: number, download: Program): Promise<void> {
  for (let turn = 0; seed.progress().uploaded < bytes; turn++) {
    assert.ok(turn < MOST_TURNS, `the download stands still\n${download.report()}`)
    assert.ok(download.running, `the download ended before it was to be killed\n${download.report()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
