import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError, remoteError, usageError } from '../../src/core/errors.ts'

describe('errors', () => {
  it('of the caller say so, with a code for scripts and a sentence for people', () => {
    const error = usageError('magnet/bad-hash', 'The hash is wrong.')
    assert.ok(error instanceof Error && error instanceof LodestoneError)
    assert.deepEqual(
      [error.kind, error.code, error.message, error.name],
      ['usage', 'magnet/bad-hash', 'The hash is wrong.', 'LodestoneError'],
    )
    assert.deepEqual([error.address, error.section], [undefined, undefined])
    assert.ok(!('cause' in error))
  })

  it('of a remote carry its address, the rule that it broke, and the cause', () => {
    const cause = new Error('below')
    const error = remoteError('krpc/bad-token', 'No.', { address: '1.2.3.4:5', section: 'BEP 5', cause })
    assert.deepEqual(
      [error.kind, error.address, error.section, error.cause],
      ['remote', '1.2.3.4:5', 'BEP 5', cause],
    )
  })
})
