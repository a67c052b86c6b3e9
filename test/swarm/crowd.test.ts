import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { parseAddress } from '../../src/core/address.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { peerPriority } from '../../src/core/peer-priority.ts'
import { RateMeter } from '../../src/core/rate.ts'
import type { Micros } from '../../src/core/time.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { CloseReason } from '../../src/peer/close-reasons.ts'
import type { PeerWire } from '../../src/peer/peer-wire.ts'
import { Crowd } from '../../src/swarm/crowd.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import type { PeerSource } from '../../src/swarm/peer-pool.ts'
import { seededDice } from './support.ts'

const nth = (index: number): Address => parseAddress(`8.${index >> 8}.${index & 255}.1`, 6881)!
const NONE = new Bitfield(1)

/** A crowd of ten places whose dials all succeed at once, with peers that do nothing. */
class Rig {
  readonly closed: { readonly at: Micros; readonly host: string; readonly reason: CloseReason }[] = []
  readonly crowd: Crowd
  now: Micros = 0
  /** Dials asked for; and how many more there are sockets for. */
  asked = 0
  sockets: number = Number.POSITIVE_INFINITY
  /** Where others see us. */
  own: Address[] = []
  #arriving: Address[] = []

  constructor() {
    this.crowd = new Crowd(
      0,
      new Uint8Array(20),
      resolveSwarmOptions({ connections: 10, dialRate: 1000 }),
      seededDice(3),
      { dial: (address) => this.#dial(address), own: () => this.own, touch() {}, event() {} },
    )
  }

  #dial(address: Address): boolean {
    this.asked += 1
    if (this.sockets === 0) return false
    this.sockets -= 1
    this.#arriving.push(address)
    return true
  }

  add(from: number, to: number, source: PeerSource): void {
    const addresses = Array.from({ length: to - from }, (_, i) => nth(from + i))
    this.crowd.addCandidates(this.now, addresses, source)
  }

  /** Whether it was let in. `granting`: it has been granted pieces, and few of them. */
  enter(address: Address, outgoing: boolean, granting = false): boolean {
    const { crowd, closed } = this
    const peerId = new Uint8Array(20).fill(1)
    peerId.set(address.bytes)
    const peer = {
      ...{ address, outgoing, remote: { peerId, uploadOnly: false } },
      ...{
        interested: false,
        snubbed: false,
        amChoking: true,
        granting,
        up: new RateMeter(),
        down: new RateMeter(),
      },
      close(now: Micros, reason: CloseReason) {
        closed.push({ at: now, host: address.host, reason })
        crowd.leave(now, peer, reason, 'close')
      },
    } as unknown as PeerWire
    return crowd.enter(this.now, peer, NONE) !== undefined
  }

  /** By the crowd's own clock. */
  pass(duration: Micros): void {
    const end = this.now + duration
    for (;;) {
      this.crowd.tick(this.now, { seeding: false, pieceLength: 0, limited: false })
      this.crowd.dial(this.now)
      const arriving = this.#arriving
      this.#arriving = []
      for (const address of arriving) this.enter(address, true)
      const next = this.crowd.nextDeadline(this.now)
      if (next > end) break
      assert.ok(next > this.now || arriving.length > 0)
      this.now = Math.max(this.now, next)
    }
    this.now = end
  }
}

