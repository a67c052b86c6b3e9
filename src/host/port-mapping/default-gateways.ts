import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { addressFromBytes, parseAddress } from '../../core/address.ts'

/** A machine with more has tunnels and bridges. */
const MOST = 4
const GATEWAY_FLAG = 2

/**
 * Where IPv4 leaves this machine: as Linux tells it, else the first address of each private network that it is in, which it mostly is, since
 * other systems tell it to native code alone.
 */
export async function defaultGateways(): Promise<string[]> {
  const table = await readFile('/proc/net/route', 'latin1').catch(() => undefined)
  return (table === undefined ? firstAddresses() : gatewaysOf(table)).slice(0, MOST)
}

/** Those of the default routes, in a table as of `/proc/net/route`: numbers are hexadecimal, in the machine's order of bytes. */
export function gatewaysOf(table: string): string[] {
  const found = new Set<string>()
  for (const line of table.split('\n').slice(1)) {
    const [, destination, gateway = '', flags = ''] = line.trim().split(/\s+/)
    if (destination !== '00000000' || !/^[0-9A-Fa-f]{8}$/.test(gateway)) continue
    if ((Number.parseInt(flags, 16) & GATEWAY_FLAG) === 0) continue
    const bytes = new Uint8Array(Uint32Array.of(Number.parseInt(gateway, 16)).buffer)
    found.add(addressFromBytes(bytes, 0, 4, 1).host)
  }
  return [...found]
}

function firstAddresses(): string[] {
  const found = new Set<string>()
  for (const { address, netmask, family, internal } of Object.values(networkInterfaces()).flatMap(
    (all) => all ?? [],
  )) {
    const own = parseAddress(address, 1)
    const mask = parseAddress(netmask, 1)
    if (internal || family !== 'IPv4' || own?.scope !== 'private' || mask === undefined) continue
    const first = own.bytes.map((byte, i) => byte & mask.bytes[i]!)
    first[3]! |= 1
    found.add(addressFromBytes(first, 0, 4, 1).host)
  }
  return [...found]
}
