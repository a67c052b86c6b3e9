import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fuzzer } from '../support/fuzzer.ts'

describe('mutated datagrams', () => {
  for (const [seed, family] of [
    [1, 4],
    [2, 6],
  ] as const) {
    it(`2.37 neither throw nor get two answers or long ones, nor do they fill the node (over IPv${family})`, () => {
      const fuzzer = new Fuzzer(seed, family)
      for (let i = 0; i < 20_000; i++) fuzzer.step()
      assert.ok(fuzzer.answered > 1500 && fuzzer.replies > 1500, 'much of it is understood')
      const { nodes, hashes, peers } = fuzzer.stats
      assert.ok(nodes > 0 && nodes < 500 && hashes > 0 && hashes < 50 && peers < 5000)
    })
  }
})
