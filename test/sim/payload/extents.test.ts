import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Extents } from '../../../sim/payload/extents.ts'

const SIZE = 64

describe('extents', () => {
  it('read back like a plain array under any writes and cuts', () => {
    const commands = fc.array(
      fc.record({
        cut: fc.boolean(),
        begin: fc.nat(SIZE - 1),
        length: fc.nat(20),
        /** Taking neighbours from one buffer makes runs that can be joined. */
        shared: fc.boolean(),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(commands, (list) => {
        const shared = Uint8Array.from({ length: SIZE }, (_, i) => i + 100)
        const extents = new Extents()
        const bytes = new Uint8Array(SIZE)
        const written = new Set<number>()
        list.forEach(({ cut, begin, length, shared: fromShared }, step) => {
          const end = Math.min(SIZE, begin + length)
          if (cut) extents.cut(begin, end - begin)
          else {
            const view = fromShared ? shared.subarray(begin, end) : new Uint8Array(end - begin).fill(step + 1)
            extents.put(begin, view)
            bytes.set(view, begin)
          }
          for (let i = begin; i < end; i++) {
            if (cut) {
              written.delete(i)
              bytes[i] = 0
            } else written.add(i)
          }
          assert.deepEqual(extents.read(0, SIZE), bytes)
          assert.deepEqual(extents.read(begin, end - begin), bytes.slice(begin, end))
          assert.equal(extents.covers(0, SIZE), written.size === SIZE)
          assert.equal(extents.empty, written.size === 0)
          let total = 0
          for (const run of extents.within(0, SIZE)) total += run.bytes.length
          assert.equal(total, written.size)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('join neighbours of one buffer into one view', () => {
    const buffer = Uint8Array.from({ length: 30 }, (_, i) => i)
    const extents = new Extents()
    extents.put(0, buffer.subarray(0, 10))
    extents.put(20, buffer.subarray(20, 30))
    extents.put(10, buffer.subarray(10, 20))
    assert.equal([...extents.within(0, 30)].length, 1)
    assert.equal(extents.read(5, 20).buffer, buffer.buffer)
  })
})
