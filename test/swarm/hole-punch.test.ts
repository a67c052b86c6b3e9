import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeHolePunch, HOLE_PUNCH_ERROR, type HolePunchMessage } from '../../src/codec/hole-punch.ts'
import { encodePeerExchange, type NamedPeer, PEX_FLAG } from '../../src/codec/peer-exchange.ts'
import type { Address } from '../../src/core/address.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { PeerPool } from '../../src/swarm/peer-pool.ts'
import { ALL_BITS, extended, type HostilePeer } from '../support/hostile-peer.ts'
import { address } from '../support/peer-pair.ts'
import { LoneTorrent, OWN_ADDRESS } from './lone-torrent.ts'
import { seededDice } from './support.ts'

const OURS = 6
const PEX = 3
const THEIRS = 9
const FAR = address('198.51.101.5')
/** Ports where peers say that they listen. */
const LISTENS = 7000

const message = (kind: HolePunchMessage['kind'], to: Address, error = 0): Uint8Array =>
  encodeHolePunch({ kind, address: to, error })

/** A peer that takes part, or not, and listens. */
function enter(lone: LoneTorrent, part = true): HostilePeer {
  const map = part ? `12:ut_holepunchi${THEIRS}e` : ''
  const remote = lone.enter(ALL_BITS).send(extended(0, `d1:md${map}6:ut_pexi4ee1:pi${LISTENS}ee`))
  remote.messages()
  return remote
}

