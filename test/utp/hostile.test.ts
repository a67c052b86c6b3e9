import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { Credit } from '../../src/core/credit.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { DATA, FIN, HEAD_LENGTH, PacketHead, RESET, SELECTIVE_ACK, STATE, SYN } from '../../src/utp/packet.ts'
import { dice } from '../support/dice.ts'
import { type End, type Listener, Wire } from './wire-rig.ts'

const MALLORY = parseAddress('66.6.6.6', 666)!

interface Fields {
  type: number
  id: number
  seq?: number
  ack?: number
  window?: number
  delay?: number
  timestamp?: number
}

function packet(fields: Fields, payload: Uint8Array = new Uint8Array(0), mask?: Uint8Array): Uint8Array {
  const head = Object.assign(new PacketHead(), { window: 100_000, ...fields })
  const bytes = new Uint8Array(HEAD_LENGTH + (mask === undefined ? 0 : 2 + mask.length) + payload.length)
  head.extension = mask === undefined ? 0 : SELECTIVE_ACK
  head.write(bytes)
  if (mask !== undefined) {
    bytes[HEAD_LENGTH + 1] = mask.length
    bytes.set(mask, HEAD_LENGTH + 2)
  }
  bytes.set(payload, bytes.length - payload.length)
  return bytes
}

function read(bytes: Uint8Array): PacketHead {
  const head = new PacketHead()
  assert.ok(head.read(bytes))
  return head
}

const drops = (end: End, why: Parameters<typeof end.socket.counters.drop>[0]): number => {
  return end.socket.counters.dropped.get(why) ?? 0
}

/** A socket, and a remote whose packets are made by hand. */
class Hand {
  readonly wire = new Wire({ delay: 5 * MILLISECOND })
  readonly end: End
  readonly from = MALLORY
  id = 77
  seq = 500
  ack = 0

  constructor(init: Parameters<Wire['end']>[2] = {}) {
    this.end = this.wire.end('11.0.0.1', 1000, init)
  }

  tell(bytes: Uint8Array, from = this.from): PacketHead[] {
    const before = this.end.outbox.length
    this.end.socket.receive(this.wire.now, from, bytes)
    this.end.socket.settle(this.wire.now)
    return this.end.outbox.slice(before).map((out) => read(out.bytes))
  }

  /** Dials, as the initiator that it is. */
  dial(): Listener {
    const [answer] = this.tell(packet({ type: SYN, id: this.id, seq: this.seq }))
    assert.deepEqual([answer!.type, answer!.id, answer!.ack], [STATE, this.id, this.seq])
    this.ack = (answer!.seq - 1) & 0xffff
    this.say(Uint8Array.of(1))
    return this.end.listeners.at(-1)!
  }

  say(payload: Uint8Array, fields: Partial<Fields> = {}): PacketHead[] {
    this.seq = (this.seq + 1) & 0xffff
    return this.tell(
      packet({ type: DATA, id: this.id + 1, seq: this.seq, ack: this.ack, ...fields }, payload),
    )
  }

  state(fields: Partial<Fields> = {}, mask?: Uint8Array): PacketHead[] {
    const own = { type: STATE, id: this.id + 1, seq: (this.seq + 1) & 0xffff, ack: this.ack, ...fields }
    return this.tell(packet(own, new Uint8Array(0), mask))
  }
}

