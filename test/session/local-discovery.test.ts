import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeSearch, encodeSearch, type SearchMessage } from '../../src/codec/search-message.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { EMPTY } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../../src/core/time.ts'
import { LocalDiscovery, type LocalDiscoveryInit } from '../../src/session/local-discovery.ts'

const COOKIE = 'ours'
const NEIGHBOUR = parseAddress('192.168.1.9', 40_000)!

const hash = (n: number): Id => new Uint8Array(20).fill(n)

/** What was sent: when, to which group, which torrents. */
interface Sent {
  readonly at: Micros
  readonly message: SearchMessage
}

/** The machine with a clock of its own. */
class Bench {
  now: Micros = 1_000 * SECOND
  readonly sent: Sent[] = []
  readonly found: { readonly torrent: number; readonly peer: string }[] = []
  readonly machine: LocalDiscovery

  constructor(init: Partial<LocalDiscoveryInit> = {}) {
    this.machine = new LocalDiscovery({
      ...{ now: this.now, port: 6881, cookie: COOKIE, loopbackOnly: false, ...init },
      effects: {
        announce: (family, datagram) => {
          const message = decodeSearch(datagram)!
          assert.equal(message.family, family)
          this.sent.push({ at: this.now, message })
        },
        touch: () => {},
      },
    })
  }

  enter(torrent: number): void {
    this.machine.enter(this.now, hash(torrent), (_now, { text }) => this.found.push({ torrent, peer: text }))
  }

  pass(duration: Micros): void {
    const end = this.now + duration
    for (let at = this.machine.nextDeadline(); at <= end; at = this.machine.nextDeadline()) {
      this.now = Math.max(this.now, at)
      this.machine.tick(this.now)
      assert.ok(this.machine.nextDeadline() > this.now, 'it stays due after its tick')
    }
    this.now = end
  }

  hear(message: Partial<SearchMessage>, from: Address = NEIGHBOUR): void {
    const whole = { family: 4 as const, port: 7_000, infoHashes: [hash(1)], cookie: 'theirs', ...message }
    this.machine.receive(this.now, from, encodeSearch(whole))
  }

  /** The torrents of each datagram. */
  get announced(): number[][] {
    return this.sent.map(({ message }) => message.infoHashes.map((infoHash) => infoHash[0]!))
  }
}

