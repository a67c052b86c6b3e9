import { fileURLToPath } from 'node:url'
import type { Laboratory } from '../../support/laboratory.ts'
import { libtorrentPython } from '../../support/libtorrent.ts'
import type { Program } from '../../support/program.ts'
import type { Client, Seat } from './client.ts'

const SCRIPT = fileURLToPath(new URL('./libtorrent-transfer.py', import.meta.url))

function start(lab: Laboratory, role: 'download' | 'seed', source: string, seat: Seat): Program {
  const { host, port, entry, folder, encrypted } = seat
  const place = [host, String(port), ...entry.split(':'), ...(encrypted ? ['encrypted'] : [])]
  const command = [libtorrentPython() ?? 'python3', '-W', 'ignore', SCRIPT, role, source, folder, ...place]
  return lab.start(`libtorrent (${role})`, command)
}

/** libtorrent-rasterbar with the settings that are its best here (`libtorrent-transfer.py`). */
export const libtorrent: Client = {
  name: 'libtorrent',
  signs: {
    peer: (line) => line === 'peer',
    metadata: (line) => line === 'metadata',
    done: (line) => line === 'done',
  },
  download: (lab, magnet, seat) => start(lab, 'download', magnet, seat),
  seed: (lab, torrent, seat) => start(lab, 'seed', torrent, seat),
}
