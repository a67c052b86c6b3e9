import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encode } from '../../src/codec/bencode.ts'
import { type NodeInfo, writeNode } from '../../src/codec/compact.ts'
import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import { addressFromBytes } from '../../src/core/address.ts'
import { randomId } from '../../src/core/id.ts'
import { decodeSavedState, encodeSavedState } from '../../src/dht/entry/saved-state.ts'
import { dice } from '../support/dice.ts'
import { OWN_ID } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const RNG = dice(2)
const CONTACTS: readonly SharedNode[] = [
  ...Array.from({ length: 20 }, (_, i) => sharedNode(randomId(RNG), globalAddress(i))),
  sharedNode(randomId(RNG), address('192.168.1.1')),
  sharedNode(randomId(RNG), address('127.0.0.1', 7000)),
  sharedNode(randomId(RNG), address('2001:db8::1')),
]
const BYTES = encodeSavedState({ id: OWN_ID, contacts: CONTACTS })

describe('saved state', () => {
  it('9.10 comes back as it was, both families and every scope', () => {
    assert.deepEqual(decodeSavedState(BYTES), { id: OWN_ID, contacts: CONTACTS })
  })

  it('9.10 is nothing when it is cut off, has trailing bytes, or is of another version', () => {
    for (let length = 0; length < BYTES.length; length++) {
      assert.equal(decodeSavedState(BYTES.subarray(0, length)), undefined)
    }
    assert.equal(decodeSavedState(Uint8Array.from([...BYTES, 0])), undefined)
    const none = new Uint8Array(0)
    for (const wrong of [
      { id: OWN_ID, nodes: none, nodes6: none, version: 2 },
      { id: OWN_ID, nodes: none, nodes6: none },
      { id: OWN_ID.subarray(1), nodes: none, nodes6: none, version: 1 },
      { id: OWN_ID, nodes: new Uint8Array(25), nodes6: none, version: 1 },
      { id: OWN_ID, nodes: 7, nodes6: none, version: 1 },
    ]) {
      assert.equal(decodeSavedState(encode(wrong)), undefined)
    }
  })

  it('9.10 never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(BYTES.length - 1),
        fc.nat(255),
        (noise, at, byte) => {
          decodeSavedState(noise)
          const changed = BYTES.slice()
          changed[at] = byte
          decodeSavedState(changed)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('9.11 drops port 0, addresses that nobody has, and what comes twice, and takes no more than its cap', () => {
    const bad: NodeInfo[] = [
      ...['0.0.0.0', '224.1.1.1', '255.255.255.255'].map((host) => ({
        id: randomId(RNG),
        address: address(host),
      })),
      { id: randomId(RNG), address: addressFromBytes(Uint8Array.of(60, 1, 1, 1), 0, 4, 0) },
      { id: CONTACTS[0]!.id, address: globalAddress(777) },
      { id: randomId(RNG), address: globalAddress(0) },
    ]
    const decoded = decodeSavedState(encodeSavedState({ id: OWN_ID, contacts: [...CONTACTS, ...bad] }))
    assert.deepEqual(decoded?.contacts, CONTACTS)
    const many = new Uint8Array(26 * 100_000)
    for (let i = 0, at = 0; i < 100_000; i++)
      at = writeNode(many, at, { id: randomId(RNG), address: globalAddress(i % 60_000) })
    const state = { id: OWN_ID, nodes: many, nodes6: new Uint8Array(0), version: 1 }
    assert.equal(decodeSavedState(encode(state))?.contacts.length, 2000)
  })
})
