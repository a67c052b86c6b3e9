import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import type { Micros } from '../../src/core/time.ts'
import { NEVER, SECOND } from '../../src/core/time.ts'
import { MetadataAssembly } from '../../src/swarm/metadata-assembly.ts'
import { METADATA_PIECE } from '../../src/swarm/metadata-group.ts'
import type { SwarmOptions } from '../../src/swarm/options.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { seededDice } from './support.ts'

const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest())

function content(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  seededDice(size).fill(bytes)
  return bytes
}

function assemble(truth: Uint8Array, options: Partial<SwarmOptions> = {}): MetadataAssembly {
  const isRight = (bytes: Uint8Array): boolean => equalBytes(sha1(bytes), sha1(truth))
  return new MetadataAssembly({ isRight, sha1, options: resolveSwarmOptions(options) })
}

function pieceOf(bytes: Uint8Array, piece: number): Uint8Array {
  return bytes.subarray(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE)
}

type Kind = 'honest' | 'liar' | 'silent' | 'rejects'

interface Actor {
  readonly key: number
  readonly who: string
  readonly kind: Kind
  readonly claim: number
}

/** Answers every request by kind, a tenth of a second a round, until the metadata is there or time is over. */
class Play {
  readonly assembly: MetadataAssembly
  readonly truth: Uint8Array
  readonly actors = new Map<number, Actor>()
  readonly liars: { who: string; verdict: string }[] = []
  /** Requests for each piece. */
  readonly asked = new Map<number, number>()
  now: Micros = 0

  constructor(truth: Uint8Array, options: Partial<SwarmOptions> = {}) {
    this.truth = truth
    this.assembly = assemble(truth, options)
  }

  join(kind: Kind, claim: number = this.truth.length): Actor {
    const key = this.actors.size + 1
    const actor = { key, who: `peer-${key}`, kind, claim }
    this.actors.set(key, actor)
    this.assembly.join(this.now, key, claim, actor.who)
    return actor
  }

  /** Whether the metadata came before `until`. */
  run(until: Micros): boolean {
    while (this.assembly.metadata === undefined && this.now < until) {
      const requests = this.assembly.requests(this.now)
      for (const { peer, piece } of requests) this.#answer(this.actors.get(peer)!, piece)
      for (const { who, verdict } of this.assembly.liars()) this.liars.push({ who, verdict })
      const next = this.assembly.nextDeadline()
      assert.ok(next > this.now)
      this.now = requests.length > 0 ? this.now + SECOND / 10 : Math.min(next, until)
      this.assembly.tick(this.now)
    }
    return this.assembly.metadata !== undefined
  }

  #answer(actor: Actor, piece: number): void {
    this.asked.set(piece, (this.asked.get(piece) ?? 0) + 1)
    const length = Math.min(METADATA_PIECE, actor.claim - piece * METADATA_PIECE)
    if (actor.kind === 'rejects') this.assembly.rejected(this.now, actor.key, piece)
    if (actor.kind === 'liar') {
      this.assembly.data(this.now, actor.key, piece, actor.claim, new Uint8Array(length).fill(actor.key))
    }
    if (actor.kind === 'honest') {
      this.assembly.data(this.now, actor.key, piece, actor.claim, pieceOf(this.truth, piece))
    }
  }
}

