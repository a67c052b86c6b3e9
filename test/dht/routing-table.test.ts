import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Address, limitKey } from '../../src/core/address.ts'
import { toHex } from '../../src/core/bytes.ts'
import { commonPrefix, compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { between } from '../../src/core/rng.ts'
import { MILLISECOND, MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { DHT_DEFAULTS, type DhtOptions } from '../../src/dht/options.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'
import { RoutingTable } from '../../src/dht/table/routing-table.ts'
import { thinRanges } from '../../src/dht/table/thin-ranges.ts'
import { dice } from '../support/dice.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const OWN: Id = new Uint8Array(20)
const NARROW = resolveDhtOptions({ wideBuckets: [] })

/** An id whose first byte is `first`, so that its bucket is known. */
function idAt(first: number, rest: number): Id {
  const id = new Uint8Array(20)
  id[0] = first
  id[18] = rest >> 8
  id[19] = rest & 255
  return id
}

function tableOf(options: DhtOptions = NARROW): RoutingTable {
  return new RoutingTable(0, OWN, options)
}

/** A table whose far bucket (ids from 128 on) holds the eight contacts 0 to 7. */
function fullFarBucket(): RoutingTable {
  const table = tableOf()
  for (let i = 0; i < 8; i++) table.answered(0, idAt(200, i), globalAddress(i))
  table.answered(0, idAt(1, 99), globalAddress(99))
  return table
}

describe('routing table', () => {
  it('9.01 calls a contact good until 15 minutes after its answer, then questionable', () => {
    const table = tableOf()
    table.answered(0, idAt(200, 1), globalAddress(1))
    const contact = table.at(globalAddress(1))!
    assert.equal(table.standing(15 * MINUTE - SECOND, contact), 'good')
    assert.equal(table.standing(15 * MINUTE + SECOND, contact), 'questionable')
  })

  it('9.02 calls a contact good that once answered and asked us something lately', () => {
    const table = tableOf()
    table.answered(0, idAt(200, 1), globalAddress(1))
    assert.equal(table.queried(115 * MINUTE, idAt(200, 1), globalAddress(1)), true)
    assert.equal(table.standing(120 * MINUTE, table.at(globalAddress(1))!), 'good')
  })

  it('9.03 has no place for a node that only asks', () => {
    const table = tableOf()
    assert.equal(table.queried(0, idAt(200, 1), globalAddress(1)), false)
    assert.equal(table.size, 0)
  })

  it('9.04 keeps a newcomer to a full bucket of good contacts as a replacement only', () => {
    const table = fullFarBucket()
    assert.equal(table.answered(1, idAt(200, 50), globalAddress(50)), 'spare')
    assert.equal(table.at(globalAddress(50)), undefined)
    assert.equal(table.wants(1, idAt(200, 51), globalAddress(51)), false)
  })

  it('9.05 splits a full bucket that contains our id', () => {
    const table = tableOf()
    for (let i = 0; i < 8; i++) table.answered(0, idAt(i < 4 ? 200 : 1, i), globalAddress(i))
    for (let i = 8; i < 12; i++) assert.equal(table.answered(0, idAt(1, i), globalAddress(i)), 'added')
    assert.equal(table.size, 12)
    assert.deepEqual(
      table.nearest(idAt(200, 0), 4).map(({ id }) => id[0]),
      [200, 200, 200, 200],
    )
  })

  describe('with wide buckets', () => {
    const wide = resolveDhtOptions({ wideBuckets: [8, 4], bucketSize: 2 })
    /** Of `first` 64 to 127: they share one bit with us, so the bucket that holds them may have four. */
    const sharingOneBit = (table: RoutingTable): number =>
      [...table.contacts()].filter(({ id }) => commonPrefix(id, OWN) === 1).length

    it('9.05 a split leaves no more in the far half than that may hold; the newest become replacements', () => {
      const table = tableOf(wide)
      // The root splits at the third, and takes the bucket beside us as wide as eight.
      for (let i = 0; i < 8; i++) table.answered(i, idAt(64, i), globalAddress(i))
      table.answered(8, idAt(200, 8), globalAddress(8))
      assert.equal(sharingOneBit(table), 8, 'the bucket around us has not split')
      assert.equal(table.answered(9, idAt(64, 9), globalAddress(9)), 'spare')
      assert.equal(sharingOneBit(table), 4)
      assert.equal(table.at(globalAddress(9)), undefined)
      for (let i = 0; i < 4; i++) assert.notEqual(table.at(globalAddress(i)), undefined, 'the oldest stay')
      table.remove(10, table.at(globalAddress(0))!)
      assert.equal(sharingOneBit(table), 4, 'a replacement has moved up')
    })

    it('9.05 no bucket ever holds more than it may, whoever comes in whatever order', () => {
      const byte = fc.integer({ min: 0, max: 255 })
      fc.assert(
        fc.property(fc.array(fc.tuple(byte, byte), { maxLength: 60 }), (ids) => {
          const table = tableOf(wide)
          ids.forEach(([first, rest], i) => {
            table.answered(i, idAt(first, rest + 1), globalAddress(i))
          })
          const shared = [...table.contacts()].map(({ id }) => commonPrefix(id, OWN))
          const sizeOf = (depth: number): number => wide.wideBuckets[depth - 1] ?? wide.bucketSize
          for (const bits of new Set(shared)) {
            // Either its own bucket exists, or all that are as near or nearer share one.
            const isOwn = Array.from({ length: bits + 1 }, (_, depth) => depth).some(
              (depth) => shared.filter((other) => other >= depth).length <= sizeOf(depth),
            )
            const count = shared.filter((other) => other === bits).length
            assert.ok(isOwn || count <= sizeOf(bits + 1), `${count} contacts share ${bits} bits`)
          }
          assert.equal(shared.length, table.size)
        }),
        { numRuns: 300 },
      )
    })
  })

  it('9.06 names the least recently seen questionable contact, whose second silence makes way for the newcomer', () => {
    const table = fullFarBucket()
    table.queried(MINUTE, idAt(200, 0), globalAddress(0))
    const now = 20 * MINUTE
    assert.equal(table.answered(now, idAt(200, 50), globalAddress(50)), 'spare')
    const doubtful = table.doubtful(now, idAt(200, 50))!
    assert.notEqual(doubtful.address, globalAddress(0))
    table.failed(now, doubtful)
    assert.equal(table.at(doubtful.address), doubtful, 'one silence is not enough')
    table.failed(now, doubtful)
    assert.equal(table.at(doubtful.address), undefined)
    assert.deepEqual(table.at(globalAddress(50))?.id, idAt(200, 50))
  })

  it('9.07 replaces a bad contact of a full bucket at once', () => {
    const table = fullFarBucket()
    const bad = table.at(globalAddress(3))!
    table.failed(1, bad)
    table.failed(1, bad)
    assert.equal(table.standing(1, bad), 'bad')
    assert.equal(table.answered(1, idAt(200, 50), globalAddress(50)), 'added')
    assert.equal(table.at(globalAddress(3)), undefined)
  })

  it('drops a contact that stays silent even when there is no replacement', () => {
    const table = tableOf()
    table.answered(0, idAt(200, 1), globalAddress(1))
    const contact = table.at(globalAddress(1))!
    for (let i = 0; i < 4; i++) table.failed(1, contact)
    assert.equal(table.size, 0)
  })

  it('9.08 finds a bucket stale 15 minutes after its last change, and not while it is being refreshed', () => {
    const table = fullFarBucket()
    assert.equal(table.nextRefresh(), 15 * MINUTE)
    table.answered(10 * MINUTE, idAt(1, 99), globalAddress(99))
    const stale = table.stale(0)
    assert.deepEqual(
      stale.map(({ bits, prefix }) => [bits, prefix[0]]),
      [[1, 128]],
    )
    table.refreshing(15 * MINUTE, idAt(200, 0))
    assert.equal(table.nextRefresh(), 25 * MINUTE)
  })

  it('9.12 takes one contact per IP and one per subnet of a bucket in the global scope', () => {
    const table = tableOf(DHT_DEFAULTS)
    table.answered(0, idAt(200, 0), address('60.1.1.1', 1))
    for (let i = 1; i < 100; i++) {
      assert.equal(table.answered(0, idAt(200, i), address('60.1.1.1', 1 + i)), 'refused')
      assert.equal(table.answered(0, idAt(200, i), address(`60.1.1.${1 + i}`)), 'refused')
    }
    assert.equal(table.size, 1)
    const six = tableOf(DHT_DEFAULTS)
    six.answered(0, idAt(200, 0), address('2001:db8:1:2::1'))
    assert.equal(six.answered(0, idAt(200, 1), address('2001:db8:1:2::2')), 'refused')
    assert.equal(six.answered(0, idAt(200, 1), address('2001:db8:1:3::2')), 'added')
  })

  it('9.12 takes four contacts of one subnet in the whole table, and one for each of them that is bad', () => {
    const table = tableOf()
    const firsts = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04]
    firsts.forEach((first, i) => {
      for (let j = 0; j < 7; j++) table.answered(0, idAt(first, j), globalAddress(10 * i + j))
    })
    const meet = (i: number): string => table.answered(1, idAt(firsts[i]!, 99), address(`99.1.1.${1 + i}`))
    const admissions = firsts.map((_, i) => meet(i))
    assert.deepEqual(admissions, ['added', 'added', 'added', 'added', 'refused', 'refused'])
    for (let i = 0; i < 2; i++) table.failed(2, table.at(address('99.1.1.1'))!)
    assert.deepEqual([meet(4), meet(5)], ['added', 'refused'])
  })

  it('9.04 gives the place of a slow contact in a full bucket to one that answers in less than half of the time', () => {
    const table = tableOf()
    for (let i = 0; i < 8; i++)
      table.answered(0, idAt(200, i), globalAddress(i), (100 + 20 * i) * MILLISECOND)
    table.answered(0, idAt(1, 99), globalAddress(99))
    assert.equal(table.answered(1, idAt(200, 20), globalAddress(20), 130 * MILLISECOND), 'spare')
    assert.equal(table.answered(1, idAt(200, 21), globalAddress(21), 100 * MILLISECOND), 'added')
    assert.equal(table.at(globalAddress(7)), undefined)
    assert.equal(table.roundTripOf(globalAddress(21)), 100 * MILLISECOND)
    // The slow one waits for a place, which the next one that fails leaves to it.
    const gone = table.at(globalAddress(0))!
    for (let i = 0; i < 2; i++) table.failed(2, gone)
    assert.ok(table.at(globalAddress(7)) !== undefined)
    const indifferent = tableOf(resolveDhtOptions({ wideBuckets: [], swifterBy: Number.POSITIVE_INFINITY }))
    for (let i = 0; i < 8; i++) indifferent.answered(0, idAt(200, i), globalAddress(i), SECOND)
    indifferent.answered(0, idAt(1, 99), globalAddress(99))
    assert.equal(indifferent.answered(1, idAt(200, 20), globalAddress(20), MILLISECOND), 'spare')
  })

  it('9.12 counts IP and port in the narrower scopes', () => {
    const table = tableOf(DHT_DEFAULTS)
    for (let i = 0; i < 8; i++) {
      assert.equal(table.answered(0, idAt(200, i), address('127.0.0.1', 7000 + i)), 'added')
    }
    assert.equal(table.size, 8)
  })

  it('gives the place of an endpoint to the id that answers there now', () => {
    const table = tableOf()
    table.answered(0, idAt(200, 1), globalAddress(1))
    assert.equal(table.answered(1, idAt(3, 1), globalAddress(1)), 'added')
    assert.deepEqual(table.at(globalAddress(1))?.id, idAt(3, 1))
    assert.equal(table.size, 1)
  })

  it('lets nobody take over a good contact by claiming its id', () => {
    const table = tableOf()
    table.answered(0, idAt(200, 1), globalAddress(1))
    assert.equal(table.answered(1, idAt(200, 1), globalAddress(2)), 'refused')
    assert.equal(table.standing(15 * MINUTE, table.at(globalAddress(1))!), 'questionable')
    assert.equal(table.answered(20 * MINUTE, idAt(200, 1), globalAddress(2)), 'added')
  })

  it('never holds its own id', () => {
    const table = tableOf()
    assert.equal(table.answered(0, OWN, globalAddress(1)), 'refused')
  })

  it('keeps a copy of the id, and names good contacts alone to an asker of fitting scope', () => {
    const table = tableOf()
    const id = idAt(200, 1)
    table.answered(0, id, globalAddress(1))
    table.answered(0, idAt(201, 1), address('127.0.0.1'))
    id.fill(9)
    const named = table.nearestGood(0, idAt(200, 1), globalAddress(7))
    assert.deepEqual(
      named.map((contact) => contact.id),
      [idAt(200, 1)],
    )
    assert.equal(table.nearestGood(0, idAt(200, 1), address('127.0.0.2')).length, 2)
    assert.equal(table.nearestGood(20 * MINUTE, idAt(200, 1), globalAddress(7)).length, 0)
  })

  it('tells ids apart that agree in their first 53 bits', () => {
    const table = tableOf()
    const ids = [1, 2, 3, 4, 5, 6, 7].map((last) => idAt(200, last))
    ids.forEach((id, i) => {
      table.answered(0, id, globalAddress(i))
    })
    assert.deepEqual(
      table.nearest(idAt(200, 0), 8).map(({ id }) => id[19]),
      [1, 2, 3, 4, 5, 6, 7],
    )
  })

  it('holds few contacts however many ids are drawn next to ours', () => {
    const table = tableOf(DHT_DEFAULTS)
    const rng = dice(3)
    for (let i = 0; i < 20_000; i++) {
      const id = randomId(rng)
      const shared = between(rng, 0, 159)
      for (let bit = 0; bit < shared; bit++) id[bit >> 3]! &= ~(0x80 >> (bit & 7))
      table.answered(0, id, globalAddress(i))
    }
    assert.ok(table.size < 128 + 64 + 32 + 16 + 8 * 160)
  })

  it('finds ranges without contacts behind a wide bucket that never split', () => {
    const table = tableOf(DHT_DEFAULTS)
    for (let i = 0; i < 8; i++) table.answered(0, idAt(i < 4 ? 200 : 1, i), globalAddress(i))
    for (let i = 8; i < 40; i++) table.answered(0, idAt(1, i), globalAddress(i))
    const thin = thinRanges(table, OWN, 8)
    assert.deepEqual(
      thin.map(({ bits }) => bits),
      [1, 2, 3, 4, 5, 6, 7],
    )
    for (const { prefix, bits } of thin) assert.equal(commonPrefix(prefix, OWN), bits - 1)
  })
})

type Command =
  | { readonly kind: 'answered' | 'queried'; readonly id: number; readonly place: number }
  | { readonly kind: 'failed'; readonly place: number }
  | { readonly kind: 'wait'; readonly seconds: number }

const COMMANDS: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('answered' as const), id: fc.nat(60), place: fc.nat(80) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('queried' as const), id: fc.nat(60), place: fc.nat(80) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('failed' as const), place: fc.nat(80) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(600) }) },
  ),
  { maxLength: 300 },
)

