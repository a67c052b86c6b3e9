import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { DATA, FIN, PacketHead, STATE, SYN } from '../../src/utp/packet.ts'
import { dice } from '../support/dice.ts'
import { type End, type Listener, type Way, Wire } from './wire-rig.ts'

function content(length: number, seed = 5): Uint8Array {
  const bytes = new Uint8Array(length)
  dice(seed).fill(bytes)
  return bytes
}

/** Two ends, the first of which has dialled the second. */
function pair(way: Partial<Way> = {}, seed = 1): { wire: Wire; a: End; b: End; caller: Listener } {
  const wire = new Wire(way, seed)
  const a = wire.end('11.0.0.1', 1000)
  const b = wire.end('12.0.0.1', 2000)
  return { wire, a, b, caller: wire.dial(a, b) }
}

/** What is dialled is open on both sides once something was said. */
function greeted(way: Partial<Way> = {}, seed = 1): ReturnType<typeof pair> & { callee: Listener } {
  const it = pair(way, seed)
  it.wire.say(it.a, it.caller, Uint8Array.of(1))
  it.wire.run(30 * SECOND, () => it.b.listeners.length > 0)
  return { ...it, callee: it.b.listeners[0]! }
}

const typeOf = (bytes: Uint8Array): number => bytes[0]! >>> 4

