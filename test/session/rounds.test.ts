import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NEVER } from '../../src/core/time.ts'
import { Rounds } from '../../src/session/rounds.ts'

class Clock {
  asked: number[] = []
  wall(): number {
    return 0
  }
  wakeAt(at: number): void {
    this.asked.push(at)
  }
}

class Bell {
  rung: number[] = []
  settled = 0
  at: number
  constructor(at: number) {
    this.at = at
  }
  tick(now: number): void {
    this.rung.push(now)
    this.at = NEVER
  }
  nextDeadline(): number {
    return this.at
  }
  settle(): void {
    this.settled += 1
  }
}

describe('rounds', () => {
  it('settle each touched machine once, however often it was touched', () => {
    const rounds = new Rounds(new Clock())
    const bell = new Bell(NEVER)
    const seat = rounds.seat(bell)
    rounds.begin(1)
    seat.touch()
    seat.touch()
    rounds.end(1)
    assert.equal(bell.settled, 1)
  })

  it('ask the host for one wake-up, the earliest, and only when it changed', () => {
    const clock = new Clock()
    const rounds = new Rounds(clock)
    rounds.begin(0)
    rounds.seat(new Bell(50)).touch()
    rounds.seat(new Bell(20)).touch()
    rounds.end(0)
    rounds.begin(1)
    rounds.end(1)
    assert.deepEqual(clock.asked, [20])
  })

  it('tick what is due, early and late wake-ups alike', () => {
    const clock = new Clock()
    const rounds = new Rounds(clock)
    const bell = new Bell(20)
    rounds.begin(0)
    rounds.seat(bell).touch()
    rounds.end(0)
    rounds.begin(10)
    rounds.tick(10)
    rounds.end(10)
    assert.deepEqual(bell.rung, [])
    rounds.begin(35)
    rounds.tick(35)
    rounds.end(35)
    assert.deepEqual(bell.rung, [35])
    assert.deepEqual(clock.asked, [20, 20])
  })

  it('throw on an input within an input', () => {
    const rounds = new Rounds(new Clock())
    rounds.begin(0)
    assert.throws(() => rounds.begin(0), /inside another input/)
  })

  it('throw on a machine that stays due after its tick', () => {
    const rounds = new Rounds(new Clock())
    const stuck = { tick: () => {}, nextDeadline: () => 5 }
    rounds.begin(9)
    rounds.seat(stuck).touch()
    assert.throws(() => rounds.end(9), /stays due/)
  })

  it('visit machines that are touched while settling', () => {
    const rounds = new Rounds(new Clock())
    const second = new Bell(NEVER)
    const first = { tick: () => {}, nextDeadline: () => NEVER, settle: () => rounds.seat(second).touch() }
    rounds.begin(0)
    rounds.seat(first).touch()
    rounds.end(0)
    assert.equal(second.settled, 1)
  })

  it('look again at a deadline that moved on only when the earlier one has come', () => {
    const clock = new Clock()
    const rounds = new Rounds(clock)
    const bell = new Bell(20)
    const seat = rounds.seat(bell)
    rounds.begin(0)
    seat.touch()
    rounds.end(0)
    bell.at = 50
    rounds.begin(10)
    seat.touch()
    rounds.end(10)
    assert.deepEqual(clock.asked, [20])
    rounds.begin(20)
    rounds.tick(20)
    rounds.end(20)
    assert.deepEqual(bell.rung, [])
    assert.deepEqual(clock.asked, [20, 50])
    rounds.begin(50)
    rounds.tick(50)
    rounds.end(50)
    assert.deepEqual(bell.rung, [50])
  })

  it('never tick a machine that was forgotten', () => {
    const rounds = new Rounds(new Clock())
    const bell = new Bell(5)
    const seat = rounds.seat(bell)
    rounds.begin(0)
    seat.touch()
    rounds.end(0)
    seat.forget()
    rounds.begin(9)
    rounds.tick(9)
    rounds.end(9)
    assert.deepEqual(bell.rung, [])
  })
})