/** What a table may hold at most of what it was told: who answered, when it was last heard of, how often it failed since. */
class Model {
  readonly heard = new Map<string, { id: Id; address: Address; seen: Micros }>()

  key(id: Id, at: Address): string {
    return `${toHex(id)}@${at.text}`
  }
}

describe('routing table, against a model', () => {
  it('holds only who answered, within its limits, and finds the nearest exactly', () => {
    const rng = dice(11)
    const ids = Array.from({ length: 61 }, () => randomId(rng))
    const places = Array.from({ length: 81 }, (_, i) =>
      i % 4 === 3 ? address(`60.0.${i >> 3}.${1 + (i & 7)}`) : globalAddress(300 + i),
    )
    fc.assert(
      fc.property(COMMANDS, fc.nat(60), (commands, target) => {
        const own = ids[0]!
        const table = new RoutingTable(0, own, NARROW)
        const model = new Model()
        let now = 0
        for (const command of commands) {
          if (command.kind === 'wait') now += command.seconds * SECOND
          else if (command.kind === 'failed') {
            const contact = table.at(places[command.place]!)
            if (contact !== undefined) table.failed(now, contact)
          } else {
            const id = ids[command.id]!
            const place = places[command.place]!
            const known = model.heard.get(model.key(id, place))
            if (command.kind === 'answered') {
              const admission = table.answered(now, id, place)
              if (id === own) assert.equal(admission, 'refused')
              model.heard.set(model.key(id, place), { id, address: place, seen: now })
            } else if (table.queried(now, id, place)) known!.seen = now
          }
          const contacts = [...table.contacts()]
          assert.equal(contacts.length, table.size)
          for (const contact of contacts) {
            const heard = model.heard.get(model.key(contact.id, contact.address))
            assert.ok(heard, 'a contact has answered')
            if (now - heard.seen >= 15 * MINUTE) assert.notEqual(table.standing(now, contact), 'good')
            assert.notDeepEqual(contact.id, own)
          }
          assert.equal(new Set(contacts.map(({ id }) => toHex(id))).size, contacts.length)
          assert.equal(new Set(contacts.map((contact) => limitKey(contact.address))).size, contacts.length)
        }
        const standing = [...table.contacts()].filter((contact) => table.standing(now, contact) !== 'bad')
        const wanted = standing.sort((a, b) => compareDistance(ids[target]!, a.id, b.id)).slice(0, 8)
        assert.deepEqual(table.nearest(ids[target]!, 8), wanted)
        const good = standing.filter((contact) => table.standing(now, contact) === 'good')
        assert.equal(
          table.good(now + SECOND),
          good.filter((contact) => table.standing(now + SECOND, contact) === 'good').length,
        )
      }),
      { numRuns: 150 },
    )
  })
})
