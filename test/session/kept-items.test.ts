import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../src/codec/item.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { LookupCommand } from '../../src/session/commands.ts'
import { KeptItems } from '../../src/session/kept-items.ts'
import { decodeSavedItems, encodeSavedItems } from '../../src/session/saved-items.ts'
import { dice } from '../support/dice.ts'
import { HELLO, itemTarget, signedItem } from '../support/items.ts'

const HOUR = 60 * MINUTE

/** A keeper whose puts are answered by `answer`. */
function keeper(saved: readonly Item[] = []) {
  const puts: { at: number; command: LookupCommand }[] = []
  const files: Uint8Array[] = []
  let answer: Partial<LookupResult> = { announced: 8 }
  const kept = new KeptItems(0, {
    dice: dice(3),
    sha1: nodeCrypto.sha1,
    saved: saved.length === 0 ? undefined : encodeSavedItems(saved),
    lookup: (at, command, done) => {
      puts.push({ at, command })
      done(at, [answer as LookupResult])
    },
    save: (at, bytes, done) => {
      files.push(bytes)
      done(at)
    },
  })
  const run = (until: number): void => {
    for (let at = kept.nextDeadline(); at <= until; at = kept.nextDeadline()) kept.tick(at)
  }
  return { kept, puts, files, run, answers: (next: Partial<LookupResult>) => (answer = next) }
}

describe('items that are kept', () => {
  it('7.35 7.36 are put again about every hour, unless they are held often enough', () => {
    const { kept, puts, run } = keeper()
    const item = signedItem(2n)
    kept.keep(0, item)
    run(10.5 * HOUR)
    assert.ok(puts.length >= 9 && puts.length <= 11)
    for (const [i, { at, command }] of puts.entries()) {
      const gap = at - (puts[i - 1]?.at ?? 0)
      assert.ok(gap >= 0.9 * HOUR && gap <= 1.1 * HOUR)
      assert.deepEqual(
        [command.want, command.target, command.put],
        ['item', itemTarget(item), { item, ifScarce: true }],
      )
    }
  })

  it('are tried again soon, then more and more seldom, while nobody takes them', () => {
    const { kept, puts, run, answers } = keeper()
    kept.keep(0, { value: HELLO })
    answers({ announced: 0 })
    run(4 * HOUR)
    const gaps = puts.map(({ at }, i) => Math.round((at - (puts[i - 1]?.at ?? at)) / MINUTE)).slice(1)
    assert.deepEqual(gaps, [1, 2, 4, 8, 16, 32, 60])
    answers({ announced: 1 })
    run(5.5 * HOUR)
    answers({ announced: 0 })
    const before = puts.length
    run(puts.at(-1)!.at + 1.1 * HOUR + MINUTE)
    assert.equal(puts[before + 1]!.at - puts[before]!.at, MINUTE)
  })

  it('give way to a newer version that is found', () => {
    const { kept, puts, run, answers, files } = keeper()
    kept.keep(0, signedItem(2n))
    const newer = signedItem(5n, latin1('5:newer'))
    answers({ announced: 0, item: newer })
    run(1.2 * HOUR)
    assert.deepEqual(kept.items, [newer])
    assert.deepEqual(decodeSavedItems(files.at(-1)!), [newer])
    answers({ announced: 8, item: signedItem(3n) })
    run(2 * HOUR)
    assert.deepEqual(puts.at(-1)?.command.put?.item, newer)
    kept.keep(2 * HOUR, signedItem(4n))
    assert.deepEqual(kept.items, [newer])
  })

  it('are put one after the other when they come from an earlier run', () => {
    const saved = Array.from({ length: 30 }, (_, i) => signedItem(1n, HELLO, latin1(`${i}`)))
    const { puts, run, kept } = keeper(saved)
    assert.deepEqual(kept.items, saved)
    run(MINUTE)
    assert.deepEqual(
      puts.map(({ at }) => at),
      saved.map((_, i) => (i + 1) * SECOND),
    )
  })

  it('that are dropped are forgotten', () => {
    const { kept, puts, run, files } = keeper()
    kept.keep(0, { value: HELLO })
    kept.drop(0, itemTarget({ value: HELLO }))
    kept.drop(0, itemTarget({ value: HELLO }))
    run(3 * HOUR)
    assert.deepEqual([puts, kept.items, files.length], [[], [], 2])
    assert.equal(kept.nextDeadline(), Number.POSITIVE_INFINITY)
  })

  it('are a thousand at most', () => {
    const { kept } = keeper()
    for (let i = 0; i < 1000; i++) assert.ok(kept.keep(0, { value: latin1(`i${i}e`) }))
    assert.equal(kept.keep(0, { value: HELLO }), false)
    assert.equal(kept.keep(0, { value: latin1('i7e') }), true)
  })
})

describe('the file of items', () => {
  it('is read as it was written, with versions of 64 bits', () => {
    const items = [{ value: HELLO }, signedItem(2n ** 63n - 1n, HELLO, latin1('salt')), signedItem(0n)]
    assert.deepEqual(decodeSavedItems(encodeSavedItems(items)), items)
  })

  it('that is none, or of another version, is nothing; what is malformed in it is left out', () => {
    const good = encodeSavedItems([{ value: HELLO }])
    for (const bytes of [latin1(''), latin1('de'), good.subarray(1), good.subarray(0, good.length - 1)]) {
      assert.equal(decodeSavedItems(bytes), undefined)
    }
    const entries = ['i1e', 'de', 'd1:v0:e', 'd1:k1:x1:v2:0:e', 'd1:v2:0:e']
    const bytes = latin1(`d5:itemsl${entries.join('')}e7:versioni1ee`)
    assert.deepEqual(decodeSavedItems(bytes), [{ value: latin1('0:') }])
    assert.equal(decodeSavedItems(latin1('d5:itemsle7:versioni2ee')), undefined)
  })
})
