import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

export interface Aria2Options {
  /** Local address of its own. */
  readonly host: string
  /** TCP port for peers, UDP port for the DHT. */
  readonly port: number
  /** `host:port` of a DHT node. */
  readonly entry: string
  /** Folder with the content, or for it. */
  readonly folder: string
  /** Where it keeps its DHT table. */
  readonly state: string
}

/** aria2, with the DHT as its only source of peers unless `further` says otherwise. */
function aria2Command(source: string, options: Aria2Options, further: readonly string[] = []): string[] {
  return [
    'aria2c',
    '--no-conf=true',
    `--dir=${options.folder}`,
    `--interface=${options.host}`,
    `--listen-port=${options.port}`,
    `--dht-listen-port=${options.port}`,
    ...(options.host.includes(':') ? dht6(options) : dht4(options)),
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--file-allocation=none',
    '--summary-interval=0',
    '--show-console-readout=false',
    '--console-log-level=notice',
    '--enable-color=false',
    ...further,
    source,
  ]
}

function dht4({ entry, state }: Aria2Options): string[] {
  return [
    ...['--enable-dht=true', '--enable-dht6=false', `--dht-entry-point=${entry}`],
    `--dht-file-path=${state}/aria2-dht.dat`,
  ]
}

/** It has one DHT of each family or none; without an entry point that of IPv4 stays alone. */
function dht6({ host, entry, state }: Aria2Options): string[] {
  return [
    ...[
      '--enable-dht=false',
      '--enable-dht6=true',
      `--dht-listen-addr6=${host}`,
      `--dht-entry-point6=${entry}`,
    ],
    `--dht-file-path6=${state}/aria2-dht6.dat`,
  ]
}

/** Seeds what is in `folder` until stopped. */
export function aria2Seeder(
  lab: Laboratory,
  torrent: string,
  options: Aria2Options,
  further: readonly string[] = [],
): Program {
  const seeding = ['--seed-ratio=0.0', '--check-integrity=true', '--bt-hash-check-seed=true']
  return lab.start('aria2 (seeder)', aria2Command(torrent, options, [...seeding, ...further]))
}

/** Downloads into `folder` and leaves when complete. */
export function aria2Downloader(
  lab: Laboratory,
  magnet: string,
  options: Aria2Options,
  further: readonly string[] = [],
): Program {
  return lab.start('aria2 (downloader)', aria2Command(magnet, options, ['--seed-time=0', ...further]))
}
