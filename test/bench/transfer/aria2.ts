import { aria2Downloader, aria2Seeder } from '../../support/aria2.ts'
import type { Client, Seat } from './client.ts'

/** The same words tell of the metadata's end and of the content's. */
const COMPLETE = 'Download complete:'

const settings = ({ encrypted }: Seat): string[] => [
  '--bt-max-peers=0',
  ...(encrypted ? ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] : []),
]

export const aria2: Client = {
  name: 'aria2',
  signs: {
    metadata: (line) => line.includes(COMPLETE) && line.includes('[METADATA]'),
    done: (line) => line.includes(COMPLETE) && !line.includes('[METADATA]'),
  },
  download: (lab, magnet, seat) => aria2Downloader(lab, magnet, seat, settings(seat)),
  seed: (lab, torrent, seat) => aria2Seeder(lab, torrent, seat, settings(seat)),
}
