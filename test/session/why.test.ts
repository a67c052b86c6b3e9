import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Circumstances } from '../../src/session/why.ts'
import { whyNothingMoves } from '../../src/session/why.ts'

const FINE: Circumstances = {
  trouble: undefined,
  waitingForFolder: false,
  moving: false,
  dht: true,
  contacts: 40,
  candidates: 5,
  connected: 3,
  useful: 2,
  unchoking: 1,
  metadata: true,
}

const CASES: readonly (readonly [string, Partial<Circumstances>])[] = [
  ['', { moving: true }],
  ['The disk is full.', { trouble: 'The disk is full.', moving: true }],
  ['the folder is not there', { waitingForFolder: true }],
  ['no DHT node answers', { connected: 0, candidates: 0, contacts: 0 }],
  ['no peers found yet', { connected: 0, candidates: 0 }],
  ['no peers found yet', { connected: 0, candidates: 0, contacts: 0, dht: false }],
  ['none of the peers answers', { connected: 0 }],
  ['no connected peer has the missing pieces', { useful: 0 }],
  ['no connected peer has the metadata', { useful: 0, metadata: false }],
  ['all peers are choking', { unchoking: 0 }],
  ['the peers send nothing', {}],
]

describe('why nothing moves', () => {
  for (const [phrase, circumstances] of CASES) {
    it(`is "${phrase}" for ${JSON.stringify(circumstances)}`, () => {
      assert.equal(whyNothingMoves({ ...FINE, ...circumstances }), phrase)
    })
  }
})
