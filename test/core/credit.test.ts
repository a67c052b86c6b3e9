import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { Credit } from '../../src/core/credit.ts'

it('CL25: a credit is pressed from 7/8 of its limit until it is back at 3/4, and tells of both once', () => {
  const credit = new Credit(800)
  const told: boolean[] = []
  credit.observe(() => told.push(credit.pressed))
  credit.draw(699)
  assert.equal(credit.pressed, false)
  credit.draw(1)
  credit.draw(50)
  credit.giveBack(149)
  assert.deepEqual([credit.pressed, credit.drawn], [true, 601])
  credit.giveBack(1)
  credit.draw(99)
  assert.deepEqual([credit.pressed, told], [false, [true, false]])
  assert.deepEqual([credit.fits(101), credit.fits(102), credit.most], [true, false, 750])
})

it('CL25: after any draws and returns it is pressed at the high mark, is not at the low one, and keeps its state between', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.array(fc.integer({ min: -200, max: 200 })),
      (limit, steps) => {
        const credit = new Credit(limit)
        let before = false
        for (const step of steps) {
          if (step >= 0) credit.draw(step)
          else credit.giveBack(Math.min(-step, credit.drawn))
          const { drawn, pressed } = credit
          if (drawn >= (limit * 7) / 8) assert.equal(pressed, true)
          else if (drawn <= (limit * 3) / 4) assert.equal(pressed, false)
          else assert.equal(pressed, before)
          before = pressed
        }
      },
    ),
  )
})
