import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeHolePunch, type HolePunchMessage } from '../../src/codec/hole-punch.ts'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import type { PeerTerms } from '../../src/peer/peer-wire.ts'
import { EXTENDED, extended, HostilePeer, handshake } from '../support/hostile-peer.ts'
import { address } from '../support/peer-pair.ts'

/** What we take messages as, and what the remote does. */
const OURS = 6
const THEIRS = 9
const INTRODUCED = extended(0, `d1:md12:ut_holepunchi${THEIRS}eee`)
const TARGET = address('203.0.113.9')

const say = (kind: HolePunchMessage['kind'], error = 0): Uint8Array =>
  extended(OURS, encodeHolePunch({ kind, address: TARGET, error }))
const said = (kind: HolePunchMessage['kind'], error = 0): Uint8Array =>
  extended(THEIRS, encodeHolePunch({ kind, address: TARGET, error }))

/** A remote whose messages of hole punching are written down. */
function scene(terms: Partial<PeerTerms> = {}, introduction: Uint8Array | undefined = INTRODUCED) {
  const heard: string[] = []
  const punching = {
    heard: (_peer: unknown, _now: number, { kind, error }: HolePunchMessage) =>
      heard.push(`${kind} ${error}`),
  }
  const remote = HostilePeer.greeted(EXTENDED, { terms: { punching, ...terms } })
  if (introduction !== undefined) remote.send(introduction)
  remote.messages()
  const part = () => remote.station.peer.ofOthers!.holePunch
  return { remote, heard, part }
}

describe('hole punching with one remote (BEP 55)', () => {
  it('is offered where the torrent takes part and is not private', () => {
    const offers = (terms: Partial<PeerTerms>): boolean =>
      new HostilePeer({ terms })
        .send(handshake(EXTENDED))
        .heard()
        .includes(toHex(fromHex('31323a75745f686f6c6570756e6368')!))
    const punching = { heard: () => {} }
    assert.deepEqual(
      [offers({ punching }), offers({}), offers({ punching, private: true })],
      [true, false, false],
    )
  })

  it('hears what is asked and told, and what is not of its form spoils nothing', () => {
    const { remote, heard } = scene()
    remote.send(say('rendezvous'), extended(OURS, 'twelve bytes'), extended(OURS, 'x'), say('connect'))
    assert.deepEqual(heard, ['rendezvous 0', 'connect 0'])
    assert.deepEqual([remote.ending, remote.station.peer.counters.punchesIgnored], [undefined, 1])
  })

  it('hears nobody who takes no part itself, nor anything for a private torrent', () => {
    const strange = scene({}, extended(0, 'd1:mdee'))
    strange.remote.send(say('rendezvous'), say('connect'))
    const hidden = scene({ private: true })
    hidden.remote.send(say('rendezvous'), say('connect'))
    assert.deepEqual([strange.heard, hidden.heard], [[], []])
    assert.deepEqual([strange.part().ask(0, TARGET), hidden.part().ask(0, TARGET)], [false, false])
  })

  it('says what it is to say, by the id of the remote', () => {
    const { remote, part } = scene()
    const { now } = remote.station
    assert.deepEqual([part().ask(now, TARGET), part().call(now, TARGET)], [true, true])
    part().answer(now, TARGET)
    part().answer(now, TARGET, 2)
    remote.expect(said('rendezvous'), said('connect'), said('connect'), said('error', 2))
  })

  it('heeds 20 questions at once and then one each two seconds; who goes on is sent away', () => {
    const { remote, heard } = scene()
    for (let i = 0; i < 30; i++) remote.send(say('rendezvous'))
    assert.equal(heard.length, 20)
    remote.seconds(4).send(say('rendezvous'), say('rendezvous'), say('rendezvous'))
    assert.equal(heard.length, 22)
    for (let i = 0; i < 100; i++) remote.send(say('rendezvous'))
    assert.deepEqual([remote.ending, heard.length], ['wire/flood-state strike', 22])
  })

  it('has itself be sent to ten addresses at once and then one each five seconds, but for those that it asked for', () => {
    const { remote, heard, part } = scene()
    for (let i = 0; i < 12; i++) remote.send(say('connect'))
    assert.equal(heard.length, 10)
    part().ask(remote.station.now, TARGET)
    remote.send(say('connect'), say('connect'))
    assert.equal(heard.length, 11)
    remote.seconds(5).send(say('connect'), say('connect'))
    assert.equal(heard.length, 12)
  })

  it('hears of errors only where it has asked', () => {
    const { remote, heard, part } = scene()
    remote.send(say('error', 1))
    part().ask(remote.station.now, TARGET)
    remote.send(say('error', 2), say('error', 3))
    assert.deepEqual(heard, ['error 2'])
  })

  it('asks and calls no more than another of its kind would heed', () => {
    const { remote, part } = scene()
    const { now } = remote.station
    const count = (does: () => boolean): number => Array.from({ length: 40 }, does).filter(Boolean).length
    assert.equal(
      count(() => part().ask(now, TARGET)),
      20,
    )
    assert.equal(
      count(() => part().call(now, TARGET)),
      10,
    )
  })
})
