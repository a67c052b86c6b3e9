import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { NEVER, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { Sha1Check } from '../../src/swarm/piece-check.ts'
import { PieceFinisher } from '../../src/swarm/piece-finisher.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'
import { seededDice } from './support.ts'

/** The content of a block is a number: `GOOD`, or it is wrong. */
const GOOD = 1
const BAD = 2
const SHORT = 5 * BLOCK_LENGTH
/** Six runs, the last of one block and a byte. */
const LONG = 5 * 1024 * 1024 + BLOCK_LENGTH + 1

/** One piece's memory and file. Answers come in any order, when they are drawn. */
class Bench {
  readonly finisher: PieceFinisher
  readonly geometry: Geometry
  readonly memory = new Map<number, number>()
  readonly file = new Map<number, number>()
  readonly told: string[] = []
  /** Told with the last outcome that had any. */
  digests: number[] = []
  awaits = false
  /** What the digests of its blocks should be, and told: which of them are wrong. */
  known = false
  spoilt: readonly number[] = []
  /** What the disk makes of a block. */
  keeps = (content: number): number => content
  readonly #dice: Rng
  readonly #answers: (() => void)[] = []

  constructor(dice: Rng, pieceLength: number) {
    this.#dice = dice
    this.geometry = new Geometry(pieceLength, pieceLength)
    const tell = (what: string, digests?: Uint8Array): void => {
      this.told.push(what)
      if (digests !== undefined) this.digests = [...digests].filter((_, i) => i % 20 === 0)
      if (what === 'wrong' || what === 'unreadable') assert.equal(this.memory.size, 0, 'given up before')
    }
    this.finisher = new PieceFinisher(
      this.geometry,
      this.#store(),
      new Sha1Check(this.geometry, new Uint8Array(20).fill(GOOD), nodeCrypto.sha1),
      {
        owed: () => {},
        written: () => {},
        finished: () => tell('finished'),
        wrong: (_now, _piece, digests) => tell('wrong', digests),
        awaits: () => this.awaits,
        right: (_now, _piece, digests) => tell('right', digests),
        contradicts: () => assert.fail('there is one hash alone'),
        truth: (now, _piece, done) => {
          const right = new Uint8Array(20 * this.geometry.blocksOf(0)).fill(GOOD)
          if (!this.known) done(now, undefined)
          else this.#answers.push(() => done(now, right))
        },
        spoilt: (_now, _piece, blocks) => {
          tell('spoilt')
          this.spoilt = blocks
        },
        unreadable: () => tell('unreadable'),
        trouble: () => tell('trouble'),
        recovered: () => tell('recovered'),
      },
    )
  }

  /** Blocks come in any order, and answers between them; `until`: so many blocks. */
  fill(contents: readonly number[], until: number = contents.length): void {
    const order = contents.map((_, block) => block)
    for (let i = order.length - 1; i > 0; i--) {
      const j = below(this.#dice, i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    for (const block of order.slice(0, until)) {
      this.memory.set(block, contents[block]!)
      this.finisher.block(0, block)
      while (below(this.#dice, 3) === 0 && this.answer());
    }
    if (until < order.length) return
    this.finisher.full(0)
    while (this.answer());
  }

  /** The blocks that are wrong come again. */
  mend(contents: readonly number[]): void {
    for (const block of this.spoilt) {
      this.memory.set(block, contents[block]!)
      this.finisher.block(0, block)
      while (below(this.#dice, 3) === 0 && this.answer());
    }
    this.finisher.full(0)
    while (this.answer());
  }

  /** Gives one of the answers that are due. */
  answer(): boolean {
    const [answer] = this.#answers.splice(below(this.#dice, Math.max(1, this.#answers.length)), 1)
    answer?.()
    return answer !== undefined
  }

  #blocks(begin: number, length: number): number[] {
    const first = begin / BLOCK_LENGTH
    return Array.from({ length: Math.ceil(length / BLOCK_LENGTH) }, (_, i) => first + i)
  }

  #store(): PieceStore {
    const later = (answer: () => void): void => void this.#answers.push(answer)
    const contentOf = (block: number): number => this.memory.get(block) ?? this.file.get(block) ?? 0
    return {
      write() {},
      hash: (_piece, done) => {
        const whole = this.#blocks(0, this.geometry.pieceLength).map(contentOf)
        const digest = new Uint8Array(20).fill(whole.every((content) => content === GOOD) ? GOOD : BAD)
        later(() => done(0, digest, undefined))
      },
      digests: (_piece, begin, length, done) => {
        const contents = this.#blocks(begin, length).map(contentOf)
        const digests = Uint8Array.from(
          { length: 20 * contents.length },
          (_, i) => contents[Math.floor(i / 20)]!,
        )
        later(() => done(0, digests, undefined))
      },
      leaves: () => assert.fail('of version 1'),
      flush: (_piece, begin, length, done) => {
        for (const block of this.#blocks(begin, length)) {
          assert.ok(this.memory.has(block), 'written from memory')
          this.file.set(block, this.keeps(this.memory.get(block)!))
        }
        later(() => done(0, undefined, undefined))
      },
      release: (_piece, begin, length) => {
        for (const block of this.#blocks(begin, length)) this.memory.delete(block)
      },
      read() {},
      recordWriting: (_piece, done) => later(() => done(0)),
      recordWritten() {},
      recordDropped() {},
    }
  }
}

describe('a full piece', () => {
  for (const [what, length] of [
    ['in memory', SHORT],
    ['in runs', LONG],
  ] as const) {
    it(`CL9, CL14: ${what}, whatever comes when: right, wrong or spoiled by the disk, and its digests are those of what came`, () => {
      for (let seed = 1; seed <= 60; seed++) {
        const dice = seededDice(seed)
        const bench = new Bench(dice, length)
        const good = Array.from({ length: bench.geometry.blocksOf(0) }, () => GOOD)
        const bad = good.map(() => (below(dice, 4) === 0 ? BAD : GOOD))
        bad[below(dice, bad.length)] = BAD

        bench.fill(good, below(dice, good.length))
        bench.finisher.restart(0)
        assert.deepEqual([bench.told, bench.memory.size], [[], 0])

        bench.fill(bad)
        assert.deepEqual([bench.told.splice(0), bench.digests], [['wrong'], bad])

        // Only what is read back can have been spoiled.
        bench.keeps = () => 9
        bench.fill(good)
        const spoiled = length === LONG
        assert.deepEqual(bench.told.splice(0), spoiled ? ['unreadable', 'trouble'] : ['finished'])
        assert.equal(bench.finisher.troubled, spoiled)
        assert.equal(bench.finisher.nextDeadline(), spoiled ? 5 * SECOND : NEVER)
        if (spoiled) bench.finisher.tick(5 * SECOND)
        assert.deepEqual(bench.told.splice(0), spoiled ? ['recovered'] : [])

        bench.keeps = (content) => content
        bench.awaits = true
        bench.fill(good)
        assert.deepEqual([bench.told, bench.digests, bench.memory.size], [['right', 'finished'], good, 0])
        assert.deepEqual([...bench.file.values()], good)
      }
    })

    it(`V10: ${what}, of which it is known what is right, has its wrong blocks alone come again, and again`, () => {
      for (let seed = 1; seed <= 60; seed++) {
        const dice = seededDice(seed)
        const bench = new Bench(dice, length)
        bench.known = true
        const good = Array.from({ length: bench.geometry.blocksOf(0) }, () => GOOD)
        const wrongOf = (contents: readonly number[]): number[] =>
          [...contents.keys()].filter((block) => contents[block] !== GOOD)
        const bad = good.map(() => (below(dice, 8) === 0 ? BAD : GOOD))
        bad[below(dice, bad.length)] = BAD
        bench.fill(bad)
        assert.deepEqual([bench.told.splice(0), bench.spoilt], [['spoilt'], wrongOf(bad)])

        const worse = bad.map((content) => (content === BAD && below(dice, 2) === 0 ? BAD : GOOD))
        const again = wrongOf(worse)
        bench.mend(worse)
        if (again.length > 0) {
          assert.deepEqual([bench.told.splice(0), bench.spoilt], [['spoilt'], again])
          if (below(dice, 4) === 0) {
            bench.finisher.restart(0)
            assert.equal(bench.memory.size, 0)
            bench.fill(good)
          } else bench.mend(good)
        }
        assert.deepEqual([bench.told, bench.memory.size], [['finished'], 0])
        assert.ok(good.every((content, block) => bench.file.get(block) === content))
        assert.deepEqual(bench.finisher.backlog, { hashing: 0, writing: 0 })
      }
    })
  }
})