describe('the crowd', () => {
  it('RS2 parts with idle peers, one a second, when every place is taken and others wait to be dialled', () => {
    const rig = new Rig()
    rig.add(0, 30, 'dht')
    rig.pass(19 * SECOND)
    assert.deepEqual([rig.crowd.slots.size, rig.closed.length], [10, 0])
    rig.pass(12 * SECOND)
    assert.deepEqual([rig.crowd.slots.size, rig.closed.length], [10, 10])
    for (const { reason } of rig.closed) assert.equal(reason, 'swarm/displaced')
    assert.equal(new Set(rig.closed.map(({ at }) => Math.floor(at / SECOND))).size, 10)
    rig.pass(30 * SECOND)
    assert.equal(rig.crowd.pool.counts().untried, 0, 'all had their turn')
    const parted = rig.closed.length
    rig.pass(300 * SECOND)
    assert.equal(rig.closed.length, parted, 'nobody waits, nobody goes')
  })

  it('RS12: after its tick the next deadline lies ahead, whether the places or the sockets for dials run out', () => {
    for (const sockets of [Number.POSITIVE_INFINITY, 4]) {
      const rig = new Rig()
      rig.sockets = sockets
      rig.add(0, 30, 'dht')
      rig.crowd.dial(rig.now)
      assert.ok(rig.crowd.nextDeadline(rig.now) > rig.now)
    }
  })

  it('RS12: asks once a second while there is no socket for a dial, and goes on when there is', () => {
    const rig = new Rig()
    rig.sockets = 2
    rig.add(0, 30, 'dht')
    rig.pass(10 * SECOND)
    assert.ok(rig.asked >= 10 && rig.asked <= 13, `asked ${rig.asked} times`)
    rig.sockets = 100
    rig.pass(SECOND)
    assert.equal(rig.crowd.slots.size, 10)
  })

  it('RS2 parts neither with those that the user named nor with those with whom something moves', () => {
    const rig = new Rig()
    rig.add(0, 9, 'manual')
    rig.add(9, 20, 'dht')
    rig.pass(SECOND)
    const guest = [...rig.crowd.slots.values()].find(({ peer }) => peer.address.host === nth(19).host)!
    for (let i = 0; i < 10; i++) {
      rig.pass(10 * SECOND)
      rig.crowd.moved(rig.now, guest.peer)
    }
    assert.deepEqual(rig.closed, [])
  })

  it('RS2 parts with one in ten seconds only, while something moves with others', () => {
    const rig = new Rig()
    rig.add(0, 30, 'dht')
    rig.pass(SECOND)
    const [busy] = rig.crowd.slots.values()
    for (let i = 0; i < 50; i++) {
      rig.crowd.moved(rig.now, busy!.peer)
      rig.pass(SECOND)
    }
    assert.ok(rig.closed.length >= 2 && rig.closed.length <= 4, `${rig.closed.length}`)
    assert.ok(rig.crowd.slots.has(busy!.key))
  })

  it('RS2 lets a newcomer in at the cost of an idle peer that came in too', () => {
    const rig = new Rig()
    rig.add(0, 3, 'dht')
    rig.pass(SECOND)
    for (let i = 10; i < 17; i++) assert.ok(rig.enter(nth(i), false))
    assert.equal(rig.enter(nth(20), false), false, 'those that came are too new to go')
    rig.closed.length = 0
    rig.pass(20 * SECOND)
    assert.ok(rig.enter(nth(21), false))
    assert.deepEqual(rig.closed, [{ at: rig.now, host: nth(10).host, reason: 'swarm/displaced' }])
    for (let i = 30; i < 40; i++) assert.equal(rig.enter(nth(i), false), false, 'one a second')
    rig.pass(SECOND)
    assert.ok(rig.enter(nth(40), false))
    assert.equal(rig.closed.filter(({ reason }) => reason === 'swarm/displaced').length, 2)
  })

  it('RS2 lets a newcomer in sooner that BEP 40 ranks above one who does nothing', () => {
    const rank = (address: Address): number => peerPriority(nth(999), address)
    const outsiders = Array.from({ length: 100 }, (_, i) => nth(20 + i)).sort((a, b) => rank(a) - rank(b))
    const [worst, best] = [outsiders[0]!, outsiders.at(-1)!]
    for (const known of [true, false]) {
      const rig = new Rig()
      if (known) rig.own = [nth(999)]
      const here = Array.from({ length: 10 }, (_, i) => nth(i))
      for (const address of here) rig.enter(address, address.bytes[2]! >= 6)
      rig.pass(10 * SECOND)
      assert.deepEqual(
        [worst, best].map((address) => rig.crowd.admits(rig.now, address)),
        [false, known],
      )
      assert.equal(rig.enter(best, false), known)
      const lowest = here.slice(0, 6).sort((a, b) => rank(a) - rank(b))[0]!
      assert.deepEqual(
        rig.closed.map(({ host }) => host),
        known ? [lowest.host] : [best.host],
      )
      rig.pass(10 * SECOND)
      assert.equal(rig.crowd.admits(rig.now, worst), true, 'in the end everybody has a turn')
    }
  })

  it('RS2, HS11: the second connection of a peer that is there costs nobody a place', () => {
    const rig = new Rig()
    rig.add(0, 3, 'dht')
    rig.pass(SECOND)
    for (let i = 10; i < 17; i++) assert.ok(rig.enter(nth(i), false))
    rig.pass(20 * SECOND)
    assert.equal(rig.enter(nth(10), false), false)
    assert.deepEqual(
      rig.closed.map(({ reason }) => reason),
      ['swarm/duplicate'],
    )
    assert.ok(rig.enter(nth(21), false), 'there was one that could go')
  })

  it('RS2: those that come in while dials are under way leave no more places for these than there are', () => {
    const rig = new Rig()
    for (let i = 0; i < 10; i++) rig.enter(nth(i), false)
    const { size } = rig.crowd.slots
    const entered = Array.from({ length: 10 }, (_, i) => rig.enter(nth(20 + i), true)).filter(Boolean)
    assert.ok(size < 10, 'some places are kept for those that we dial')
    assert.deepEqual([rig.crowd.slots.size, entered.length], [10, 10 - size])
  })

  it('grants pieces to two newcomers at a time, so that a crowd does not cut the line into crumbs', () => {
    const rig = new Rig()
    assert.ok(rig.crowd.grants)
    for (let i = 0; i < 2; i++) rig.enter(nth(i), false, true)
    rig.enter(nth(2), false, false)
    assert.ok(!rig.crowd.grants)
    rig.pass(MINUTE)
    assert.ok(rig.crowd.grants, 'those that idle do not count for long')
    for (let i = 3; i < 5; i++) rig.enter(nth(i), false, true)
    assert.ok(!rig.crowd.grants)
    rig.crowd.closeAll(rig.now, 'swarm/stopped')
    assert.ok(rig.crowd.grants)
  })

  it('RS2 lets newcomers have their turn although others wait to be dialled and nobody could go when that was looked at', () => {
    const rig = new Rig()
    rig.add(0, 30, 'dht')
    rig.pass(0.5 * SECOND)
    for (const { peer } of rig.crowd.slots.values()) rig.crowd.moved(rig.now, peer)
    rig.pass(20 * SECOND)
    assert.deepEqual(rig.closed, [], 'looked at each second, of late a half ago')
    assert.ok(rig.enter(nth(50), false))
  })
})
