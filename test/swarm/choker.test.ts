import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { ChokePeer, ChokeState, SeedChoking } from '../../src/swarm/choke-policy.ts'
import { Choker } from '../../src/swarm/choker.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { seededDice } from './support.ts'

const ROUND = 10 * SECOND

function peer(key: number, more: Partial<ChokePeer> = {}): ChokePeer {
  return {
    key,
    host: `host-${key}`,
    interested: true,
    down: 0,
    up: 0,
    taken: 0,
    share: 0,
    connectedAt: -HOUR_AGO,
    snubbing: false,
    uploadOnly: false,
    ...more,
  }
}

const HOUR_AGO = 60 * MINUTE

function choker(uploadSlots: number, dice = 1, seedChoking?: SeedChoking): Choker {
  return new Choker(resolveSwarmOptions({ uploadSlots }), seededDice(dice), seedChoking)
}

function state(seeding: boolean, pieceLength = 0, limited = false): ChokeState {
  return { seeding, pieceLength, limited }
}

/** They take what they get: some more in each round. */
function taking(all: readonly ChokePeer[], round: number): ChokePeer[] {
  return all.map((each) => ({ ...each, taken: round * 1000 }))
}

function peers(count: number, more: (key: number) => Partial<ChokePeer> = () => ({})): ChokePeer[] {
  return Array.from({ length: count }, (_, i) => peer(i + 1, more(i + 1)))
}

