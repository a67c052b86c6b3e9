/** The rows of the table that the bytes of one datagram decide, read by the decoder alone. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeKrpc } from '../../src/codec/krpc.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { expand } from '../../src/probe/notation.ts'
import type { Expectation } from '../../src/probe/rule.ts'
import { decoderRows } from '../support/decoder-rows.ts'

const MACROS: Readonly<Record<string, string>> = {
  A: '2:id20:abcdefghij0123456789',
  S: '2:id20:stranger901234567890',
  ih: '9:info_hash20:mnopqrstuvwxyz123456',
  tg: '6:target20:mnopqrstuvwxyz123456',
  h: 'mnopqrstuvwxyz123456',
  t: '1:t2:aa',
  z: '1:t2:aa1:y1:qe',
}

/** What the decoder makes of a datagram, in the words of the rules. */
function outcome(bytes: Uint8Array): Expectation['outcome'] {
  const message = decodeKrpc(bytes)
  if (message?.kind !== 'query') return 'drop'
  return message.fault === undefined ? 'response' : 'error'
}

describe('the decoder', () => {
  for (const { id, title, sends, expected } of decoderRows()) {
    it(`${id} ${title}`, () => {
      for (const send of sends) {
        const bytes = expand(send, (name) => MACROS[name]!)
        const before = bytes.slice()
        assert.equal(outcome(bytes), expected, toLatin1(bytes.subarray(0, 100)))
        assert.deepEqual(bytes, before, 'what is lent stays as it is')
      }
    })
  }

  it('reads the notation of the list', () => {
    assert.deepEqual(
      expand('a{3*xy}<m>{0*z}\xff', () => '<h>{2*q}'),
      latin1('axyxyxy<h>{2*q}\xff'),
    )
  })
})
