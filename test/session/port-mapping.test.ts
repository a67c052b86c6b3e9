import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../../src/core/time.ts'
import { resolveSessionOptions, type SessionOptions } from '../../src/session/options.ts'
import { PortMapping, type Protocol } from '../../src/session/port-mapping.ts'
import type { MappedPort, MappingPort, Ports, Ticket } from '../../src/session/ports.ts'
import { Rounds } from '../../src/session/rounds.ts'
import { Sockets } from '../../src/session/sockets.ts'
import { Tickets } from '../../src/session/tickets.ts'

/** A session's rounds with a gateway that answers when it is told to. */
class Bench implements MappingPort {
  now: Micros = 0
  wakeAt: Micros = NEVER
  /** `protocol port wanted`, with the time in seconds. */
  readonly asked: string[] = []
  readonly open: { readonly ticket: Ticket; readonly protocol: Protocol }[] = []
  readonly tickets = new Tickets()
  readonly rounds = new Rounds({
    wall: () => 0,
    wakeAt: (at) => {
      this.wakeAt = at
    },
  })

  map(ticket: Ticket, protocol: Protocol, port: number, wanted: number): void {
    this.asked.push(`${this.now / SECOND} ${protocol} ${port} ${wanted}`)
    this.open.push({ ticket, protocol })
  }

  unmap(_ticket: Ticket): void {
    this.asked.push('unmap')
  }

  round(work: () => void): void {
    this.rounds.begin(this.now)
    work()
    this.rounds.end(this.now)
  }

  start(protocols: readonly Protocol[] = ['tcp', 'udp']): PortMapping {
    let made: PortMapping | undefined
    this.round(() => {
      made = new PortMapping(this.now, this, this.tickets, this.rounds, 6881, protocols)
    })
    return made!
  }

  /** Answers the oldest question; without a port it is refused. */
  answer(port?: number, lifetime: Micros = 3600 * SECOND): void {
    const { ticket } = this.open.shift()!
    const value: MappedPort | undefined =
      port === undefined ? undefined : { port, address: parseAddress('203.0.113.9', port), lifetime }
    const failure = { code: 'network/not-mapped', message: 'No.' } as const
    this.round(() =>
      this.tickets.complete(
        this.now,
        ticket,
        value === undefined ? { ok: false, failure } : { ok: true, value },
      ),
    )
  }

  /** Lets the session sleep until it wants to be woken. */
  wake(): number {
    this.now = this.wakeAt
    this.round(() => this.rounds.tick(this.now))
    return this.now / SECOND
  }
}

describe('a port at a gateway', () => {
  it('is asked for at once, for both protocols, and renewed at half of its time where it is', () => {
    const bench = new Bench()
    const mapping = bench.start()
    assert.deepEqual({ ...mapping.mapped }, { tcp: undefined, udp: undefined, address: undefined })
    bench.answer(6881, 20 * MINUTE)
    bench.answer(7001, 20 * MINUTE)
    assert.deepEqual([mapping.mapped.tcp, mapping.mapped.udp], [6881, 7001])
    assert.equal(mapping.mapped.address?.text, '203.0.113.9:6881')
    assert.equal(bench.wake(), 600)
    assert.deepEqual(bench.asked, [
      ...['0 tcp 6881 6881', '0 udp 6881 6881', '600 tcp 6881 6881', '600 udp 6881 7001'],
    ])
  })

  for (const [lifetime, seconds] of [
    [SECOND, 60],
    [0, 1800],
    [2 ** 32 * SECOND, 1800],
  ] as const) {
    it(`that is given for ${lifetime / SECOND} s is looked at again after ${seconds} s`, () => {
      const bench = new Bench()
      bench.start(['tcp'])
      bench.answer(6881, lifetime)
      assert.equal(bench.wake(), seconds)
    })
  }

  it('that is refused is asked for again, ever less often, and is gone when a renewal is refused', () => {
    const bench = new Bench()
    const mapping = bench.start(['tcp'])
    const waits: number[] = []
    for (let i = 0, before = 0; i < 7; i++) {
      bench.answer()
      waits.push(bench.wake() - before)
      before = bench.now / SECOND
    }
    assert.deepEqual(waits, [300, 600, 1200, 2400, 4800, 7200, 7200])
    bench.answer(6881)
    assert.equal(mapping.mapped.tcp, 6881)
    bench.wake()
    bench.answer()
    assert.equal(mapping.mapped.tcp, undefined)
  })

  it('is taken back at the end, and what comes late is of no use', () => {
    const bench = new Bench()
    const mapping = bench.start(['udp'])
    bench.round(() => mapping.stop())
    assert.equal(bench.asked.at(-1), 'unmap')
    bench.answer(6881)
    assert.deepEqual([mapping.mapped.udp, bench.wakeAt], [undefined, NEVER])
  })
})