/** What it is told of hole punching, told apart from the rest by its id. */
function told(remote: HostilePeer): string[] {
  const head = `140${THEIRS}`
  return remote.messages().flatMap((text) => (text.startsWith(head) ? [text.slice(head.length)] : []))
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const place = (remote: HostilePeer, port: number): Address => address(remote.station.peer.address.host, port)

describe('a relay (BEP 55)', () => {
  it('tells both sides of each other, by where they listen, and by where their uTP comes from', () => {
    const lone = new LoneTorrent()
    const [caller, target] = [enter(lone), enter(lone)]
    caller.send(extended(OURS, message('rendezvous', place(target, LISTENS))))
    assert.deepEqual(told(caller), [hexOf(message('connect', place(target, LISTENS)))])
    assert.deepEqual(told(target), [hexOf(message('connect', place(caller, LISTENS)))])

    caller.station.peer.remote.speaksUtp = true
    caller.send(extended(OURS, message('rendezvous', place(target, LISTENS))))
    assert.deepEqual(told(target), [hexOf(message('connect', caller.station.peer.address))])
  })

  it('says why it cannot, and tells nobody then', () => {
    const lone = new LoneTorrent()
    const [caller, target, without] = [enter(lone), enter(lone), enter(lone, false)]
    const { noSuchPeer, notConnected, noSupport, noSelf } = HOLE_PUNCH_ERROR
    for (const [to, error] of [
      [FAR, notConnected],
      [place(without, LISTENS), noSupport],
      [place(caller, LISTENS), noSuchPeer],
      [address('224.0.0.1'), noSuchPeer],
      [place(target, 0), noSuchPeer],
      [OWN_ADDRESS, noSelf],
    ] as const) {
      caller.send(extended(OURS, message('rendezvous', to)))
      assert.deepEqual(told(caller), [hexOf(message('error', to, error))])
    }
    assert.deepEqual([told(target), told(without), lone.punches], [[], [], []])
  })

  it('says nothing to who takes no part', () => {
    const lone = new LoneTorrent()
    const [caller, target] = [enter(lone, false), enter(lone)]
    caller.send(extended(OURS, message('rendezvous', place(target, LISTENS))))
    assert.deepEqual([told(caller), told(target)], [[], []])
  })
})

describe('who is told to dial', () => {
  it('does so at once and once, but not to where it is connected, nor into a narrower scope', () => {
    const lone = new LoneTorrent()
    const [relay, other] = [enter(lone), enter(lone)]
    for (const to of [
      FAR,
      FAR,
      place(other, LISTENS),
      other.station.peer.address,
      address('127.0.0.1'),
      OWN_ADDRESS,
    ])
      relay.send(extended(OURS, message('connect', to)))
    assert.deepEqual(lone.punches, [FAR.text])
    assert.deepEqual(told(relay), [])
  })
})

describe('who cannot reach a peer', () => {
  const named = (flags: number): Uint8Array =>
    extended(PEX, encodePeerExchange({ added: [{ address: FAR, flags }], dropped: [] }))
  const missed = (lone: LoneTorrent, now: number): void => {
    lone.torrent.crowd.dial(now)
    lone.torrent.dialFailed(now, FAR, 'stream/timeout')
  }

  it('asks those who named it, one after another, and dials when one agrees', () => {
    const lone = new LoneTorrent()
    const [one, two] = [
      enter(lone).send(named(PEX_FLAG.holePunch)),
      enter(lone).send(named(PEX_FLAG.holePunch)),
    ]
    missed(lone, 1_000)
    assert.deepEqual([told(one), told(two)], [[hexOf(message('rendezvous', FAR))], []])
    one.send(extended(OURS, message('error', FAR, HOLE_PUNCH_ERROR.notConnected)))
    assert.deepEqual([told(one), told(two)], [[], [hexOf(message('rendezvous', FAR))]])
    two.send(extended(OURS, message('connect', FAR)))
    assert.deepEqual([lone.dials, lone.punches], [[`${FAR.text} 4`], [FAR.text]])
    // A hole that could not be punched is no reason to ask again at once.
    lone.torrent.dialFailed(2_000, FAR, 'stream/timeout')
    assert.deepEqual([told(one), told(two)], [[], []])
  })

  it('PX10: is patient with who is said to be reachable', () => {
    const lone = new LoneTorrent()
    enter(lone).send(named(PEX_FLAG.holePunch))
    enter(lone).send(named(PEX_FLAG.reachable))
    lone.torrent.crowd.dial(1_000)
    assert.deepEqual(lone.dials, [`${FAR.text} 15`])
  })

  it('PX10: does not ask where nobody has said that it takes part', () => {
    const lone = new LoneTorrent()
    const remote = enter(lone).send(named(PEX_FLAG.utp))
    missed(lone, 1_000)
    assert.deepEqual(told(remote), [])
  })

  it('does not ask for itself', () => {
    const lone = new LoneTorrent()
    const own: NamedPeer = { address: OWN_ADDRESS, flags: PEX_FLAG.holePunch }
    const remote = enter(lone).send(extended(PEX, encodePeerExchange({ added: [own], dropped: [] })))
    lone.torrent.dialFailed(1_000, OWN_ADDRESS, 'stream/timeout')
    assert.deepEqual(told(remote), [])
  })

  it('does not ask for who took the connection and ended it', () => {
    const lone = new LoneTorrent()
    const remote = enter(lone).send(named(PEX_FLAG.holePunch))
    lone.torrent.crowd.dial(1_000)
    lone.torrent.crowd.missed(1_000, FAR, 'stream/ended', true)
    assert.deepEqual(told(remote), [])
  })
})

describe('the pool', () => {
  it('lets a known peer be dialled out of turn, within its limits', () => {
    const pool = new PeerPool(0, resolveSwarmOptions({ halfOpen: 1 }), seededDice(1))
    const near = address('198.51.102.1')
    assert.equal(pool.summon(0, FAR), false)
    pool.add(0, FAR, 'pex')
    pool.add(0, near, 'pex')
    assert.deepEqual([pool.summon(0, FAR), pool.summon(0, FAR), pool.summon(0, near)], [true, false, false])
    assert.equal(pool.counts().dialling, 1)
    pool.failed(0, FAR)
    assert.equal(pool.summon(0, near), true)
    pool.connected(0, near, true)
    assert.equal(pool.summon(0, near), false)
    pool.ban(FAR, undefined)
    assert.equal(pool.summon(0, FAR), false)
  })
})