describe('the choker', () => {
  it('unchokes every interested peer when there are slots for all', () => {
    const all = [...peers(3), peer(4, { interested: false })]
    for (const seeding of [true, false]) {
      assert.deepEqual([...choker(8).round(0, all, state(seeding, 0))].sort(), [1, 2, 3])
    }
  })

  it('unchokes a newly interested peer at once while a slot is free', () => {
    const slots = choker(2)
    slots.round(0, peers(1), state(false, 0))
    assert.ok(slots.admit(SECOND, peer(2)))
    assert.equal(slots.admit(SECOND, peer(2)), false, 'it is unchoked already')
    assert.equal(slots.admit(2 * SECOND, peer(3)), false, 'no slot is free')
    slots.free(3 * SECOND, 1)
    assert.ok(slots.admit(4 * SECOND, peer(3)))
  })

  it('gives a slot that comes free between rounds to who waits: the best of those that give, never who was just choked', () => {
    for (const seeding of [false, true]) {
      const slots = choker(3)
      const all = peers(8, (key) => ({ down: key * 1000, taken: key }))
      const before = slots.round(0, all, state(seeding))
      const [leaver] = [...before].filter((key) => key !== 8)
      slots.free(4 * SECOND, leaver!)
      assert.equal(slots.nextDeadline(), 4 * SECOND)
      const rest = all.filter(({ key }) => key !== leaver)
      const after = slots.round(4 * SECOND, rest, state(seeding))
      assert.equal(after.size, 3)
      for (const key of before) assert.ok(key === leaver || after.has(key), 'the others keep theirs')
      assert.equal(slots.nextDeadline(), ROUND)
      const choked = [...after].filter((key) => !slots.round(ROUND, taking(rest, 1), state(seeding)).has(key))
      const [next] = [...slots.round(ROUND, rest, state(seeding))]
      slots.free(11 * SECOND, next!)
      const late = slots.round(slots.nextDeadline(), rest, state(seeding))
      assert.ok(
        choked.every((key) => !late.has(key)),
        'who was choked by the last round waits for the next',
      )
    }
  })

  it('gives away one slot a second at most, and none when nobody waits', () => {
    const slots = choker(2)
    slots.round(0, peers(5), state(false))
    const [first, second] = [...slots.round(SECOND, peers(5), state(false))]
    slots.free(SECOND, first!)
    assert.equal(slots.nextDeadline(), 2 * SECOND)
    slots.round(2 * SECOND, peers(5), state(false))
    slots.free(2 * SECOND, second!)
    assert.equal(slots.nextDeadline(), 3 * SECOND)
    const alone = choker(2)
    alone.round(0, peers(2), state(false))
    alone.free(SECOND, 1)
    assert.equal(alone.nextDeadline(), ROUND)
  })

  it('RS8 gives no slot to a peer that will not download', () => {
    const slots = choker(2)
    assert.equal(slots.admit(0, peer(1, { uploadOnly: true })), false)
    assert.equal(slots.round(0, [peer(1, { uploadOnly: true })], state(true, 0)).size, 0)
  })

  it('RS9 trades with those that give most, and tries one by lot', () => {
    const slots = choker(4)
    const all = peers(20, (key) => ({ down: key <= 10 ? 0 : key * 1000 }))
    const lucky = new Set<number>()
    for (let round = 0; round < 60; round++) {
      const chosen = slots.round(round * ROUND, taking(all, round), state(false, 0))
      assert.equal(chosen.size, 4)
      for (const best of [18, 19, 20]) assert.ok(chosen.has(best))
      for (const key of chosen) if (key < 18) lucky.add(key)
    }
    assert.ok(lucky.size > 8, `${lucky.size} peers had a try`)
  })

  it('does not pay a peer that snubs us, except by lot', () => {
    const all = peers(6, (key) => ({ down: key * 1000, snubbing: key === 6 }))
    let tries = 0
    for (let dice = 1; dice <= 60; dice++)
      if (choker(3, dice).round(0, all, state(false, 0)).has(6)) tries += 1
    assert.ok(tries > 3 && tries < 35, `${tries} of 60`)
  })

  it('keeps the optimistic choice for 30 s', () => {
    const slots = choker(3)
    const all = peers(30, (key) => ({ down: key >= 29 ? 1e6 : 0 }))
    const lots = Array.from({ length: 12 }, (_, round) =>
      [...slots.round(round * ROUND, taking(all, round), state(false, 0))].find((key) => key < 29),
    )
    for (let round = 0; round < 12; round += 3) {
      assert.equal(lots[round], lots[round + 1])
      assert.equal(lots[round], lots[round + 2])
    }
    assert.ok(new Set(lots).size > 2)
  })

  it('draws new peers three times as often', () => {
    let fresh = 0
    for (let dice = 1; dice <= 600; dice++) {
      const all = peers(10, (key) => ({ connectedAt: key <= 5 ? -SECOND : -HOUR_AGO }))
      const [drawn] = choker(1, dice * 7919).round(0, all, state(false, 0))
      if (drawn! <= 5) fresh += 1
    }
    assert.ok(fresh > 400 && fresh < 500, `${fresh} of 600, expected 450`)
  })

  it('serves every interested peer in turn while we seed', () => {
    const slots = choker(4)
    const served = new Map<number, number>()
    const all = peers(20, (key) => ({ up: key * 10 }))
    for (let round = 0; round < 60; round++) {
      const chosen = slots.round(round * ROUND, taking(all, round), state(true, 0))
      assert.equal(chosen.size, 4)
      for (const key of chosen) served.set(key, (served.get(key) ?? 0) + 1)
    }
    assert.equal(served.size, 20)
    for (const [key, rounds] of served) assert.ok(rounds >= 9 && rounds <= 15, `${key} had ${rounds} of 60`)
  })

  it('has as many slots as what leaves is worth, and fewer than it began with only under a limit', () => {
    const slotsAt = (rate: number, limited: boolean) => {
      const all = peers(100, () => ({ up: rate / 100 }))
      return choker(8).round(0, all, state(true, 0, limited)).size
    }
    const KIB = 1024
    assert.deepEqual(
      [1, 10, 50, 200, 1000, 5000, 100_000].map((rate) => slotsAt(rate * KIB, true)),
      [2, 3, 5, 8, 8, 18, 20],
    )
    assert.deepEqual(
      [0, 1, 50, 200, 1000, 5000, 100_000].map((rate) => slotsAt(rate * KIB, false)),
      [8, 8, 8, 8, 8, 18, 20],
    )
    const many = new Choker(resolveSwarmOptions({ uploadSlots: 80 }), seededDice(1))
    assert.equal(many.round(0, peers(100), state(true)).size, 80)
  })

  it('serves those that take fastest while we seed, where that is asked for, and one by lot', () => {
    const slots = choker(4, 1, 'fastest')
    const served = new Set<number>()
    const all = peers(20, (key) => ({ up: key * 10 }))
    for (let round = 0; round < 100; round++) {
      const chosen = slots.round(round * ROUND, taking(all, round), state(true))
      assert.equal(chosen.size, 4)
      for (const best of [18, 19, 20]) assert.ok(chosen.has(best))
      for (const key of chosen) served.add(key)
    }
    assert.ok(served.size > 15, `${served.size}`)
  })

  it('serves those that have least or most while we seed, where that is asked for, but not who takes nothing', () => {
    const slots = choker(5, 1, 'anti-leech')
    const all = peers(21, (key) => ({ share: (key - 1) / 20 }))
    let idle = 0
    for (let round = 0; round < 20; round++) {
      const now = taking(all, round).map((each) => (each.key === 21 ? { ...each, taken: 0 } : each))
      const chosen = slots.round(round * ROUND, now, state(true))
      for (const key of [1, 2, 20]) assert.ok(chosen.has(key))
      if (chosen.has(21)) idle += 1
    }
    assert.ok(idle <= 2, `${idle} of 20`)
  })

  it('trades while we leech, whatever is asked for in seeding', () => {
    for (const policy of ['fastest', 'anti-leech'] as const) {
      const all = peers(20, (key) => ({ down: key, up: 21 - key, share: key / 40 }))
      const chosen = choker(4, 1, policy).round(0, all, state(false))
      for (const best of [18, 19, 20]) assert.ok(chosen.has(best))
    }
  })

  it('gives no slot for ever to peers that lose interest before each round and come back after it', () => {
    for (const seeding of [true, false]) {
      for (const block of [0, 16_384]) {
        const slots = choker(4)
        const flippers = peers(8)
        const taken = new Map<number, number>()
        let served = 0
        for (let round = 0; round < 60; round++) {
          const at = round * ROUND
          const all = flippers.map((each) => ({
            ...each,
            taken: taken.get(each.key) ?? 0,
            down: seeding ? 0 : 1,
          }))
          const honest = peer(100, { taken: round * 100_000, down: 10 })
          const chosen = slots.round(at, [...all, honest], state(seeding, 0))
          if (chosen.has(100)) served += 1
          for (const { key } of all) {
            if (chosen.has(key)) taken.set(key, (taken.get(key) ?? 0) + block)
            slots.free(at + 9 * SECOND, key)
            const back = { ...flippers[key - 1]!, taken: taken.get(key) ?? 0 }
            slots.admit(at + 9 * SECOND, back)
          }
        }
        assert.ok(served >= 20, `seeding ${seeding}, ${block} bytes a turn: ${served} of 60`)
      }
    }
  })

  it('does not end a turn while we seed before a whole piece has been taken, unless that would take over three minutes', () => {
    const slots = choker(1)
    const all = peers(3)
    const piece = 40_000
    const turns: { readonly key: number; rounds: number }[] = []
    for (let round = 0; round < 60; round++) {
      // A thousand bytes a second, forty seconds for a piece; the third takes a tenth of that.
      const now = all.map((each) => ({ ...each, taken: round * (each.key === 3 ? 1_000 : 10_000) }))
      const [chosen] = slots.round(round * ROUND, now, state(true, piece))
      if (turns.at(-1)?.key !== chosen) turns.push({ key: chosen!, rounds: 0 })
      turns.at(-1)!.rounds += 1
    }
    // The last may be cut off.
    const whole = turns.slice(0, -1)
    assert.deepEqual(new Set(whole.map(({ key }) => key)), new Set([1, 2, 3]))
    for (const { key, rounds } of whole) assert.equal(rounds, key === 3 ? 3 : 4)
  })

  it('ends the turn of a seed’s peer that takes nothing, and serves one that takes among 150 that do not', () => {
    const slots = choker(8)
    const idle = peers(150)
    for (let round = 0; round < 3; round++) slots.round(round * ROUND, idle, state(true, 0))
    let taken = 0
    let rounds = 0
    for (let round = 3; round < 63; round++) {
      const chosen = slots.round(round * ROUND, [...idle, peer(200, { taken })], state(true, 0))
      assert.equal(chosen.size, 8)
      if (!chosen.has(200)) continue
      taken += 1000
      rounds += 1
    }
    assert.ok(rounds >= 45, `${rounds} of 60`)
  })

  it('FR12: a seed goes on serving two who take when a hundred come who take what their kernels hold and no more', () => {
    const slots = choker(8)
    const served = new Map([
      [1, 0],
      [2, 0],
    ])
    const taken = new Map<number, number>()
    const since = new Map<number, number>()
    for (let round = 0; round < 60; round++) {
      const all = [...peers(2), ...(round < 2 ? [] : peers(100, (key) => ({ host: `deaf-${key}` })))].map(
        (each, i) => ({ ...each, key: i + 1, taken: taken.get(i + 1) ?? 0 }),
      )
      const chosen = slots.round(round * ROUND, all, state(true, 1000))
      assert.ok(chosen.size <= 8)
      for (const key of chosen) {
        since.set(key, since.get(key) ?? round)
        const takes = key <= 2 || since.get(key) === round
        if (takes) taken.set(key, (taken.get(key) ?? 0) + 5000)
        if (key <= 2) served.set(key, served.get(key)! + 1)
      }
    }
    for (const [key, rounds] of served) assert.ok(rounds >= 54, `${key} was served in ${rounds} rounds of 60`)
  })

  it('lets nobody who took nothing be first again by coming back', () => {
    const slots = choker(2)
    const chosen = new Map<string, number>()
    for (let round = 0; round < 40; round++) {
      // Two hosts with a new connection each round, and four that take and stay.
      const fickle = [1, 2].map((i) => peer(1000 + 2 * round + i, { host: `fickle-${i}` }))
      const all = [...taking(peers(4), round), ...fickle]
      const now = slots.round(round * ROUND, all, state(true, 0))
      for (const { key, host } of all) if (now.has(key)) chosen.set(host, (chosen.get(host) ?? 0) + 1)
      for (const { key } of fickle) slots.free((round + 1) * ROUND - 1, key)
    }
    for (let key = 1; key <= 4; key++) assert.ok(chosen.get(`host-${key}`)! >= 14, `${[...chosen]}`)
  })

  it('does not keep an optimistic choice that takes nothing', () => {
    const slots = choker(3)
    const all = peers(30, (key) => ({ down: key >= 29 ? 1e6 : 0 }))
    const lots = [0, 1, 2].map((round) =>
      [...slots.round(round * ROUND, all, state(false, 0))].find((key) => key < 29),
    )
    assert.equal(new Set(lots).size, 3)
  })

  /** Peer 6 is choked by a round and let in again between two later ones. */
  const CHOKED_AND_BACK = (
    [
      [1, 1, false, 0, false],
      [6, 6, true, 0, false],
      [4, 4, true, 0, false],
      [6, 5, true, 0, false],
      [4, 3, true, 0, true],
      [10, 1, false, 0, false],
      [3, 4, true, 1, false],
      [2, 3, false, 0, false],
      [5, 1, false, 0, false],
    ] as const
  ).map(([wait, key, interested, down, seeding]) => ({ wait, key, interested, down, taken: 0, seeding }))

  it('SV17 toggles no peer twice within 10 s, gives no more slots than there are, and leaves none empty', () => {
    const act = fc.record({
      wait: fc.integer({ min: 1, max: 12 }),
      key: fc.integer({ min: 1, max: 8 }),
      interested: fc.boolean(),
      down: fc.nat(5),
      taken: fc.nat(5),
      seeding: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (acts, size, dice) => {
          const slots = choker(size, dice)
          const all = new Map(peers(8, () => ({ interested: false })).map((each) => [each.key, each]))
          const unchoked = new Set<number>()
          const toggled = new Map<number, number>()
          const broken = new Map<number, number>()
          /** By the last round, which is not the last time that a slot was given away. */
          const choked = new Set<number>()
          let roundAt = -ROUND
          let now = 0
          const toggle = (key: number) => {
            const last = toggled.get(key)
            assert.ok(last === undefined || now - last >= ROUND, `${key} toggled after ${now - last!} us`)
            toggled.set(key, now)
          }
          // Whose interest comes back goes on with its turn, which may be nearly over.
          const resume = (key: number) => {
            const since = broken.get(key)
            if (since === undefined) toggle(key)
            else toggled.set(key, since)
            unchoked.add(key)
          }
          for (const { wait, key, interested, down, taken, seeding } of acts) {
            now += wait * SECOND
            const before = all.get(key)!
            all.set(key, { ...before, interested, down, taken: before.taken + taken })
            if (before.interested && !interested) {
              slots.free(now, key)
              if (unchoked.delete(key)) {
                broken.set(key, toggled.get(key)!)
                toggled.delete(key)
              }
            }
            if (!before.interested && interested && slots.admit(now, all.get(key)!)) resume(key)
            const mayHave = () => [...all.values()].filter((each) => each.interested && !choked.has(each.key))
            if (now >= slots.nextDeadline()) {
              const isRound = now - roundAt >= ROUND
              if (isRound) {
                roundAt = now
                choked.clear()
              }
              const chosen = slots.round(now, [...all.values()], state(seeding, 0))
              assert.equal(chosen.size, Math.min(size, mayHave().length))
              for (const { key: each } of all.values()) {
                if (chosen.has(each) === unchoked.has(each)) continue
                if (!isRound) {
                  assert.ok(chosen.has(each), 'chokes nobody for it')
                  resume(each)
                  continue
                }
                toggle(each)
                broken.delete(each)
                if (chosen.has(each)) unchoked.add(each)
                else {
                  unchoked.delete(each)
                  choked.add(each)
                }
              }
              assert.ok(slots.nextDeadline() > now)
            }
            assert.ok(unchoked.size <= size)
            const isFull = unchoked.size === Math.min(size, mayHave().length)
            assert.ok(isFull || slots.nextDeadline() <= now + SECOND, 'a free slot is soon given away')
          }
        },
      ),
      { numRuns: 300, examples: [[CHOKED_AND_BACK, 2, 0]] },
    )
  })
})