/** The sockets of a session on a machine that has what it is asked for. */
function opened(given: Partial<SessionOptions>, mapping?: MappingPort): { sockets: Sockets; bench: Bench } {
  const bench = new Bench()
  const open: { ticket: Ticket; value: unknown }[] = []
  const bind = (ticket: Ticket, _handle: number, host: string, port: number): void => {
    open.push({ ticket, value: parseAddress(host, port) })
  }
  const ports = {
    ...{ udp: { bind, close: () => {} }, streams: { listen: bind, unlisten: () => {} } },
    names: {
      own: (ticket: Ticket) => open.push({ ticket, value: [] }),
      changed: () => bench.asked.push('watch'),
    },
    mapping: mapping ?? bench,
  } as unknown as Ports
  const options = resolveSessionOptions({ portMapping: true, ...given })
  const sockets = new Sockets(ports, bench.tickets, bench.rounds, options)
  bench.round(() =>
    sockets.open(
      0,
      () => {},
      () => {},
      ({ message }) => assert.fail(message),
    ),
  )
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { ticket, value } = next
    bench.round(() => bench.tickets.complete(0, ticket, { ok: true, value }))
  }
  return { sockets, bench }
}

describe('a session', () => {
  for (const [what, options, asked] of [
    ['all addresses are bound to', {}, ['0 tcp 6881 6881', '0 udp 6881 6881']],
    ['it takes no peers', { listen: false }, ['0 udp 6881 6881']],
    ['it has no DHT', { dht: false, port: 7000 }, ['0 tcp 7000 7000']],
    ['all of IPv4 is', { bind: ['0.0.0.0'] }, ['0 tcp 6881 6881', '0 udp 6881 6881']],
    ['one address is', { bind: ['192.168.1.2'] }, []],
    ['loopback is', { bind: ['127.0.0.1', '::1'] }, []],
    ['all of IPv6 is', { bind: ['::'] }, []],
    ['it is told not to', { portMapping: false }, []],
  ] as [string, Partial<SessionOptions>, string[]][]) {
    it(`asks for ${asked.length} ports of a gateway where ${what}`, () => {
      const { sockets, bench } = opened(options)
      assert.deepEqual(bench.asked, asked)
      assert.equal(sockets.mapped !== undefined, asked.length > 0)
      sockets.close()
      assert.deepEqual(bench.asked, asked.length > 0 ? [...asked, 'unmap'] : [])
    })
  }

  for (const [what, options, watched] of [
    [
      'an address that was named, when that is asked for',
      { bind: ['192.168.1.2'], watchAddresses: true },
      true,
    ],
    ['none when it is not', { bind: ['192.168.1.2'] }, false],
    ['none where all are bound to', { bind: ['0.0.0.0'], watchAddresses: true, portMapping: false }, false],
    ['none of loopback', { bind: ['127.0.0.1'], watchAddresses: true }, false],
  ] as [string, Partial<SessionOptions>, boolean][]) {
    it(`watches ${what}`, () => {
      assert.deepEqual(opened(options).bench.asked, watched ? ['watch'] : [])
    })
  }

  it('tells its torrents what is mapped at each moment', () => {
    const { sockets, bench } = opened({ dht: false })
    const { mapped, port } = sockets.place
    assert.deepEqual([port, mapped()?.tcp], [6881, undefined])
    bench.answer(40_000)
    assert.equal(mapped()?.tcp, 40_000)
  })

  it('dials from an address that was named, also where nothing is open there, and never from one of the system’s choice', () => {
    const local = (options: Partial<SessionOptions>, to: string): string | undefined =>
      opened({ listen: false, ...options }).sockets.localHost(parseAddress(to, 1)!)
    for (const dht of [true, false]) {
      assert.equal(local({ dht, bind: ['192.168.1.2', 'fd00::2'] }, '10.0.0.1'), '192.168.1.2')
      assert.equal(local({ dht, bind: ['192.168.1.2', 'fd00::2'] }, '2001:db8::1'), 'fd00::2')
      assert.equal(local({ dht, bind: ['192.168.1.2'] }, '2001:db8::1'), '192.168.1.2')
      assert.equal(local({ dht, bind: ['0.0.0.0'] }, '2001:db8::1'), '0.0.0.0')
      assert.equal(local({ dht }, '10.0.0.1'), undefined)
      assert.equal(local({ dht }, '2001:db8::1'), undefined)
    }
  })
})
