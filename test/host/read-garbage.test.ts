import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadGarbage } from '../../src/host/read-garbage.ts'

test('what reads leave behind is collected each 4 MiB, however little came by them', () => {
  let collected = 0
  const garbage = new ReadGarbage(() => {
    collected += 1
  })
  for (let read = 1; read <= 1_000; read++) {
    garbage.made()
    assert.equal(collected, Math.floor(read / 64))
  }
})
