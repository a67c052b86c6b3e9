import { resolveSwarmOptions, type SwarmOptions } from '../swarm/options.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** What the swarm of a torrent is built with, by the options of session and torrent. */
export function swarmOptions({ options, policies }: TorrentDriverInit): SwarmOptions {
  return resolveSwarmOptions({
    connections: options.maxPeers,
    sequential: options.sequential === true ? 1 : 0,
    superSeed: options.mode === 'seed' && options.superSeed === true ? 1 : 0,
    ...policies?.options,
  })
}
