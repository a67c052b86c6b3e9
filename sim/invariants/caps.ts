import type { Micros } from '../../src/core/time.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import type { Member } from '../experiment/member.ts'
import type { Accuse, Invariant } from './invariant.ts'

/**
 * Memory of a node, counted rather than weighed, so that it is the same in every process: what strangers can make it keep
 * stays within the caps of its options.
 */
export class Caps implements Invariant {
  readonly name = 'memory per node'
  readonly #accuse: Accuse

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  inspect(member: Member, now: Micros): void {
    for (const { stats } of member.session?.dhtStats(now) ?? []) {
      this.#atMost(member, 'info-hashes', stats.hashes, DHT_DEFAULTS.maxHashes)
      this.#atMost(member, 'stored peers', stats.peers, DHT_DEFAULTS.maxStoredPeers)
      this.#atMost(member, 'look-ups', stats.lookups, DHT_DEFAULTS.maxLookups)
      this.#atMost(member, 'publications', stats.publications, DHT_DEFAULTS.maxPublications)
    }
    const neighbours = member.group.torrent?.maxPeers
    const peers = member.progress(now)?.peers ?? 0
    if (neighbours !== undefined) this.#atMost(member, 'peers', peers, neighbours)
  }

  #atMost(member: Member, what: string, count: number, cap: number): void {
    if (count <= cap) return
    this.#accuse(this.name, `host ${member.host.index} keeps ${count} ${what}, more than ${cap}`, member)
  }
}
