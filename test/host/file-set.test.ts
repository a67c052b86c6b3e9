import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FileSet } from '../../src/host/file-set.ts'

test('spans cover each byte of a range once, in order, whatever the files (empty ones included)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { minLength: 1, maxLength: 12 }),
      fc.nat(250),
      fc.nat(250),
      (lengths, from, size) => {
        const files = lengths.map((length, i) => ({ path: [`f${i}`], length, pad: false }))
        const owners = lengths.flatMap((length, file) =>
          Array.from({ length }, (_, position) => `${file}:${position}`),
        )
        const found = new FileSet({ out: '/x', files, infoHash: new Uint8Array(20) })
          .spans(from, Math.min(size, Math.max(owners.length - from, 0)))
          .flatMap(({ file, position, length }) =>
            Array.from({ length }, (_, i) => `${file}:${position + i}`),
          )
        assert.deepEqual(found, owners.slice(from, from + size))
      },
    ),
  )
})
