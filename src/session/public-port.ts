import type { TorrentDriverInit } from './torrent-driver-init.ts'

/**
 * The port under which others find us: the gateway's, where it hands on what comes there; else that whence all see our packets come,
 * where peers may come by uTP: behind a translator that keeps no ports it is the only one that leads to us, if any does; else our own.
 * `undefined`: we take no peers.
 */
export function publicPort(
  { dht, mapped, port, session }: Pick<TorrentDriverInit, 'dht' | 'mapped' | 'port' | 'session'>,
  family: 4 | 6,
): number | undefined {
  if (!session.listen || port === undefined) return undefined
  const handedOn = family === 4 ? mapped()?.tcp : undefined
  if (handedOn !== undefined || session.transport === 'tcp') return handedOn ?? port
  return dht?.external.find((address) => address.family === family)?.port || port
}
