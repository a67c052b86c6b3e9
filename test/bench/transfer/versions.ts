import { mkdir } from 'node:fs/promises'
import { libtorrentPython } from '../../support/libtorrent.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { libtorrent } from './libtorrent.ts'
import { ours } from './ours.ts'
import { table } from './table.ts'
import { type Material, type Measurement, prepare, torrentOf, trial } from './trial.ts'

const VERSIONS: readonly (readonly [name: string, options: readonly string[]])[] = [
  ['v1', []],
  ['v2', ['--v2']],
  ['hybrid', ['--hybrid']],
]

/** `npm run bench -- versions`: the same content from our own seeder, as a torrent of version 1, of version 2 (BEP 52), and of both; libtorrent beside us. */
export async function benchVersions(length: number, pieceLength: string, runs: number): Promise<void> {
  await inTempFolder(async (folder) => {
    const content = `${folder}/content`
    await mkdir(content)
    const material = await prepare(content, length, pieceLength, false)
    const trials: (readonly [name: string, client: typeof ours, material: Material])[] = []
    for (const client of libtorrentPython() === undefined ? [ours] : [ours, libtorrent])
      for (const [name, options] of VERSIONS) {
        const torrent = await torrentOf(content, name, ['--piece-length', pieceLength, ...options])
        trials.push([`${client.name}, ${name}`, client, { ...material, ...torrent }])
      }
    const rounds: Map<string, Measurement>[] = []
    for (let round = 0; round < runs; round++) {
      const measured = new Map<string, Measurement>()
      for (const [name, client, material] of trials) {
        const one = await trial(client, ours, 'downloader', material)
        console.log(
          `  ${name}: ${one.rate.toFixed(0)} MB/s, ${one.cpuSeconds.toFixed(2)} s CPU, ${one.stolen.toFixed(1)} % stolen`,
        )
        measured.set(name, one)
      }
      rounds.push(measured)
    }
    const gib = (length / 1024 ** 3).toFixed(2)
    console.log(`\ndownloads of ${gib} GiB in pieces of ${pieceLength} from a seeder of ours; ${runs} rounds`)
    for (const subject of new Set(trials.map(([, client]) => client.name)))
      console.log(`\nratios of ${subject}, v2\n${table(rounds, length, `${subject}, v2`)}`)
  })
}
