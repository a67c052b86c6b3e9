import { execFileSync } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from '../../support/laboratory.ts'
import type { Program } from '../../support/program.ts'
import type { Client, Seat } from './client.ts'
import { LOOP_DELAY } from './ours.ts'

const WORD =
  (word: string) =>
  (line: string): boolean =>
    line === word

/**
 * WebTorrent, installed below `folder` from the registry: it brings 130 packages that nothing else here needs. Throws when that
 * cannot be done.
 */
export async function webtorrent(folder: string): Promise<Client> {
  const room = join(folder, 'webtorrent')
  await cp(join(import.meta.dirname, 'webtorrent'), room, { recursive: true })
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--no-package-lock']
  execFileSync('npm', ['install', ...options], { cwd: room, stdio: ['ignore', 'ignore', 'pipe'] })

  const start = (lab: Laboratory, role: 'download' | 'seed', source: string, seat: Seat): Program => {
    const script = [join(room, 'transfer.mjs'), role, source, seat.folder, String(seat.port)]
    const command = [process.execPath, '--import', LOOP_DELAY, ...script, ...seat.entry.split(':')]
    return lab.start(`webtorrent (${role})`, command)
  }
  return {
    name: 'webtorrent',
    signs: { peer: WORD('peer'), metadata: WORD('metadata'), done: WORD('done') },
    download: (lab, magnet, seat) => start(lab, 'download', magnet, seat),
    seed: (lab, torrent, seat) => start(lab, 'seed', torrent, seat),
  }
}
