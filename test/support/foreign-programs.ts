import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { libtorrentPython } from './libtorrent.ts'
import { PrivateNetwork } from './private-network.ts'

/** Program to the Debian package that brings it. */
const PACKAGES: Readonly<Record<string, string>> = {
  aria2c: 'aria2',
  ip: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'transmission-create': 'transmission-cli',
  'transmission-daemon': 'transmission-daemon',
  'transmission-remote': 'transmission-cli',
  'transmission-show': 'transmission-cli',
  unshare: 'util-linux',
}

/**
 * For the `skip` of a test that needs the foreign programs: why they cannot run here, or `false`. Where continuous
 * integration runs, it is always `false`: there a test that cannot run has failed.
 */
export const skipForeign: string | false = process.env['CI'] === 'true' ? false : (obstacle()?.what ?? false)

/** For the `skip` of a test that needs more programs than these. */
export function skipWithout(
  ...programs: (
    | 'aria2c'
    | 'rtorrent'
    | 'libtorrent'
    | 'nginx'
    | 'openssl'
    | 'opentracker'
    | 'microsocks'
    | 'miniupnpd'
    | 'nft'
  )[]
): string | false {
  if (process.env['CI'] === 'true') return false
  if (skipForeign !== false) return skipForeign
  const missing = programs.filter((program) => !isThere(program))
  return missing.length === 0 ? false : `want of ${missing.join(', ')}`
}

function isThere(program: string): boolean {
  return program === 'libtorrent' ? libtorrentPython() !== undefined : placeOf(program) !== undefined
}

/** For the `skip` of a test that needs a browser, likewise. */
export const skipBrowser: string | false =
  process.env['CI'] === 'true' || placeOf('chromium') !== undefined ? false : 'want of chromium'

/** For the `skip` of a test that needs a Redis server, likewise. */
export const skipRedis: string | false =
  process.env['CI'] === 'true' || placeOf('redis-server') !== undefined ? false : 'want of redis-server'

/** Lines that say which tests will be left out, and how to get them. */
export function leftOut(): string[] {
  const lines: string[] = []
  const found = obstacle()
  if (found !== undefined) {
    lines.push(
      `Left out: the interoperation with aria2 and Transmission (test/interop), for ${found.what}. ${found.remedy}`,
    )
  }
  const servers = ['nginx', 'openssl', 'opentracker'].filter((program) => !isThere(program))
  if (servers.length > 0) {
    lines.push(
      `Left out: web seeds and trackers of ${servers.join(' and ')} (test/interop), for want of them. To have them: sudo apt-get install nginx-light openssl opentracker`,
    )
  }
  const nodes = ['rtorrent', 'libtorrent'].filter((program) => !isThere(program))
  if (nodes.length > 0) {
    lines.push(
      `Left out: peers and DHT nodes of ${nodes.join(' and ')} (test/interop), for want of them. To have them: sudo apt-get install rtorrent python3-libtorrent`,
    )
  }
  const tools = ['microsocks', 'miniupnpd', 'nft'].filter((program) => !isThere(program))
  if (tools.length > 0) {
    lines.push(
      `Left out: proxies, gateways, translators and captures (test/interop), for want of ${tools.join(' and ')}. To have them: sudo apt-get install microsocks miniupnpd-nftables nftables`,
    )
  }
  if (placeOf('redis-server') === undefined) {
    lines.push(
      'Left out: sweeps over a queue (test/sim/sweep), for want of redis-server. To have it: sudo apt-get install redis-server',
    )
  }
  if (placeOf('chromium') === undefined) {
    lines.push(
      'Left out: report pages in a browser (test/sim/look), for want of chromium. To have it: sudo apt-get install chromium',
    )
  }
  return lines
}

/** Why the other clients cannot run here, and what to do about it. */
export function obstacle(): { what: string; remedy: string } | undefined {
  const missing = Object.keys(PACKAGES).filter((program) => placeOf(program) === undefined)
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PACKAGES[program]))].join(' ')
    return { what: `want of ${missing.join(', ')}`, remedy: `To have it: sudo apt-get install ${packages}` }
  }
  const network = PrivateNetwork.obstacle()
  return network === undefined
    ? undefined
    : { what: `want of ${network}`, remedy: 'To have it: run as root.' }
}

/** The path of an installed program. */
export function placeOf(program: string): string | undefined {
  // Where ordinary users do not look, but find what they need.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
