import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'
import type { Outside } from './outside.ts'

export const MICROSOCKS_PORT = 1080

/**
 * Starts microsocks outside, which lets in `me` with the password `secret`; resolves once it listens. `names`: the address of each name
 * that it knows besides those of the system.
 */
export async function startMicrosocks(
  lab: Laboratory,
  outside: Outside,
  host: string,
  names: Readonly<Record<string, string>> = {},
): Promise<void> {
  const hosts = join(await lab.room('microsocks'), 'hosts')
  const lines = Object.entries(names).map(([name, address]) => `${address} ${name}\n`)
  await writeFile(hosts, lines.join(''))
  const command = `microsocks -i ${host} -p ${MICROSOCKS_PORT} -u me -P secret`
  // Names are those of its own mount of the file, which nobody else sees.
  const script = `mount --bind "${hosts}" /etc/hosts && exec ${command}`
  outside.start('microsocks', ['unshare', '--mount', '--', 'sh', '-c', script])
  const listens = `until ss -Hltn sport = :${MICROSOCKS_PORT} | grep -q .; do sleep 0.1; done`
  await outside.start('ss', ['sh', '-c', listens]).success(10_000)
}
