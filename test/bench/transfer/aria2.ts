import { aria2Downloader, aria2Seeder } from '../../support/aria2.ts'
import type { Client } from './client.ts'

/** The same words tell of the metadata's end and of the content's. */
const COMPLETE = 'Download complete:'

export const aria2: Client = {
  name: 'aria2',
  signs: {
    metadata: (line) => line.includes(COMPLETE) && line.includes('[METADATA]'),
    done: (line) => line.includes(COMPLETE) && !line.includes('[METADATA]'),
  },
  download: (lab, magnet, seat) => aria2Downloader(lab, magnet, seat, ['--bt-max-peers=0']),
  seed: (lab, torrent, seat) => aria2Seeder(lab, torrent, seat, ['--bt-max-peers=0']),
}
