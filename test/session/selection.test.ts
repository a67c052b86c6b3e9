import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { FileRange } from '../../src/codec/file-ranges.ts'
import type { Info } from '../../src/codec/metainfo.ts'
import type { FileChange } from '../../src/session/file-change.ts'
import { emptySelection, selectionOf } from '../../src/session/selection.ts'

const PIECE = 10

/** An info dictionary of files with these lengths; negative ones are pads. */
function infoOf(...lengths: readonly number[]): Info {
  let offset = 0
  const files = lengths.map((length, i) => {
    const file = { path: [`f${i}`], length: Math.abs(length), offset, pad: length < 0 }
    offset += file.length
    return file
  })
  return { name: 'some', length: offset, pieceLength: PIECE, files } as unknown as Info
}

function alone(...files: readonly FileRange[]): FileChange {
  return { files, alone: true }
}

function pieces(info: Info, ...ranges: readonly (readonly [number, number])[]): number[] {
  const selection = selectionOf(
    info,
    ranges.length === 0 ? [] : [alone(...ranges.map(([first, last]) => ({ first, last })))],
  )
  return [...selection.levels.keys()].filter((piece) => selection.levels[piece] !== 0)
}

describe('a selection of files', () => {
  it('is all of them when nothing is named', () => {
    const { priorities, length } = selectionOf(infoOf(15, 15), [])
    assert.deepEqual([priorities, length], [['normal', 'normal'], 30])
    assert.deepEqual(pieces(infoOf(15, 15)), [0, 1, 2])
  })

  it('takes the pieces that its files lie in, those that they share too, and what lies beyond the last file is nothing', () => {
    const info = infoOf(15, 10, 0, 20, 3)
    assert.deepEqual(pieces(info, [1, 1]), [1, 2])
    assert.deepEqual(pieces(info, [0, 0], [4, 900]), [0, 1, 4])
    assert.equal(selectionOf(info, [alone({ first: 4, last: 4 })]).length, 8, 'the last piece is shorter')
  })

  it('MG18 counts pad files, and takes no piece for one', () => {
    const info = infoOf(5, -5, 10, -10, 10)
    assert.deepEqual(pieces(info, [2, 2]), [1])
    assert.deepEqual(pieces(info, [4, 4]), [3])
    assert.deepEqual(pieces(info, [3, 3]), [])
  })

  it('of nothing but empty files, pads and files that there are not is refused, unless there is nothing else', () => {
    const info = infoOf(0, 5, -5)
    for (const range of [
      { first: 0, last: 0 },
      { first: 2, last: 2 },
      { first: 3, last: 9 },
    ]) {
      const failure = emptySelection(info, selectionOf(info, [alone(range)]))
      assert.equal(failure?.code, 'torrent/nothing-selected')
    }
    assert.equal(emptySelection(infoOf(0), selectionOf(infoOf(0), [alone({ first: 0, last: 0 })])), undefined)
  })

  it('holds each byte of its files, and no piece without one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(25), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        fc.nat(7),
        (lengths, a, b) => {
          const info = infoOf(...lengths)
          const [first, last] = [Math.min(a, b), Math.max(a, b)]
          const wanted = new Set<number>()
          for (const { offset, length } of info.files.slice(first, last + 1))
            for (let at = offset; at < offset + length; at++) wanted.add(Math.floor(at / PIECE))
          assert.deepEqual(pieces(info, [first, last]), [...wanted])
        },
      ),
    )
  })

  it('changes: files come on top with the priority that they have, others are skipped where that is asked, a piece has the highest of its files', () => {
    const info = infoOf(15, 10, 20)
    const first = selectionOf(info, [alone({ first: 0, last: 0 })])
    assert.deepEqual([...first.levels], [2, 2, 0, 0, 0])
    const high = selectionOf(info, [{ files: [{ first: 1, last: 1 }], priority: 'high' }], first)
    assert.deepEqual([...high.levels], [2, 3, 3, 0, 0])
    const more = selectionOf(info, [{ files: [{ first: 1, last: 9 }] }], high)
    assert.deepEqual([more.priorities, more.length], [['normal', 'high', 'normal'], 45])
    const less = selectionOf(info, [alone({ first: 1, last: 1 })], more)
    assert.deepEqual(
      [less.priorities, [...less.levels]],
      [
        ['skip', 'high', 'skip'],
        [0, 3, 3, 0, 0],
      ],
    )
    const low = selectionOf(info, [{ files: [{ first: 0, last: 1 }], priority: 'low' }], more)
    assert.deepEqual([...low.levels], [1, 1, 2, 2, 2])
  })
})
