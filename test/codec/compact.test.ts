import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readNodes, readPeers, writeNode, writePeer, writePeers } from '../../src/codec/compact.ts'
import { lent } from './vectors.ts'

const family = fc.constantFrom<4 | 6>(4, 6)

describe('compact endpoints', () => {
  it('reads what it writes, for nodes and peers of both families', () => {
    const input = family.chain((version) =>
      fc.tuple(
        fc.constant(version),
        fc.integer({ min: 0, max: 5 }).chain((count) => {
          const length = count * (version === 4 ? 26 : 38)
          return fc.uint8Array({ minLength: length, maxLength: length })
        }),
      ),
    )
    fc.assert(
      fc.property(input, ([version, bytes]) => {
        // Mapped entries turn into IPv4 and are left out.
        const nodes = readNodes(bytes, version)
        const written = new Uint8Array(bytes.length)
        let at = 0
        for (const node of nodes) at = writeNode(written, at, node)
        assert.deepEqual(written, bytes)

        const step = version === 4 ? 6 : 18
        const whole = bytes.subarray(0, bytes.length - (bytes.length % step))
        const peers = readPeers(whole, version)
        assert.equal(peers.length, whole.length / step)
        const again = new Uint8Array(whole.length)
        at = 0
        for (const peer of peers) at = writePeer(again, at, peer)
        assert.deepEqual(again, whole)
        assert.deepEqual(writePeers(peers), whole)
      }),
      { numRuns: 200 },
    )
  })

  it('gives nothing for a length that is no multiple of the entry (3.10)', () => {
    fc.assert(
      fc.property(family, fc.uint8Array({ maxLength: 120 }), (version, bytes) => {
        if (bytes.length % (version === 4 ? 26 : 38) !== 0) assert.deepEqual(readNodes(bytes, version), [])
        if (bytes.length % (version === 4 ? 6 : 18) !== 0) assert.deepEqual(readPeers(bytes, version), [])
      }),
    )
  })

  it('turns IPv4-mapped peers into IPv4 and leaves such nodes out', () => {
    const mapped = Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, 1, 2, 3, 4, 0, 80)
    assert.equal(readPeers(mapped, 6)[0]!.text, '1.2.3.4:80')
    assert.deepEqual(readNodes(Uint8Array.of(...new Uint8Array(20), ...mapped), 6), [])
  })

  it('copies ids out of what is lent', () => {
    const bytes = lent(new Uint8Array(26).fill(7))
    const [node] = readNodes(bytes, 4)
    bytes.fill(9)
    assert.deepEqual(node!.id, new Uint8Array(20).fill(7))
    assert.deepEqual(node!.address.bytes, Uint8Array.of(7, 7, 7, 7))
  })
})
