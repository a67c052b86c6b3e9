import { fileURLToPath } from 'node:url'
import type { Laboratory } from '../../support/laboratory.ts'
import { OUR_COMMAND } from '../../support/lodestone.ts'
import type { Program } from '../../support/program.ts'
import type { Client, Seat } from './client.ts'

/** Has a program on Node.js say at its end how late its event loop was; `trial.ts` reads it. */
export const LOOP_DELAY: string = fileURLToPath(new URL('./loop-delay.mjs', import.meta.url))

const event =
  (name: string) =>
  (line: string): boolean =>
    line.startsWith(`{"event":"${name}"`)

function start(lab: Laboratory, name: string, args: readonly string[], seat: Seat): Program {
  const { host, port, entry, folder, state, encrypted } = seat
  const network = ['--bind', host, '--port', String(port), '--bootstrap', entry, '--state', state]
  const encryption = encrypted ? ['--encryption', 'require'] : []
  const common = ['--out', folder, '--no-lsd', '--json', ...network, ...encryption]
  return lab.start(name, [process.execPath, '--import', LOOP_DELAY, OUR_COMMAND, ...args, ...common])
}

/** The built command, as a user starts it. */
export const ours: Client = {
  name: 'ours',
  signs: { peer: event('peer'), metadata: event('metadata'), done: event('done') },
  download: (lab, magnet, seat) => start(lab, 'lodestone', ['download', magnet], seat),
  seed: (lab, torrent, seat) => start(lab, 'lodestone (seeder)', ['seed', torrent], seat),
}