describe('metadata assembly', () => {
  for (const size of [1, METADATA_PIECE, METADATA_PIECE + 1, 3 * METADATA_PIECE, 7 * METADATA_PIECE - 1]) {
    it(`MD1 puts ${size} bytes together`, () => {
      const play = new Play(content(size))
      play.join('honest')
      assert.ok(play.run(10 * SECOND))
      assert.deepEqual(play.assembly.metadata, play.truth)
      assert.equal(play.assembly.nextDeadline(), NEVER)
      assert.deepEqual(play.assembly.requests(play.now), [])
      assert.equal(play.assembly.data(play.now, 1, 0, size, pieceOf(play.truth, 0)), 'ignored')
    })
  }

  it('MD7 ignores data that was not asked for, or is here already', () => {
    const truth = content(3 * METADATA_PIECE)
    const assembly = assemble(truth)
    assert.equal(assembly.data(0, 1, 0, truth.length, pieceOf(truth, 0)), 'ignored', 'from a stranger')
    assembly.join(0, 1, truth.length, 'a')
    assert.equal(assembly.data(0, 1, 0, truth.length, pieceOf(truth, 0)), 'ignored', 'before any request')
    assert.deepEqual(
      assembly.requests(0).map(({ piece }) => piece),
      [0, 1],
    )
    assert.equal(assembly.data(0, 1, 2, truth.length, pieceOf(truth, 2)), 'ignored')
    assert.equal(assembly.data(0, 1, 0, truth.length, pieceOf(truth, 0)), 'kept')
    assert.equal(assembly.data(0, 1, 0, truth.length, pieceOf(truth, 0)), 'ignored')
  })

  it('MD8 ignores an index beyond the last, which nobody was asked for', () => {
    const truth = content(3 * METADATA_PIECE)
    const assembly = assemble(truth)
    assembly.join(0, 1, truth.length, 'a')
    assembly.requests(0)
    for (const piece of [3, 2 ** 40])
      assert.equal(assembly.data(0, 1, piece, truth.length, pieceOf(truth, 0)), 'ignored')
  })

  it('MD9 tolerates a missing total size; who names another is a liar, and its claim void', () => {
    const truth = content(2 * METADATA_PIECE)
    const assembly = assemble(truth)
    for (const key of [1, 2]) assembly.join(0, key, truth.length, `${key}`)
    assert.equal(assembly.requests(0).length, 2)
    assert.equal(assembly.data(0, 1, 0, truth.length + 1, pieceOf(truth, 0)), 'ignored')
    assert.deepEqual(assembly.liars(), [{ peer: 1, who: '1', verdict: 'exclude' }])
    assert.equal(assembly.data(0, 2, 1, undefined, pieceOf(truth, 1)), 'kept')
    assert.deepEqual(assembly.requests(0), [{ peer: 2, piece: 0 }])
    assert.equal(assembly.data(0, 2, 0, undefined, pieceOf(truth, 0)), 'complete')
  })

  it('MD10 discards a piece of the wrong length, names who sent it, and asks another for it', () => {
    const truth = content(METADATA_PIECE + 100)
    for (const [piece, length] of [
      [0, 16_383],
      [0, 16_385],
      [0, 0],
      [1, 99],
      [1, 101],
    ] as const) {
      const assembly = assemble(truth)
      assembly.join(0, 1, truth.length, 'a')
      assembly.requests(0)
      assert.equal(assembly.data(0, 1, piece, truth.length, new Uint8Array(length)), 'ignored')
      assert.deepEqual(assembly.liars(), [{ peer: 1, who: 'a', verdict: 'exclude' }])
      assembly.join(0, 2, truth.length, 'b')
      assert.deepEqual(assembly.requests(0), [{ peer: 2, piece }])
    }
  })

  it('refuses claims of nothing and of more than 32 MiB', () => {
    const assembly = assemble(content(10))
    for (const size of [0, -1, 0.5, 32 * 1024 * 1024 + 1, Number.NaN]) assembly.join(0, 1, size, 'a')
    assert.deepEqual(assembly.requests(0), [])
  })

  it('MD13 goes through silent peers in seconds, once it needs all of one peer', () => {
    const play = new Play(content(2 * METADATA_PIECE))
    play.join('liar')
    play.join('honest')
    for (let i = 0; i < 6; i++) play.join('silent')
    assert.ok(play.run(15 * SECOND), 'not ten for each of six')
  })

  it('MD13 leaves a peer that alone supplied wrong metadata alone, and bans it the second time', () => {
    const play = new Play(content(3 * METADATA_PIECE))
    const liar = play.join('liar')
    play.run(SECOND)
    assert.deepEqual(play.liars, [{ who: liar.who, verdict: 'exclude' }])
    // It comes back as another connection.
    play.assembly.gone(play.now, liar.key)
    play.actors.set(9, { ...liar, key: 9 })
    play.assembly.join(play.now, 9, liar.claim, liar.who)
    play.run(200 * SECOND)
    assert.equal(play.liars.length, 1, 'it is not asked for five minutes')
    play.run(400 * SECOND)
    assert.deepEqual(play.liars[1], { who: liar.who, verdict: 'ban' })
    play.join('honest')
    assert.ok(play.run(401 * SECOND))
  })

  it('MD14 gets through one liar among ten, and names it', () => {
    for (let place = 0; place < 10; place++) {
      const play = new Play(content(20 * METADATA_PIECE))
      for (let i = 0; i < 10; i++) play.join(i === place ? 'liar' : 'honest')
      assert.ok(play.run(60 * SECOND))
      assert.deepEqual(
        play.liars.map(({ who }) => who),
        [`peer-${place + 1}`],
      )
    }
  })

  it('MD14 gets through nine liars who claim the right size, in at most a try for each and one more', () => {
    const play = new Play(content(20 * METADATA_PIECE))
    for (let i = 0; i < 9; i++) play.join('liar')
    play.join('honest')
    assert.ok(play.run(120 * SECOND))
    assert.ok(Math.max(...play.asked.values()) <= 12)
    assert.ok(!play.liars.some(({ who }) => who === 'peer-10'))
  })

  it('MD15 gets through nine liars who agree on another size, and names each that sent something', () => {
    const play = new Play(content(5 * METADATA_PIECE))
    const liars = Array.from({ length: 9 }, () => play.join('liar', 30 * 1024 * 1024))
    play.join('silent', 20 * 1024 * 1024)
    play.join('honest')
    assert.ok(play.run(60 * SECOND))
    assert.deepEqual(
      play.liars,
      liars.map(({ who }) => ({ who, verdict: 'exclude' })),
    )
  })

  it('MD15 gives every claim its turn when they do not fit into memory together', () => {
    const play = new Play(content(5 * METADATA_PIECE), { metadataBytes: 40 * METADATA_PIECE })
    for (let i = 0; i < 9; i++) play.join('silent', (20 + i) * METADATA_PIECE)
    play.join('honest')
    assert.ok(play.run(600 * SECOND))
  })

  it('MD16 rests a peer that rejects for 60 s, and asks it again when there is no other', () => {
    const play = new Play(content(METADATA_PIECE))
    play.join('rejects')
    play.run(50 * SECOND)
    assert.equal(play.asked.get(0), 1)
    play.run(130 * SECOND)
    assert.equal(play.asked.get(0), 3)
    play.join('honest')
    assert.ok(play.run(131 * SECOND))
  })

  it('MD17 keeps what a peer gave before it left, for others that claim the same size', () => {
    const truth = content(7 * METADATA_PIECE)
    const assembly = assemble(truth)
    assembly.join(0, 1, truth.length, 'a')
    for (let i = 0; i < 3; i++) {
      for (const { piece } of assembly.requests(0)) {
        if (piece < 3) assembly.data(0, 1, piece, truth.length, pieceOf(truth, piece))
      }
    }
    assembly.gone(0, 1)
    assembly.requests(0)
    assembly.join(0, 2, truth.length, 'b')
    const asked: number[] = []
    for (let requests = assembly.requests(0); requests.length > 0; requests = assembly.requests(0)) {
      for (const { piece } of requests) {
        asked.push(piece)
        assembly.data(0, 2, piece, truth.length, pieceOf(truth, piece))
      }
    }
    assert.deepEqual(asked.sort(), [3, 4, 5, 6])
    assert.deepEqual(assembly.metadata, truth)
  })

  it('MD18 takes requests back after 10 s and asks others meanwhile; a late answer still counts', () => {
    const truth = content(2 * METADATA_PIECE)
    const assembly = assemble(truth)
    assembly.join(0, 1, truth.length, 'a')
    assert.equal(assembly.requests(0).length, 2)
    assert.equal(assembly.nextDeadline(), SECOND, 'when it may be asked of a second one')
    assembly.join(0, 2, truth.length, 'b')
    assert.deepEqual(assembly.requests(SECOND - 1), [])
    assert.deepEqual(assembly.requests(SECOND), [
      { peer: 2, piece: 0 },
      { peer: 2, piece: 1 },
    ])
    assert.equal(assembly.data(3 * SECOND, 2, 0, undefined, pieceOf(truth, 0)), 'kept')
    assembly.tick(10 * SECOND)
    assembly.gone(10 * SECOND, 2)
    assert.deepEqual(assembly.requests(10 * SECOND), [], 'it rests')
    assert.equal(assembly.data(11 * SECOND, 1, 1, undefined, pieceOf(truth, 1)), 'complete')
  })

  it('MD19 spreads requests, two a peer, and repeats a piece only when nothing else is left', () => {
    const truth = content(40 * METADATA_PIECE)
    const assembly = assemble(truth)
    for (let key = 1; key <= 30; key++) assembly.join(0, key, truth.length, `${key}`)
    const first = assembly.requests(0)
    assert.equal(new Set(first.map(({ piece }) => piece)).size, 40)
    assert.equal(first.length, 40)
    assert.equal(new Set(first.map(({ peer }) => peer)).size, 30)
    const repeats = assembly.requests(SECOND)
    assert.equal(new Set(repeats.map(({ piece }) => piece)).size, repeats.length)
    assert.equal(repeats.length, 20, 'as many as peers may owe')
    assert.deepEqual(assembly.requests(2 * SECOND), [])
  })

  for (const pieces of [1, 2, 5, 40]) {
    it(`comes to ${pieces} pieces of metadata within 5 s among twenty silent peers, and asks them last from then on`, () => {
      const play = new Play(content(pieces * METADATA_PIECE))
      for (let i = 0; i < 20; i++) play.join('silent')
      play.join('honest')
      assert.ok(play.run(6 * SECOND), 'the metadata came')
      assert.ok(play.now <= 5.5 * SECOND, `${play.now / SECOND} s`)
    })
  }

  for (const pieces of [1, 5, 40]) {
    for (const at of [0, 5, 8, 33]) {
      it(`MD18: a newcomer after ${at} s gives ${pieces} pieces within 6 s although 150 silent peers claim to have them`, () => {
        const play = new Play(content(pieces * METADATA_PIECE))
        for (let i = 0; i < 150; i++) play.join('silent')
        assert.equal(play.run(at * SECOND), false)
        play.join('honest')
        assert.ok(play.run((at + 6) * SECOND), 'the metadata came')
      })
    }
  }

  it('MD18: of 150 silent peers each is asked within 20 s, no more than 4 a second once 32 owe an answer', () => {
    const play = new Play(content(METADATA_PIECE))
    for (let i = 0; i < 75; i++) play.join('silent')
    play.join('honest')
    for (let i = 0; i < 75; i++) play.join('silent')
    assert.ok(play.run(20 * SECOND))
    const silent = new Play(content(METADATA_PIECE))
    for (let i = 0; i < 150; i++) silent.join('silent')
    silent.run(9.5 * SECOND)
    assert.ok(silent.asked.get(0)! <= 32 + 4 * 5, `${silent.asked.get(0)} times`)
  })

  it('MD13, MD14: who answers is tried alone before silent ones, liar or not', () => {
    const play = new Play(content(2 * METADATA_PIECE))
    play.join('liar')
    play.join('honest')
    for (let i = 0; i < 150; i++) play.join('silent')
    assert.ok(play.run(5 * SECOND), 'not two seconds for each')
    assert.deepEqual(
      play.liars.map(({ who }) => who),
      ['peer-1'],
    )
  })

  it('asks those that let a request time out after all others', () => {
    const assembly = assemble(content(METADATA_PIECE))
    for (const key of [1, 2]) assembly.join(0, key, METADATA_PIECE, `${key}`)
    assembly.requests(0)
    assembly.requests(SECOND)
    assembly.tick(11 * SECOND)
    assembly.join(25 * SECOND, 3, METADATA_PIECE, '3')
    assert.deepEqual(assembly.requests(25 * SECOND)[0], { peer: 3, piece: 0 })
  })

  it('holds only what has arrived, whatever is claimed', () => {
    const assembly = assemble(content(10))
    const before = process.memoryUsage().arrayBuffers
    for (let key = 1; key <= 200; key++) assembly.join(0, key, 32 * 1024 * 1024 - key, `${key}`)
    assert.ok(assembly.requests(0).length <= 4, 'claims of 64 MiB in all are tried at once')
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
  })

  it('comes to the metadata with any company in which someone honest stays, and never accuses the honest', () => {
    const company = fc.record({
      seed: fc.nat(),
      pieces: fc.integer({ min: 1, max: 8 }),
      kinds: fc.array(fc.constantFrom<Kind>('honest', 'liar', 'silent', 'rejects'), { maxLength: 8 }),
    })
    fc.assert(
      fc.property(company, ({ seed, pieces, kinds }) => {
        const dice = seededDice(seed)
        const play = new Play(content(pieces * METADATA_PIECE - below(dice, 100)))
        const place = below(dice, kinds.length + 1)
        for (let i = 0; i <= kinds.length; i++) {
          const kind = i === place ? 'honest' : kinds[i < place ? i : i - 1]!
          const lies = kind !== 'honest' && below(dice, 2) === 0
          play.join(kind, lies ? 1 + below(dice, 10 * METADATA_PIECE) : play.truth.length)
        }
        const came = play.run(300 * SECOND)
        assert.ok(came, 'the metadata came')
        for (const { who } of play.liars) {
          assert.equal([...play.actors.values()].find((actor) => actor.who === who)!.kind, 'liar')
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a size that changes', () => {
  it('EX15: in a later handshake the peer counts for the new one alone; once the metadata is known it counts for nothing', () => {
    const truth = content(3 * METADATA_PIECE)
    const assembly = assemble(truth)
    assembly.join(0, 1, 5 * METADATA_PIECE, 'one')
    assert.ok(assembly.requests(0).length > 0)
    assembly.join(0, 1, truth.length, 'one')
    const pieces = new Set<number>()
    for (let now = 0; assembly.metadata === undefined && now < 10; now++) {
      for (const { peer, piece } of assembly.requests(now)) {
        assert.equal(peer, 1)
        pieces.add(piece)
        assembly.data(now, 1, piece, truth.length, pieceOf(truth, piece))
      }
    }
    assert.deepEqual([assembly.metadata, [...pieces].sort()], [truth, [0, 1, 2]])
    assembly.join(11, 1, 7 * METADATA_PIECE, 'one')
    assert.deepEqual([assembly.requests(11), assembly.nextDeadline()], [[], NEVER])
  })
})
