import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Address } from '../../src/core/address.ts'
import { parseAddress } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'
import { MINUTE, NEVER, SECOND } from '../../src/core/time.ts'
import type { Ending } from '../../src/swarm/first-wait.ts'
import type { SwarmOptions } from '../../src/swarm/options.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import type { PeerSource } from '../../src/swarm/peer-pool.ts'
import { PeerPool } from '../../src/swarm/peer-pool.ts'
import { seededDice } from './support.ts'

const at = (host: string, port = 6881): Address => parseAddress(host, port)!
const nth = (index: number): Address => at(`8.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)

function makePool(options: Partial<SwarmOptions> = {}): PeerPool {
  return new PeerPool(0, resolveSwarmOptions(options), seededDice(11))
}

function dialAll(pool: PeerPool, now: Micros): string[] {
  const dialled: string[] = []
  for (let dial = pool.next(now); dial !== undefined; dial = pool.next(now)) dialled.push(dial.address.text)
  return dialled
}

/** Runs the pool's own clock; `reach` answers whether a dial succeeds. Returns when each endpoint was dialled. */
function live(
  pool: PeerPool,
  from: Micros,
  until: Micros,
  reach: (address: Address) => boolean,
  input: (now: Micros) => void = () => undefined,
): { at: Micros; text: string }[] {
  const dials: { at: Micros; text: string }[] = []
  const dead: { at: Micros; address: Address }[] = []
  for (let now = from; now <= until; ) {
    input(now)
    while (dead.length > 0 && dead[0]!.at <= now) pool.failed(now, dead.shift()!.address)
    for (let dial = pool.next(now); dial !== undefined; dial = pool.next(now)) {
      dials.push({ at: now, text: dial.address.text })
      if (reach(dial.address)) pool.connected(now, dial.address, true)
      else dead.push({ at: now + dial.timeout, address: dial.address })
    }
    dead.sort((a, b) => a.at - b.at)
    const next = Math.min(pool.nextDeadline(now), dead[0]?.at ?? NEVER, now + SECOND)
    assert.ok(next > now)
    now = next
  }
  return dials
}

describe('the peer pool', () => {
  it('merges duplicates, and takes neither unusable nor own nor banned endpoints (HS10, HS19)', () => {
    const pool = makePool()
    assert.ok(pool.add(0, nth(1), 'dht'))
    assert.equal(pool.add(0, nth(1), 'pex'), false)
    for (const address of [at('8.0.0.2', 0), at('0.0.0.0'), at('224.0.0.1'), at('255.255.255.255')]) {
      assert.equal(pool.add(0, address, 'dht'), false)
    }
    assert.ok(pool.add(0, at('8.0.0.2', 65_535), 'dht'))
    assert.ok(pool.add(0, at('8.0.0.3'), 'dht'))
    assert.equal(pool.add(0, at('::ffff:8.0.0.3'), 'dht'), false, 'a mapped address is the same')
    pool.self(nth(1))
    assert.equal(pool.add(0, nth(1), 'dht'), false)
    pool.ban(nth(9), undefined)
    assert.equal(pool.add(0, nth(9), 'dht'), false)
    assert.equal(pool.counts().candidates, 2)
  })

  it('HS10 never dials itself again', () => {
    const pool = makePool()
    pool.add(0, nth(1), 'dht')
    pool.next(0)
    pool.self(nth(1))
    pool.failed(0, nth(1))
    assert.equal(pool.nextDeadline(0), NEVER)
    assert.equal(pool.counts().candidates, 0)
  })

  it('doubles the wait after each failed dial, from 5 s to 10 min; from 1 s for peers that the user named', () => {
    for (const [source, first] of [
      ['dht', 5],
      ['manual', 1],
    ] as const) {
      const pool = makePool()
      pool.add(0, nth(1), source)
      let now = 0
      for (let failure = 0; failure < 14; failure++) {
        assert.deepEqual(dialAll(pool, now), [nth(1).text])
        pool.failed(now, nth(1))
        const wait = pool.nextDeadline(now) - now
        const base = Math.min(first * 2 ** failure, 600) * SECOND
        assert.ok(wait >= base && wait <= 1.5 * base, `${wait} us after failure ${failure + 1}`)
        now += wait
      }
    }
  })

  it('tries a peer that left in good order again after 1 to 2 s', () => {
    const pool = makePool()
    pool.add(0, nth(1), 'dht')
    pool.next(0)
    pool.connected(0, nth(1), true)
    assert.equal(pool.nextDeadline(0), NEVER)
    pool.closed(SECOND, nth(1), 'graceful')
    const wait = pool.nextDeadline(SECOND) - SECOND
    assert.ok(wait >= SECOND && wait <= 2 * SECOND)
  })

  it('does not hold it against a peer that its dial could not be started', () => {
    const pool = makePool()
    pool.add(0, nth(1), 'dht')
    let now = 0
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(dialAll(pool, now), [nth(1).text])
      pool.postponed(now, nth(1))
      assert.equal(pool.nextDeadline(now), now + SECOND)
      now += SECOND
    }
  })

  it('waits long after an offence or a redundant connection, and forgets failures once one has lasted', () => {
    const pool = makePool()
    pool.add(0, nth(1), 'dht')
    let now = 0
    const wait = (how: Ending, lasted: Micros) => {
      assert.deepEqual(dialAll(pool, now), [nth(1).text])
      pool.connected(now, nth(1), true)
      now += lasted
      pool.closed(now, nth(1), how)
      const from = now
      now = pool.nextDeadline(now)
      return (now - from) / SECOND
    }
    const between = (seconds: number, low: number) =>
      assert.ok(seconds >= low && seconds <= 1.5 * low, `${seconds}`)
    between(wait('broken', SECOND), 5)
    between(wait('broken', SECOND), 10)
    between(wait('broken', MINUTE), 5)
    between(wait('strike', MINUTE), 60)
    between(wait('redundant', SECOND), 600)
  })

  it('waits longer for a peer that had no use for a connection than for one that left after some use', () => {
    const wait = (how: Ending, source: PeerSource) => {
      const pool = makePool()
      pool.add(0, nth(1), source)
      pool.next(0)
      pool.connected(0, nth(1), true)
      pool.closed(0, nth(1), how)
      return pool.nextDeadline(0) / SECOND
    }
    assert.ok(wait('declined', 'dht') >= 15)
    assert.ok(wait('graceful', 'dht') <= 2)
    assert.ok(wait('declined', 'manual') <= 2, 'one that the user named is tried again soon')
  })

  it('bans after three offences', () => {
    const pool = makePool()
    for (let i = 0; i < 3; i++) {
      assert.ok(pool.welcomes(nth(1), undefined))
      pool.connected(0, nth(1), false)
      pool.closed(0, nth(1), 'strike')
    }
    assert.equal(pool.welcomes(nth(1), undefined), false)
  })

  it('CL10 CL15 bans the endpoint, the peer id and where it listens, and the IP unless others live on it', () => {
    const id = new Uint8Array(20).fill(1)
    const pool = makePool()
    pool.connected(0, at('8.0.0.1', 50_000), false)
    pool.listens(0, at('8.0.0.1', 50_000), 6881)
    pool.add(0, at('8.0.0.1', 7000), 'dht')
    pool.ban(at('8.0.0.1', 50_000), id)
    pool.closed(0, at('8.0.0.1', 50_000), 'strike')
    assert.ok(pool.refuses(at('8.0.0.1', 6881)))
    assert.ok(pool.refuses(nth(77), id))
    assert.equal(pool.refuses(at('8.0.0.1', 7000)), false)
    pool.ban(at('8.0.0.1', 7000), undefined)
    assert.ok(pool.refuses(at('8.0.0.1', 1)))
    const alone = makePool()
    alone.connected(0, nth(5), true)
    alone.ban(nth(5), undefined)
    assert.ok(alone.refuses(at('8.0.0.5', 1)), 'the only endpoint of its IP')
    alone.closed(0, nth(5), 'broken')
    assert.equal(alone.nextDeadline(0), NEVER)
    assert.equal(alone.counts().candidates, 0)
  })

  it('dials an incoming peer where it listens once it has gone, not before', () => {
    const pool = makePool()
    const guest = at('8.0.0.1', 50_000)
    pool.add(0, nth(1), 'dht')
    pool.connected(0, guest, false)
    pool.listens(0, guest, 6881)
    assert.equal(pool.next(0), undefined)
    pool.closed(SECOND, guest, 'graceful')
    assert.deepEqual(dialAll(pool, 5 * SECOND), [nth(1).text])
    assert.equal(pool.counts().connected, 0)
  })

  it('does not dial seeds while we seed', () => {
    const pool = makePool()
    for (const index of [1, 2]) pool.add(0, nth(index), 'dht')
    pool.seed(nth(1))
    pool.setSeeding(true)
    assert.deepEqual(dialAll(pool, 0), [nth(2).text])
  })

  it('RS5 refuses by the user’s list before dialling and on accept, as soon as it is replaced', () => {
    const pool = makePool()
    pool.add(0, nth(1), 'dht')
    pool.setBlocklist((address) => address.host === nth(1).host)
    assert.equal(pool.welcomes(nth(1), undefined), false)
    assert.ok(pool.refuses(nth(1)))
    assert.equal(pool.next(0), undefined)
  })

  it('keeps to the connections in all, and to those per IP in the global scope alone', () => {
    const pool = makePool({ connections: 10, connectionsPerHost: 2 })
    for (const port of [1, 2]) pool.connected(0, at('8.0.0.1', port), false)
    assert.equal(pool.welcomes(at('8.0.0.1', 3), undefined), false)
    pool.add(0, at('8.0.0.1', 4), 'dht')
    assert.equal(pool.next(0), undefined, 'nor is it dialled')
    for (const port of [1, 2, 3, 4, 5]) {
      assert.ok(pool.welcomes(at('127.0.0.1', port), undefined))
      assert.equal(pool.lacking(false), 'nothing')
      pool.connected(0, at('127.0.0.1', port), false)
    }
    for (let i = 50; i < 54; i++) pool.add(0, nth(i), 'dht')
    assert.equal(dialAll(pool, 0).length, 2, 'one more than the bucket holds waits')
    assert.equal(dialAll(pool, SECOND).length, 1, 'the tenth place')
    assert.equal(pool.stuckSince, 0, 'the fourth is kept waiting')
    assert.equal(pool.nextDeadline(SECOND), NEVER)
  })

  it('leaves three places in ten to those that it dials, until it seeds', () => {
    const pool = makePool({ connections: 20 })
    for (let i = 0; i < 14; i++) {
      assert.equal(pool.lacking(false), 'nothing')
      pool.connected(0, nth(i), false)
    }
    assert.equal(pool.lacking(false), 'incoming place')
    assert.equal(pool.stuckSince, NEVER)
    pool.add(0, nth(50), 'manual')
    assert.deepEqual(dialAll(pool, 0), [nth(50).text])
    pool.connected(0, nth(50), true)
    assert.deepEqual([pool.named(nth(50)), pool.named(nth(1))], [true, false])
    pool.setSeeding(true)
    assert.equal(pool.lacking(false), 'nothing')
    for (let i = 14; i < 19; i++) pool.connected(0, nth(i), false)
    assert.equal(pool.lacking(false), 'incoming place')
    pool.closed(0, nth(1), 'redundant')
    assert.equal(pool.lacking(false), 'nothing')
  })

  it('forgets failed candidates when it is full, never untried or named ones', () => {
    const pool = makePool({ candidates: 20, dialRate: 1000 })
    for (let i = 0; i < 20; i++) pool.add(0, nth(i), i < 10 ? 'manual' : 'dht')
    assert.equal(pool.add(0, nth(99), 'dht'), false)
    for (const text of dialAll(pool, 0)) pool.failed(0, at(text.split(':')[0]!))
    for (let i = 100; i < 120; i++) pool.add(0, nth(i), 'dht')
    assert.equal(pool.counts().candidates, 20)
    assert.ok(pool.counts().overflow >= 11)
    for (let i = 0; i < 10; i++) assert.equal(pool.add(0, nth(i), 'dht'), false, 'still there')
  })
})

describe('the peer pool over time', () => {
  it('RS1 starts at most 30 dials a second and 50 at once, and dials a late live peer within 60 s among 1,000 dead ones', () => {
    const pool = makePool()
    for (let i = 0; i < 1000; i++) pool.add(0, nth(i), 'dht')
    const late = nth(5000)
    const found = 30 * SECOND
    let added = false
    const dials = live(
      pool,
      0,
      3 * MINUTE,
      (address) => address === late,
      (now) => {
        assert.ok(pool.counts().dialling <= 50)
        if (added || now < found) return
        added = true
        // It is neither the first nor the last of what a look-up brings.
        for (let i = 1000; i < 1040; i++) pool.add(now, i === 1020 ? late : nth(i), 'dht')
      },
    )
    const reached = dials.find((dial) => dial.text === late.text)!
    assert.ok(reached.at - found < 60 * SECOND, `${(reached.at - found) / SECOND} s`)
    for (let i = 30; i < dials.length; i++)
      assert.ok(dials[i]!.at - dials[i - 30]!.at >= SECOND, 'dials a second')
    const tried = new Set(dials.map((dial) => dial.text))
    assert.ok(tried.size > 1000, 'everyone has had a try')
  })

  it('comes back to dead peers while new ones keep coming', () => {
    const pool = makePool()
    pool.add(0, nth(0), 'dht')
    let next = 1
    const dials = live(
      pool,
      0,
      2 * MINUTE,
      () => false,
      (now) => {
        for (; next < now / (SECOND / 20); next++) pool.add(now, nth(next), 'dht')
      },
    )
    assert.ok(dials.filter((dial) => dial.text === nth(0).text).length >= 2)
  })

  it('keeps its counts, and its deadline in the future, whatever happens', () => {
    const act = fc.record({
      act: fc.constantFrom('add', 'dial', 'fail', 'reach', 'accept', 'tell', 'close', 'ban', 'self', 'wait'),
      index: fc.nat(7),
      manual: fc.boolean(),
      how: fc.constantFrom('graceful', 'declined', 'redundant', 'broken', 'strike'),
      wait: fc.nat(40),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const pool = makePool({ candidates: 6, connections: 5, halfOpen: 3, connectionsPerHost: 2 })
        const dialling = new Set<Address>()
        const connected = new Map<Address, boolean>()
        let now = 0
        for (const { act: what, index, manual, how, wait } of acts) {
          const home = at('8.0.0.1', 1 + index)
          const guest = at('8.0.0.1', 1000 + index)
          const first = [...dialling][0]
          if (what === 'add') pool.add(now, home, manual ? 'manual' : 'dht')
          else if (what === 'dial') {
            for (let dial = pool.next(now); dial !== undefined; dial = pool.next(now)) {
              assert.ok(!dialling.has(dial.address) && !connected.has(dial.address))
              assert.ok(!pool.refuses(dial.address))
              dialling.add(dial.address)
            }
            assert.ok(pool.nextDeadline(now) > now)
          } else if (what === 'fail' && first !== undefined) {
            dialling.delete(first)
            pool.failed(now, first)
          } else if (what === 'reach' && first !== undefined) {
            dialling.delete(first)
            connected.set(first, true)
            pool.connected(now, first, true)
          } else if (what === 'accept' && !connected.has(guest) && pool.welcomes(guest, undefined)) {
            connected.set(guest, false)
            pool.connected(now, guest, false)
          } else if (what === 'tell' && connected.has(guest)) pool.listens(now, guest, 1 + index)
          else if (what === 'close') {
            for (const address of [home, guest]) if (connected.delete(address)) pool.closed(now, address, how)
          } else if (what === 'ban') pool.ban(home, undefined)
          else if (what === 'self') pool.self(home)
          else if (what === 'wait') now += wait * SECOND
          const counts = pool.counts()
          assert.equal(counts.dialling, dialling.size)
          assert.equal(counts.connected, connected.size)
          assert.ok(counts.candidates <= 6 + connected.size)
          assert.ok(counts.dialling <= 3)
        }
      }),
      { numRuns: 300 },
    )
  })
})
