import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Item, isNewer } from '../../src/codec/item.ts'
import { EMPTY, latin1 } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import type { LookupCommand } from '../../src/session/commands.ts'
import { FollowedItems } from '../../src/session/followed-items.ts'
import { dice } from '../support/dice.ts'
import { HELLO, itemTarget, signedItem } from '../support/items.ts'

/** A follower that is told `told` by the network. */
function follower() {
  const walks: { at: number; command: LookupCommand }[] = []
  const found: [number, Item][] = []
  let told: Item[] = []
  const followed = new FollowedItems({
    dice: dice(4),
    lookup: (at, command, done) => {
      walks.push({ at, command })
      done(
        at,
        told.map((item) => ({ item, announced: 0 }) as LookupResult),
      )
    },
    found: (number, _target, item) => found.push([number, item]),
  })
  const run = (until: number): void => {
    for (let at = followed.nextDeadline(); at <= until; at = followed.nextDeadline()) followed.tick(at)
  }
  return { followed, walks, found, run, tells: (...items: Item[]) => (told = items) }
}

describe('items that are followed', () => {
  const [one, two, three] = [1n, 2n, 3n].map((seq) => signedItem(seq, latin1(`i${seq}e`))) as [
    Item,
    Item,
    Item,
  ]
  const target = itemTarget(one)

  it('8.13 are looked for at once and about every five minutes, and only what is newer is told', () => {
    const { followed, walks, found, run, tells } = follower()
    followed.follow(0, 7, target, EMPTY)
    tells(two)
    run(6 * MINUTE)
    tells(one)
    run(14 * MINUTE)
    tells(one, three)
    run(20 * MINUTE)
    assert.deepEqual(found, [
      [7, two],
      [7, three],
    ])
    assert.ok(isNewer(three, two))
    assert.equal(walks[0]!.at, 0)
    for (const [i, { at, command }] of walks.slice(1).entries()) {
      const gap = at - walks[i]!.at
      assert.ok(gap >= 4 * MINUTE && gap <= 6 * MINUTE)
      assert.deepEqual([command.target, command.put], [target, undefined])
    }
  })

  it('are looked for each half minute as long as nothing has been found', () => {
    const { followed, walks, run, tells } = follower()
    followed.follow(0, 7, target, EMPTY)
    run(100 * SECOND)
    assert.ok(walks.length >= 3 && walks.length <= 5, `${walks.length}`)
    tells(one)
    run(140 * SECOND)
    const { length } = walks
    run(140 * SECOND + 3 * MINUTE)
    assert.equal(walks.length, length)
  })

  it('8.13 are put again each hour, in the newest version, by who follows them', () => {
    const { followed, walks, run, tells } = follower()
    followed.follow(0, 7, target, EMPTY)
    run(61 * MINUTE)
    assert.ok(
      walks.every(({ command }) => command.put === undefined),
      'nothing is known yet',
    )
    tells(two)
    run(250 * MINUTE)
    const puts = walks.flatMap(({ at, command }) =>
      command.put === undefined ? [] : [{ at, put: command.put }],
    )
    assert.equal(puts.length, 3)
    for (const { put } of puts) assert.deepEqual(put, { item: two, ifScarce: true })
  })

  it('are left alone when nobody follows them any more, though a walk was under way', () => {
    const found: Item[] = []
    let done: (at: number, results: readonly LookupResult[]) => void = () => {}
    const followed = new FollowedItems({
      dice: dice(4),
      lookup: (_at, _command, over) => (done = over),
      found: (_number, _target, item) => found.push(item),
    })
    followed.follow(0, 7, target, EMPTY)
    followed.tick(0)
    followed.unfollow(7)
    followed.unfollow(7)
    done(1, [{ item: { value: HELLO } } as LookupResult])
    assert.deepEqual([found, followed.nextDeadline()], [[], Number.POSITIVE_INFINITY])
  })
})
