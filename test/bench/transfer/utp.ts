import { mkdir } from 'node:fs/promises'
import { libtorrentPython } from '../../support/libtorrent.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import type { Client } from './client.ts'
import { libtorrentOver } from './libtorrent.ts'
import { oursOver } from './ours.ts'
import { table } from './table.ts'
import { type Measurement, prepare, trial } from './trial.ts'

/** `npm run bench -- utp`: the same download over uTP alone, ours and libtorrent's from their own kind and from each other. */
export async function benchUtp(length: number, pieceLength: string, runs: number): Promise<void> {
  await inTempFolder(async (folder) => {
    const content = `${folder}/content`
    await mkdir(content)
    const material = await prepare(content, length, pieceLength, false)
    const rounds: Map<string, Measurement>[] = []
    for (let round = 0; round < runs; round++) {
      const measured = new Map<string, Measurement>()
      for (const [name, downloader, seeder] of pairs()) {
        const one = await trial(downloader, seeder, 'downloader', material)
        console.log(`  ${name}: ${one.rate.toFixed(0)} MB/s, ${one.stolen.toFixed(1)} % stolen`)
        measured.set(name, one)
      }
      rounds.push(measured)
    }
    console.log(`\ndownloads over uTP alone, ${(length / 1024 ** 2).toFixed(0)} MiB; ${runs} rounds`)
    console.log(table(rounds, length))
  })
}

function pairs(): (readonly [name: string, downloader: Client, seeder: Client])[] {
  const ours = oursOver('utp')
  if (libtorrentPython() === undefined) return [['ours', ours, ours]]
  const theirs = libtorrentOver('utp')
  return [
    ['ours', ours, ours],
    ['libtorrent', theirs, theirs],
    ['ours from libtorrent', ours, theirs],
    ['libtorrent from ours', theirs, ours],
  ]
}
