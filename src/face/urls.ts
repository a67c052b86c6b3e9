import { addTracker, addWebSeed } from '../codec/trackers.ts'
import { parseUrl } from '../codec/web-url.ts'
import { usageError } from '../core/errors.ts'
import type { AddOptions } from '../session/commands.ts'

interface NamedServers {
  readonly trackers?: readonly string[]
  readonly webSeeds?: readonly string[]
}

/** What the user names besides what the torrent does. Throws a usage error for what is none. */
export function namedServers({
  trackers,
  webSeeds,
}: NamedServers): Pick<AddOptions, 'trackers' | 'webSeeds'> {
  return {
    ...(trackers === undefined ? {} : { trackers: checkTrackers(trackers) }),
    ...(webSeeds === undefined ? {} : { webSeeds: checkWebSeeds(webSeeds) }),
  }
}

/** Trackers that the user names. Throws a usage error for what is none that is spoken here. */
export function checkTrackers(urls: readonly string[]): readonly string[] {
  return checked(
    urls,
    addTracker,
    'options/trackers',
    'of a tracker: give http://, https:// or udp://host:port',
  )
}

/** Web servers that the user names. Throws a usage error for what is none. */
export function checkWebSeeds(urls: readonly string[]): readonly string[] {
  return checked(urls, addWebSeed, 'options/webSeeds', 'of a web seed: give http:// or https://')
}

/** Each once. */
function checked(
  urls: readonly string[],
  add: (known: string[], url: string) => void,
  code: `options/${string}`,
  what: string,
): readonly string[] {
  const known: string[] = []
  for (const url of urls) {
    if (parseUrl(url) !== undefined) add(known, url)
    if (!known.includes(url)) throw usageError(code, `"${url}" is no URL ${what} (64 at most).`)
  }
  return known
}