describe('a uTP connection', () => {
  it('opens with a SYN and its answer, and is there for the other side with the first packet', () => {
    const { wire, a, b, caller } = pair()
    assert.deepEqual([caller.opens, b.accepted.length, wire.sent], [1, 0, 2])
    assert.equal(b.socket.size, 0)
    wire.say(a, caller, Uint8Array.of(1, 2, 3))
    wire.run(SECOND)
    assert.equal(b.accepted.length, 1)
    assert.deepEqual([...b.listeners[0]!.bytes], [1, 2, 3])
    assert.equal(caller.sentBytes, 3)
  })

  it('carries bytes both ways at once, once and in order', () => {
    const { wire, a, b, caller, callee } = greeted()
    const [there, back] = [content(300_000), content(200_000, 6)]
    wire.say(a, caller, there)
    wire.say(b, callee, back)
    wire.run(60 * SECOND, () => callee.length === there.length + 1 && caller.length === back.length)
    assert.deepEqual(callee.bytes.subarray(1), there)
    assert.deepEqual(caller.bytes, back)
    assert.equal(a.socket.counters.resent + b.socket.counters.resent, 0)
  })

  it('brings every stream whole or fails, whatever is lost, doubled and overtaken', () => {
    const share = fc.double({ min: 0, max: 0.25, noNaN: true })
    const cases = fc.tuple(share, share, share, fc.nat(60_000), fc.nat(1_000_000), fc.nat(40))
    fc.assert(
      fc.property(cases, ([loss, duplicate, reorder, length, seed, ms]) => {
        const { wire, a, b, caller } = pair({ loss, duplicate, reorder, delay: ms * MILLISECOND }, seed)
        wire.run(10 * SECOND, () => caller.opens > 0 || caller.reason !== undefined)
        if (caller.reason !== undefined) return
        const bytes = content(length + 1, seed)
        wire.say(a, caller, bytes)
        caller.connection.close(false)
        wire.run(600 * SECOND, () => b.listeners[0]?.reason !== undefined)
        const callee = b.listeners[0]
        const got = callee?.bytes ?? new Uint8Array(0)
        assert.deepEqual(got, bytes.subarray(0, got.length))
        if (callee?.reason === 'network/ended') assert.equal(got.length, bytes.length)
        wire.run(120 * SECOND)
        assert.deepEqual([a.socket.size, b.socket.size, a.credit.drawn, b.credit.drawn], [0, 0, 0, 0])
      }),
      { numRuns: 120 },
    )
  })

  it('goes on past the last sequence number', () => {
    for (let seed = 1; seed < 4; seed++) {
      const { wire, a, caller, callee } = greeted({ loss: 0.01, reorder: 0.02, delay: 1_000 }, seed)
      // Some 80,000 packets of 100 bytes: the numbers go round.
      const bytes = content(100)
      let said = 0
      const target = 70_000 * bytes.length
      caller.connection.reader = Object.assign(caller, {
        sent: () => {
          for (let i = 0; i < 64 && said < target; i++, said += bytes.length) {
            caller.connection.send(bytes)
            caller.connection.flush()
          }
        },
      })
      wire.say(a, caller, bytes)
      said += bytes.length
      wire.run(2_000 * SECOND, () => callee.length >= target + 1 || caller.reason !== undefined)
      assert.equal(callee.length, target + 1)
      for (const at of [1, 1 + 33 * 100, target - 99]) {
        assert.deepEqual(callee.bytes.subarray(at, at + 100), bytes)
      }
    }
  })

  it('sends again what is missing as soon as three packets have come after it, and waits for no timer', () => {
    const { wire, a, caller, callee } = greeted()
    let dropped = 0
    wire.filter = (from, _to, bytes) => {
      const isThird = from === a && typeOf(bytes) === DATA && bytes.length > 1_000 && ++dropped === 3
      return !isThird
    }
    wire.say(a, caller, content(40_000))
    const begun = wire.now
    wire.run(SECOND, () => callee.length === 40_001)
    assert.equal(callee.length, 40_001)
    assert.deepEqual([a.socket.counters.resent, a.socket.counters.timeouts], [1, 0])
    assert.ok(wire.now - begun < 200 * MILLISECOND)
  })

  it('heeds duplicate acknowledgements of a remote that has no selective ones', () => {
    const { wire, a, b, caller, callee } = greeted()
    // Its window is as wide as that.
    wire.say(a, caller, content(30_000))
    wire.run(SECOND)
    let seen = 0
    wire.filter = (from, _to, bytes) => {
      if (from === a) return !(typeOf(bytes) === DATA && bytes.length > 1_000 && ++seen === 2)
      // The mask is taken out on the way.
      if (bytes[1] === 1) {
        bytes[1] = 0
        wire.deliver(wire.now + wire.way.delay, a, b.address, bytes.subarray(0, 20))
        return false
      }
      return true
    }
    wire.say(a, caller, content(12_000))
    const begun = wire.now
    wire.run(5 * SECOND, () => callee.length === 42_001)
    assert.equal(callee.length, 42_001)
    assert.equal(a.socket.counters.timeouts, 0)
    assert.ok(wire.now - begun < 300 * MILLISECOND)
  })

  it('waits longer after each time-out, and gives up after half a minute of silence', () => {
    const { wire, a, caller } = greeted()
    wire.run(SECOND)
    const tries: number[] = []
    wire.filter = (from) => {
      if (from === a) tries.push(wire.now)
      return false
    }
    wire.say(a, caller, Uint8Array.of(7))
    wire.run(60 * SECOND, () => caller.reason !== undefined)
    assert.equal(caller.reason, 'network/timeout')
    const waits = tries.slice(1).map((at, index) => Math.round((at - tries[index]!) / (100 * MILLISECOND)))
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160])
    assert.equal(a.socket.size, 0)
  })

  it('acknowledges each second packet at once and a single one soon', () => {
    const { wire, a, b, caller } = greeted()
    wire.run(SECOND)
    const acks: number[] = []
    wire.filter = (from, _to, bytes) => {
      if (from === b && typeOf(bytes) === STATE) acks.push(wire.now)
      return true
    }
    const begun = wire.now
    wire.say(a, caller, content(10))
    wire.run(SECOND)
    assert.deepEqual(
      acks.map((at) => at - begun),
      [20 * MILLISECOND],
    )
    wire.say(a, caller, content(4 * 1_212))
    wire.run(SECOND)
    assert.equal(acks.length, 3)
  })

  it('lets what is said shortly after one another leave together while something is on its way', () => {
    const { wire, a, caller, callee } = greeted()
    wire.run(SECOND)
    let packets = 0
    wire.filter = (from, _to, bytes) => {
      if (from === a && typeOf(bytes) === DATA) packets += 1
      return true
    }
    for (let i = 0; i < 20; i++) wire.say(a, caller, Uint8Array.of(i))
    assert.equal(packets, 1)
    wire.run(2 * MILLISECOND)
    assert.equal(packets, 2)
    wire.run(SECOND)
    assert.deepEqual([...callee.bytes], [1, ...Array.from({ length: 20 }, (_, i) => i)])
  })

  it('stops for a window that is closed, tries it now and then, and goes on when there is room', () => {
    const { wire, a, caller, callee } = greeted()
    callee.connection.pause()
    const bytes = content(3 * 1024 * 1024)
    wire.say(a, caller, bytes)
    wire.run(20 * SECOND)
    assert.equal(callee.length, 1)
    const sent = caller.sentBytes
    assert.ok(sent > 900_000 && sent < 1_200_000, `${sent}`)
    assert.equal(caller.reason, undefined)
    wire.run(100 * SECOND)
    assert.equal(caller.reason, undefined)
    callee.connection.resume()
    wire.ends[1]!.socket.settle(wire.now)
    wire.run(60 * SECOND, () => callee.length === bytes.length + 1)
    assert.deepEqual(callee.bytes.subarray(1), bytes)
  })

  it('ends on both sides when one closes, after all that was said', () => {
    const { wire, a, b, caller, callee } = greeted({ loss: 0.05 })
    const bytes = content(100_000)
    wire.say(a, caller, bytes)
    caller.connection.close(false)
    wire.run(60 * SECOND, () => callee.reason !== undefined)
    assert.equal(callee.reason, 'network/ended')
    assert.deepEqual(callee.bytes.subarray(1), bytes)
    assert.equal(caller.reason, undefined)
    wire.run(15 * SECOND)
    assert.deepEqual([a.socket.size, b.socket.size], [0, 0])
  })

  it('is reset at once on both sides, and when one side has forgotten it', () => {
    const one = greeted()
    one.caller.connection.close(true)
    one.wire.run(SECOND)
    assert.deepEqual([one.callee.reason, one.caller.reason], ['network/reset', undefined])
    assert.deepEqual([one.a.socket.size, one.b.socket.size], [0, 0])

    const other = greeted()
    other.wire.filter = () => false
    other.callee.connection.close(true)
    other.wire.filter = () => true
    other.wire.say(other.a, other.caller, Uint8Array.of(2))
    other.wire.run(SECOND)
    assert.equal(other.caller.reason, 'network/reset')
  })

  it('is refused by who knows no such thing, and given up after three SYNs without an answer', () => {
    const wire = new Wire()
    const a = wire.end('11.0.0.1', 1000)
    const b = wire.end('12.0.0.1', 2000, { accepts: false })
    const caller = wire.dial(a, b)
    const syns: number[] = []
    wire.filter = (from, _to, bytes) => {
      if (from === a && typeOf(bytes) === SYN) syns.push(wire.now)
      return true
    }
    wire.run(30 * SECOND)
    assert.equal(caller.reason, 'network/timeout')
    assert.equal(b.socket.counters.dropped.get('not-accepting'), 3)
    assert.equal(syns.length, 1)

    const other = wire.dial(a, b)
    const head = new PacketHead()
    wire.filter = (from, _to, bytes) => {
      if (from === a && head.read(bytes) && head.type === SYN) {
        Object.assign(head, { type: 3, ack: head.seq, seq: 9, extension: 0 })
        const reset = new Uint8Array(20)
        head.write(reset)
        wire.deliver(wire.now + 5, a, b.address, reset)
      }
      return false
    }
    wire.run(5 * SECOND)
    assert.equal(other.reason, 'network/refused')
  })

  it('says something every half a minute, for boxes on the way forget who is silent', () => {
    const { wire, a } = greeted()
    wire.run(SECOND)
    const before = wire.sent
    wire.run(300 * SECOND)
    assert.equal(a.socket.size, 1)
    assert.ok(wire.sent - before >= 20 && wire.sent - before <= 22, `${wire.sent - before}`)
  })

  it('finds how long datagrams may be, and carries on where longer ones are lost', () => {
    for (const mtu of [1_232, 1_300, 1_400, 1_471, 9_000]) {
      const { wire, a, caller, callee } = greeted({ mtu, loss: 0.01 })
      let longest = 0
      let last = 0
      wire.filter = (from, _to, bytes) => {
        if (from === a && bytes.length <= mtu) longest = Math.max(longest, bytes.length)
        if (from === a && typeOf(bytes) === DATA) last = bytes.length
        return true
      }
      const bytes = content(3_000_000)
      wire.say(a, caller, bytes)
      wire.run(120 * SECOND, () => callee.length === bytes.length + 1)
      assert.deepEqual(callee.bytes.subarray(1), bytes)
      assert.ok(
        last > 0 && longest > Math.min(mtu, 1_472) - 16 && longest <= Math.min(mtu, 1_472),
        `${mtu}: ${longest}`,
      )
    }
  })

  it('uses longer datagrams on loopback alone, when the remote takes them', () => {
    const wire = new Wire({ delay: 100 })
    const a = wire.end('127.0.0.1', 1000)
    const b = wire.end('127.0.0.1', 2000)
    const caller = wire.dial(a, b)
    let longest = 0
    wire.filter = (from, _to, bytes) => {
      if (from === a) longest = Math.max(longest, bytes.length)
      return true
    }
    const bytes = content(2_000_000)
    wire.say(a, caller, bytes)
    wire.run(20 * SECOND, () => b.listeners[0]?.length === bytes.length)
    assert.deepEqual(b.listeners[0]!.bytes, bytes)
    assert.equal(longest, 16_640)
    // To who says nothing of it only what everybody takes.
    const c = wire.end('127.0.0.1', 3000)
    longest = 0
    wire.filter = (from, to, packet) => {
      if (from === a) longest = Math.max(longest, packet.length)
      if (from !== c || packet[1] !== 0x4c) return true
      packet[1] = 0
      wire.deliver(wire.now + 100, to, c.address, packet.subarray(0, 20))
      return false
    }
    const other = wire.dial(a, c)
    wire.say(a, other, bytes)
    wire.run(20 * SECOND, () => c.listeners[0]?.length === bytes.length)
    assert.deepEqual(c.listeners[0]!.bytes, bytes)
    assert.equal(longest, 1_472)
  })

  it('ends where more is queued than anybody should', () => {
    const { wire, a, caller } = greeted()
    wire.say(a, caller, new Uint8Array(17 * 1024 * 1024))
    assert.equal(caller.reason, 'network/failed')
    assert.equal(a.socket.size, 0)
  })

  it('takes a FIN that comes before what belongs before it', () => {
    const { wire, a, caller, callee } = greeted()
    wire.run(SECOND)
    const held: Uint8Array[] = []
    wire.filter = (from, to, bytes) => {
      if (from !== a || typeOf(bytes) !== DATA || held.length > 0) return true
      held.push(bytes)
      wire.deliver(wire.now + 100 * MILLISECOND, to, a.address, bytes)
      return false
    }
    wire.say(a, caller, Uint8Array.of(5, 6))
    caller.connection.close(false)
    a.socket.settle(wire.now)
    const fins: number[] = []
    wire.filter = (from, _to, bytes) => {
      if (from === a && typeOf(bytes) === FIN) fins.push(wire.now)
      return true
    }
    wire.run(50 * MILLISECOND)
    assert.deepEqual([callee.length, callee.reason], [1, undefined])
    wire.run(SECOND)
    assert.deepEqual([[...callee.bytes], callee.reason], [[1, 5, 6], 'network/ended'])
  })
})
