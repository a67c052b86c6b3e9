import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Stage } from '../../../sim/experiment/stage.ts'
import { TokenLedger } from '../../../sim/invariants/token-ledger.ts'
import type { Site } from '../../../sim/network/site.ts'
import type { UdpTap } from '../../../sim/network/udp-fabric.ts'
import { writeError, writeQuery, writeResponse } from '../../../src/codec/krpc-writer.ts'
import { type Address, parseAddress } from '../../../src/core/address.ts'
import { latin1 } from '../../../src/core/bytes.ts'
import { MINUTE } from '../../../src/core/time.ts'

const ASKER = parseAddress('1.2.3.4', 6881)!
const OTHER_PORT = parseAddress('1.2.3.4', 7000)!
const STRANGER = parseAddress('1.2.3.5', 6881)!
const HASH = new Uint8Array(20).fill(1)
const OTHER_HASH = new Uint8Array(20).fill(2)
const TOKEN = latin1('a token!')
const HEAD = { transaction: latin1('aa'), id: new Uint8Array(20).fill(9), version: latin1('LS01') }

/** Two hosts, of which the second is hostile, and what passes at them. */
class Watched {
  readonly accusations: string[] = []
  readonly scheduler = { now: 0, events: 0 }
  readonly #sites = [0, 1, 2].map((index) => ({ index }) as Site)
  readonly #tap: UdpTap = {}

  constructor() {
    const members = [1, 2].map((index) => ({ host: { index }, group: { isHostile: index === 2 } }))
    const udp = { tap: (tap: UdpTap) => Object.assign(this.#tap, tap) }
    const stage = { members, world: { udp, scheduler: this.scheduler } } as unknown as Stage<unknown>
    new TokenLedger(stage, (_invariant, text) => this.accusations.push(text))
  }

  getPeers(from: Address, hash: Uint8Array, host = 1): void {
    this.#hear(host, from, (into) => {
      return writeQuery(into, { ...HEAD, method: 'get_peers', readOnly: false, target: hash })
    })
    this.#say(host, from, (into) => {
      return writeResponse(into, { ...HEAD, ip: from, nodes: [], token: TOKEN, maxLength: 1_024 })
    })
  }

  announce(from: Address, hash: Uint8Array, { host = 1, accepts = true, impliedPort = false } = {}): void {
    this.#hear(host, from, (into) => {
      const query = { ...HEAD, method: 'announce_peer', readOnly: false, target: hash, token: TOKEN } as const
      return writeQuery(into, { ...query, port: 6881, impliedPort })
    })
    this.#say(host, from, (into) =>
      accepts
        ? writeResponse(into, { ...HEAD, ip: from, maxLength: 1_024 })
        : writeError(into, { ...HEAD, ip: from, code: 203, message: 'Bad token' }),
    )
  }

  #hear(host: number, from: Address, write: (into: Uint8Array) => number): void {
    this.scheduler.events += 1
    const into = new Uint8Array(1_500)
    this.#tap.delivered!(this.#sites[host]!, from, ASKER, into.subarray(0, write(into)))
    // Before it answers, a node may ask the asker something in turn.
    this.#say(host, from, (room) => writeQuery(room, { ...HEAD, method: 'ping', readOnly: false }))
  }

  #say(host: number, to: Address, write: (into: Uint8Array) => number): void {
    const into = new Uint8Array(1_500)
    this.#tap.sent!(this.#sites[host]!, ASKER, to, into.subarray(0, write(into)))
  }
}

describe('the ledger of tokens', () => {
  it('finds nothing in an announcement with a token that was given to that IP for that hash', () => {
    const watched = new Watched()
    watched.getPeers(ASKER, HASH)
    watched.scheduler.now = 15 * MINUTE
    watched.announce(ASKER, HASH)
    watched.announce(OTHER_PORT, HASH, { impliedPort: true })
    assert.deepEqual(watched.accusations, [])
  })

  it('finds nothing where the announcement is refused', () => {
    const watched = new Watched()
    watched.announce(ASKER, HASH, { accepts: false })
    assert.deepEqual(watched.accusations, [])
  })

  it('accuses whoever takes one from another IP, for another hash, too late, or without ever having given it', () => {
    for (const announce of [
      (watched: Watched) => watched.announce(STRANGER, HASH),
      (watched: Watched) => watched.announce(ASKER, OTHER_HASH, { impliedPort: true }),
      (watched: Watched) => {
        watched.scheduler.now = 25 * MINUTE
        watched.announce(ASKER, HASH)
      },
    ]) {
      const watched = new Watched()
      watched.getPeers(ASKER, HASH)
      announce(watched)
      assert.equal(watched.accusations.length, 1, announce.toString())
    }
    const watched = new Watched()
    watched.announce(ASKER, HASH)
    assert.match(watched.accusations[0]!, /^host 1 took an announcement of 1\.2\.3\.4 /)
  })

  it('leaves out hosts that are hostile, and does not take their tokens for those of others', () => {
    const watched = new Watched()
    watched.announce(ASKER, HASH, { host: 2 })
    assert.deepEqual(watched.accusations, [])
    watched.getPeers(ASKER, HASH, 2)
    watched.announce(ASKER, HASH)
    assert.equal(watched.accusations.length, 1)
  })
})