describe('local discovery (BEP 14)', () => {
  it('announces what is there when a group is joined, at once and together, and then every 5 minutes', () => {
    const bench = new Bench()
    const began = bench.now
    for (const torrent of [1, 2, 3]) bench.enter(torrent)
    assert.equal(bench.machine.nextDeadline(), NEVER)
    bench.machine.joined(bench.now, 4)
    bench.pass(16 * MINUTE)
    assert.deepEqual(bench.announced, Array(4).fill([1, 2, 3]))
    assert.deepEqual(
      bench.sent.map(({ at }) => (at - began) / MINUTE),
      [0, 5, 10, 15],
    )
    const { port, cookie } = bench.sent[0]!.message
    assert.deepEqual([port, cookie], [6881, COOKIE])
  })

  it('announces a new torrent soon, but sends no two datagrams to a group within a minute', () => {
    const bench = new Bench()
    const began = bench.now
    bench.machine.joined(bench.now, 4)
    bench.enter(1)
    bench.pass(10 * SECOND)
    bench.enter(2)
    bench.pass(20 * SECOND)
    bench.enter(3)
    bench.pass(10 * MINUTE)
    assert.deepEqual(bench.announced.slice(0, 3), [[1], [2, 3], [1]])
    assert.ok(bench.sent[0]!.at - began < SECOND)
    for (const [i, { at }] of bench.sent.entries())
      assert.ok(i === 0 || at - bench.sent[i - 1]!.at >= MINUTE, `datagram ${i}`)
  })

  it('serves groups apart: one that is joined late hears of all at once', () => {
    const bench = new Bench()
    bench.enter(1)
    bench.machine.joined(bench.now, 4)
    bench.pass(30 * SECOND)
    bench.machine.joined(bench.now, 6)
    bench.pass(SECOND)
    assert.deepEqual(
      bench.sent.map(({ message }) => message.family),
      [4, 6],
    )
  })

  it('takes turns where there are more torrents than one datagram holds', () => {
    const bench = new Bench()
    for (let torrent = 1; torrent <= 200; torrent++) bench.enter(torrent)
    bench.machine.joined(bench.now, 4)
    bench.pass(8 * MINUTE - 1)
    assert.equal(bench.sent.length, 8)
    assert.equal(new Set(bench.announced.flat()).size, 200)
    assert.ok(bench.announced.every(({ length }) => length === 25))
    bench.pass(8 * MINUTE)
    assert.deepEqual(bench.announced.slice(8), bench.announced.slice(0, 8))
  })

  it('neither announces a torrent that has left nor tells it of peers', () => {
    const bench = new Bench()
    bench.machine.joined(bench.now, 4)
    bench.enter(1)
    bench.enter(2)
    bench.pass(MINUTE)
    bench.machine.leave(hash(1))
    bench.pass(20 * MINUTE)
    assert.ok(bench.announced.slice(1).every((torrents) => torrents.join() === '2'))
    bench.hear({ infoHashes: [hash(1), hash(2)] })
    assert.deepEqual(bench.found, [{ torrent: 2, peer: '192.168.1.9:7000' }])
    bench.machine.leave(hash(2))
    assert.equal(bench.machine.nextDeadline(), NEVER)
  })

  it('announces nothing where no peers are taken, and hears all the same', () => {
    const bench = new Bench({ port: undefined })
    bench.machine.joined(bench.now, 4)
    bench.enter(1)
    bench.pass(10 * MINUTE)
    assert.equal(bench.sent.length, 0)
    bench.hear({})
    assert.equal(bench.found.length, 1)
  })

  it('knows its own messages by their cookie', () => {
    const bench = new Bench()
    bench.enter(1)
    bench.hear({ cookie: COOKIE })
    assert.deepEqual([bench.found.length, bench.machine.counters.own], [0, 1])
    bench.hear({ cookie: undefined })
    assert.equal(bench.found.length, 1)
  })

  it('names the sender with the port that it announces, to each torrent that it names and that is here', () => {
    const bench = new Bench()
    bench.enter(1)
    bench.enter(3)
    bench.hear({ port: 51_413, infoHashes: [hash(1), hash(2), hash(3)] })
    assert.deepEqual(bench.found, [
      { torrent: 1, peer: '192.168.1.9:51413' },
      { torrent: 3, peer: '192.168.1.9:51413' },
    ])
  })

  const sources: readonly (readonly [string, taken: boolean, onLoopback: boolean])[] = [
    ['127.0.0.1', true, true],
    ['::1', true, true],
    ['10.1.2.3', true, false],
    ['172.16.0.1', true, false],
    ['169.254.7.7', true, false],
    ['100.64.0.1', true, false],
    ['fe80::1', true, false],
    ['fd00::2', true, false],
    ['60.1.2.3', false, false],
    ['2001:db8::1', false, false],
    ['0.0.0.0', false, false],
    ['255.255.255.255', false, false],
    ['ff15::efc0:988f', false, false],
  ]
  for (const [host, taken, onLoopback] of sources) {
    it(`${taken ? 'takes' : 'takes no'} peers from ${host}`, () => {
      for (const loopbackOnly of [false, true]) {
        const bench = new Bench({ loopbackOnly })
        bench.enter(1)
        bench.hear({}, parseAddress(host, 1)!)
        const expected = loopbackOnly ? onLoopback : taken
        assert.deepEqual([bench.found.length, bench.machine.counters.foreign], expected ? [1, 0] : [0, 1])
      }
    })
  }

  it('drops and counts what is malformed', () => {
    const bench = new Bench()
    bench.enter(1)
    for (const bytes of [EMPTY, new Uint8Array(1_500), encodeSearch({ ...whole, port: 0 })])
      bench.machine.receive(bench.now, NEIGHBOUR, bytes)
    assert.deepEqual([bench.machine.counters.malformed, bench.found.length], [3, 0])
  })

  it('reads so many datagrams a second, and takes so many peers of one host, whatever comes', () => {
    const bench = new Bench()
    bench.enter(1)
    for (let port = 1; port <= 1_000; port++) bench.hear({ port })
    assert.deepEqual([bench.machine.counters.heard, bench.found.length], [100, 50])
    assert.equal(bench.machine.counters.excess, 900 + 50)
    // Others on the network are heard as soon as datagrams are read again.
    bench.now += SECOND
    bench.hear({}, parseAddress('192.168.1.10', 1)!)
    assert.equal(bench.found.at(-1)!.peer, '192.168.1.10:7000')
    for (let second = 1; second <= 60; second++) {
      bench.now += SECOND
      for (let port = 1; port <= 100; port++) bench.hear({ port })
    }
    assert.ok(bench.found.length <= 51 + 61)
  })

  it('goes on where senders are invented by the thousand', () => {
    const bench = new Bench()
    bench.enter(1)
    for (let i = 0; i < 2_000; i++) {
      bench.now += SECOND / 10
      bench.hear({}, parseAddress(`10.0.${i >> 8}.${i & 255}`, 9)!)
    }
    assert.equal(bench.found.length, 2_000)
  })
})

const whole: SearchMessage = { family: 4, port: 1, infoHashes: [hash(1)], cookie: undefined }
