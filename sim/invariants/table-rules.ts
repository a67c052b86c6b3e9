import { EMPTY, equalBytes, toHex } from '../../src/core/bytes.ts'
import { commonPrefix, type Id } from '../../src/core/id.ts'
import { MINUTE, type Micros } from '../../src/core/time.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import type { Member } from '../experiment/member.ts'
import type { Stage } from '../experiment/stage.ts'
import type { Accuse, Invariant } from './invariant.ts'

/** What one table held when it was last looked at. */
interface Memory {
  readonly id: Id
  /** Those that others reach. */
  readonly lasting: ReadonlyMap<string, Id>
  readonly at: Micros
  /** Queries of the node that had gone unanswered by then. */
  readonly timeouts: number
}

/** A contact that came back from an absence so lately may still be held to account for queries from when it was away. */
const GRACE: Micros = MINUTE

/**
 * No contact is the node itself, an id and a host are in a table once, no bucket holds more than it may, and no bucket forgets:
 * a contact that has been up and reachable all the time stays while there is room for it.
 */
export class TableRules implements Invariant {
  readonly name = 'routing table'
  readonly #accuse: Accuse
  readonly #memories = new Map<Member, Memory>()
  readonly #memberAt = new Map<string, Member>()

  constructor(stage: Stage<unknown>, accuse: Accuse) {
    this.#accuse = accuse
    for (const member of stage.members) this.#memberAt.set(member.host.host, member)
  }

  inspect(member: Member, now: Micros): void {
    // One table each: where a host has two addresses, the first.
    const [table] = member.session?.dhtTables() ?? []
    if (table === undefined) return
    const contacts = new Map<string, Id>()
    const ids = new Set<string>()
    const inRange: number[] = []
    for (const { id, address } of table.contacts) {
      const bits = commonPrefix(table.id, id)
      if (bits === 8 * id.length) this.#say(member, 'holds its own id')
      if (contacts.has(address.host)) this.#say(member, `holds two contacts at ${address.host}`)
      if (ids.has(toHex(id))) this.#say(member, `holds the id ${toHex(id)} twice`)
      contacts.set(address.host, id)
      ids.add(toHex(id))
      inRange[bits] = (inRange[bits] ?? 0) + 1
    }
    this.#widths(member, inRange)
    // Guests may go when there are enough others.
    const lasting = new Map(table.reachable.map(({ id, address }) => [address.host, id]))
    this.#remembers(member, table.id, contacts, lasting, inRange, now)
  }

  #widths(member: Member, inRange: readonly number[]): void {
    for (let bits = 0; bits < inRange.length; bits++) {
      const count = inRange[bits] ?? 0
      if (count <= widthOf(bits + 1)) continue
      // It may be the bucket that the node itself is in, which holds all deeper ranges together until it splits.
      let isOwn = false
      for (let depth = 0; depth <= bits && !isOwn; depth++) {
        isOwn = inRange.slice(depth).reduce((sum, own = 0) => sum + own, 0) <= widthOf(depth)
      }
      if (!isOwn) this.#say(member, `holds ${count} contacts that share ${bits} bits with it`)
    }
  }

  #remembers(
    member: Member,
    id: Id,
    contacts: ReadonlyMap<string, Id>,
    lasting: ReadonlyMap<string, Id>,
    inRange: readonly number[],
    now: Micros,
  ): void {
    const timeouts = member.session!.dhtStats(now)[0]!.stats.timeouts
    const before = this.#memories.get(member)
    this.#memories.set(member, { id, lasting, at: now, timeouts })
    // A contact may go for not answering.
    if (before?.id !== id || before.timeouts !== timeouts) return
    for (const [host, was] of before.lasting) {
      if (contacts.has(host)) continue
      const other = this.#memberAt.get(host)
      const steady = other?.isUp === true && isSettled(other, before.at) && equalBytes(other.id ?? EMPTY, was)
      const bits = commonPrefix(id, was)
      if (steady && (inRange[bits] ?? 0) < widthOf(bits + 1)) {
        this.#say(
          member,
          `forgot ${host}, which was there all the time, although all its queries were answered and the bucket had room`,
          other,
        )
      }
    }
  }

  #say(member: Member, text: string, ...others: readonly Member[]): void {
    this.#accuse(this.name, `the table of host ${member.host.index} ${text}`, member, ...others)
  }
}

/** Whether nothing that was asked of `member` at `at` or later can have gone amiss for its having been away. */
function isSettled({ host, arrivedAt }: Member, at: Micros): boolean {
  return arrivedAt! + (host.lives === 1 ? 0 : GRACE) < at
}

/** Contacts that a bucket at `depth` may hold. */
function widthOf(depth: number): number {
  return DHT_DEFAULTS.wideBuckets[depth - 1] ?? DHT_DEFAULTS.bucketSize
}
