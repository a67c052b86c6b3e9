import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Garbage } from '../../src/host/garbage.ts'

test('buffers that were used once are collected each 4 MiB', () => {
  let collected = 0
  const garbage = new Garbage(() => {
    collected += 1
  })
  for (let read = 1; read <= 1_000; read++) {
    garbage.made(65_536)
    assert.equal(collected, Math.floor(read / 64))
  }
})
