import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1 } from '../../src/core/bytes.ts'
import { crc32c } from '../../src/core/crc32c.ts'

describe('CRC-32C', () => {
  it('has the check value of the catalogue, and 0 for nothing', () => {
    assert.equal(crc32c(latin1('123456789')), 0xe3069283)
    assert.equal(crc32c(new Uint8Array(0)), 0)
  })

  it('agrees with the vectors of iSCSI (RFC 3720, B.4), and reads no further than it is told', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
    assert.equal(
      crc32c(
        Uint8Array.from({ length: 40 }, (_, i) => i),
        32,
      ),
      0x46dd794e,
    )
  })
})