describe('a uTP socket under attack', () => {
  it('keeps nothing of SYNs, however many and from wherever, and answers no more than it may', () => {
    const hand = new Hand()
    for (let i = 0; i < 5_000; i++) {
      const from = parseAddress(`66.6.${i >> 8}.${i & 255}`, 1 + i)!
      hand.end.socket.receive(hand.wire.now, from, packet({ type: SYN, id: i, seq: i }))
      hand.end.socket.settle(hand.wire.now)
    }
    assert.deepEqual([hand.end.socket.size, hand.end.accepted.length], [0, 0])
    assert.equal(hand.end.outbox.length, 1_000)
    assert.equal(drops(hand.end, 'syn-limit'), 4_000)
    // Nobody gets more than was sent in his name.
    for (const { bytes } of hand.end.outbox) assert.equal(bytes.length, HEAD_LENGTH)
    hand.wire.run(SECOND)
    assert.equal(hand.tell(packet({ type: SYN, id: 1, seq: 1 })).length, 1)
  })

  it('takes nobody for a dialler who has not had its answer', () => {
    const hand = new Hand()
    hand.tell(packet({ type: SYN, id: 77, seq: 500 }))
    let taken = 0
    for (let ack = 0; ack < 65_536; ack++) {
      hand.end.socket.receive(
        hand.wire.now,
        MALLORY,
        packet({ type: DATA, id: 78, seq: 501, ack }, Uint8Array.of(1)),
      )
      if (hand.end.socket.size > 0) {
        taken += 1
        hand.end.accepted.at(-1)!.close(true)
      }
    }
    // Who tries all 65,536 numbers finds the one, and few by chance.
    assert.ok(taken >= 1 && taken <= 8, `${taken}`)
    const other = new Hand()
    const [answer] = other.tell(packet({ type: SYN, id: 77, seq: 500 }))
    const stolen = packet({ type: DATA, id: 78, seq: 501, ack: answer!.seq - 1 }, Uint8Array.of(1))
    other.tell(stolen, parseAddress('66.6.6.7', 666)!)
    other.tell(stolen, parseAddress('66.6.6.6', 667)!)
    assert.equal(other.end.socket.size, 0)
    other.tell(stolen)
    assert.equal(other.end.socket.size, 1)
  })

  it('has no more connections than it may, in all and of one remote', () => {
    const hand = new Hand({ mostConnections: 20 })
    for (let i = 0; i < 12; i++) {
      hand.id = 100 + 10 * i
      const [answer] = hand.tell(packet({ type: SYN, id: hand.id, seq: hand.seq }))
      hand.ack = answer!.seq - 1
      hand.say(Uint8Array.of(1))
    }
    assert.deepEqual([hand.end.socket.size, drops(hand.end, 'connections-full')], [8, 4])
    for (let i = 0; i < 30; i++) {
      const from = parseAddress('66.7.0.1', 100 + i)!
      const [answer] = hand.tell(packet({ type: SYN, id: 5, seq: 9 }), from)
      if (answer?.type === STATE) {
        hand.tell(packet({ type: DATA, id: 6, seq: 10, ack: answer.seq - 1 }, Uint8Array.of(1)), from)
      }
    }
    assert.equal(hand.end.socket.size, 20)
    assert.equal(hand.end.socket.dial(hand.wire.now, MALLORY), undefined)
  })

  it('answers packets of connections that it does not know a hundred times a second, and never a reset', () => {
    const hand = new Hand()
    for (let i = 0; i < 300; i++) hand.tell(packet({ type: FIN, id: i, seq: 3, ack: 9 }))
    assert.equal(hand.end.outbox.length, 100)
    for (let i = 0; i < 50; i++) hand.tell(packet({ type: RESET, id: i, seq: 3, ack: 9 }))
    assert.deepEqual([hand.end.outbox.length, drops(hand.end, 'reset-limit')], [100, 200])
  })

  it('ignores resets and acknowledgements of what it never sent, and of whoever does not know the id', () => {
    const hand = new Hand()
    const listener = hand.dial()
    listener.connection.send(new Uint8Array(3_000))
    listener.connection.flush()
    hand.end.socket.settle(hand.wire.now)
    const next = hand.ack + 1 + 3
    for (let i = 0; i < 500; i++) {
      const ack = (next + 1 + i * 100) & 0xffff
      if (((hand.ack - ack) & 0xffff) <= 256) continue
      hand.tell(packet({ type: RESET, id: 78, seq: 1, ack }))
      hand.state({ ack })
      hand.say(Uint8Array.of(9), { ack })
      hand.seq -= 1
    }
    assert.equal(listener.reason, undefined)
    assert.equal(listener.length, 1)
    assert.ok(drops(hand.end, 'bad-reset') > 400 && drops(hand.end, 'bad-ack') > 800)
    hand.tell(packet({ type: RESET, id: 79, seq: 1, ack: next - 1 }))
    hand.tell(packet({ type: RESET, id: 78, seq: 1, ack: next - 1 }), parseAddress('66.6.6.6', 667)!)
    assert.equal(listener.reason, undefined)
    hand.tell(packet({ type: RESET, id: 78, seq: 1, ack: next - 1 }))
    assert.equal(listener.reason, 'network/reset')
  })

  it('is not made to send by acknowledgements of what is still to come, nor to forget what is not acknowledged', () => {
    const hand = new Hand()
    const listener = hand.dial()
    listener.connection.send(new Uint8Array(200_000))
    listener.connection.flush()
    hand.end.socket.settle(hand.wire.now)
    const first = hand.end.outbox.length
    for (let i = 0; i < 100; i++) hand.state({}, new Uint8Array(128).fill(0xff))
    // All that was sent beyond the first packet is acknowledged; it alone is missing and comes again, and at most so much more.
    const sent = hand.end.outbox.length - first
    assert.ok(sent < 1_024, `${sent}`)
    assert.equal(listener.reason, undefined)
    hand.wire.run(SECOND)
    const firsts = hand.end.outbox.filter(({ bytes }) => read(bytes).seq === ((hand.ack + 1) & 0xffff))
    assert.ok(firsts.filter(({ bytes }) => read(bytes).type === DATA).length >= 2)
  })

  it('plays no games with windows: of one byte, closed, or without end', () => {
    for (const window of [0, 1, 2 ** 32 - 1]) {
      const hand = new Hand()
      const listener = hand.dial()
      hand.state({ window })
      listener.connection.send(new Uint8Array(500_000))
      listener.connection.flush()
      hand.end.socket.settle(hand.wire.now)
      const before = hand.end.outbox.length
      for (let i = 0; i < 50; i++) {
        hand.state({ window })
        hand.wire.run(20 * MILLISECOND)
      }
      const sent = hand.end.outbox.length - before
      assert.ok(sent <= 6, `window ${window}: ${sent}`)
      // Nobody answers: it ends by itself.
      hand.wire.run(60 * SECOND)
      assert.equal(listener.reason, 'network/timeout')
      assert.equal(hand.end.socket.size, 0)
    }
  })

  it('keeps no more of what comes ahead than all connections may together, and not for ever', () => {
    const credit = new Credit(100_000)
    const hand = new Hand({ credit })
    const listeners: Listener[] = []
    for (let i = 0; i < 4; i++) {
      hand.id = 100 + 10 * i
      listeners.push(hand.dial())
      hand.seq += 1
      for (let n = 0; n < 1_500; n++) hand.say(new Uint8Array(100))
    }
    assert.ok(credit.most <= 100_000, `${credit.most}`)
    assert.equal(credit.drawn, 100_000)
    assert.ok(drops(hand.end, 'no-room') >= 4_000)
    for (let i = 0; i < 40; i++) hand.wire.run(SECOND)
    assert.deepEqual([listeners[0]!.reason, credit.drawn], ['network/timeout', 0])
  })

  it('bears any packets of a known connection, throws nothing, and comes to rest', () => {
    const rng = dice(77)
    const pick = (bound: number): number => rng.u32() % bound
    for (let round = 0; round < 60; round++) {
      const hand = new Hand()
      const listener = hand.dial()
      for (let i = 0; i < 200; i++) {
        if (pick(4) === 0) {
          listener.connection.send(new Uint8Array(pick(5_000)))
          listener.connection.flush()
        }
        if (pick(20) === 0) listener.connection.pause()
        if (pick(10) === 0) listener.connection.resume()
        const mask = pick(3) === 0 ? new Uint8Array(4 * pick(40)).map(() => rng.u32()) : undefined
        const near = (base: number): number => (base + pick(12) - 4) & 0xffff
        const fields = {
          type: pick(40) === 0 ? pick(5) : pick(3) === 0 ? DATA : STATE,
          id: 78,
          seq: pick(8) === 0 ? pick(65_536) : near(hand.seq),
          ack: pick(8) === 0 ? pick(65_536) : near(hand.ack + i),
          window: pick(3) === 0 ? pick(2_000) : rng.u32(),
          delay: rng.u32(),
          timestamp: rng.u32(),
        }
        hand.tell(packet(fields, new Uint8Array(pick(1_400)), mask))
        hand.wire.run(pick(50) * MILLISECOND)
      }
      listener.connection.close(pick(2) === 0)
      hand.end.socket.settle(hand.wire.now)
      hand.wire.run(60 * SECOND)
      assert.deepEqual([hand.end.socket.size, hand.end.credit.drawn], [0, 0])
    }
  })
})
