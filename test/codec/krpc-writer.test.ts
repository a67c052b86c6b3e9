import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BencodeLimits, decode, encode } from '../../src/codec/bencode.ts'
import { writePeers } from '../../src/codec/compact.ts'
import { decodeKrpc } from '../../src/codec/krpc.ts'
import { type QueryParts, writeError, writeQuery, writeResponse } from '../../src/codec/krpc-writer.ts'
import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import { type Address, addressFromBytes } from '../../src/core/address.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { packet, text } from './vectors.ts'

const LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: 4_096 }
const ID = latin1('abcdefghij0123456789')
const TARGET = latin1('mnopqrstuvwxyz123456')
const T = latin1('aa')
const V = latin1('LD01')
const ASKER = addressFromBytes(Uint8Array.of(1, 2, 3, 4), 0, 4, 6_881)
const ASKER6 = addressFromBytes(Uint8Array.of(0x20, 1, ...new Uint8Array(14)), 0, 6, 6_881)

function written(write: (into: Uint8Array) => number): Uint8Array {
  const room = new Uint8Array(1_500)
  return room.subarray(0, write(room))
}

/** Canonical is what the door writes of the same value. */
function assertCanonical(bytes: Uint8Array): void {
  const value = decode(bytes, LIMITS)
  assert.notEqual(value, undefined)
  assert.equal(text(encode(value!)), text(bytes))
}

function nodesOf(count: number, family: 4 | 6): SharedNode[] {
  return Array.from({ length: count }, (_, i) => {
    const address = addressFromBytes(new Uint8Array(family === 4 ? 4 : 16).fill(i + 1), 0, family, 1_000 + i)
    return sharedNode(new Uint8Array(20).fill(i), address)
  })
}

describe('writing queries', () => {
  const base = { transaction: T, id: ID, readOnly: false, version: V }
  const cases: readonly (readonly [string, QueryParts, string])[] = [
    ['a ping', { ...base, method: 'ping' }, 'd1:ad<A>e1:q4:ping1:t2:aa1:v4:LD011:y1:qe'],
    [
      '6.18 a read-only ping',
      { ...base, method: 'ping', readOnly: true },
      'd1:ad<A>e1:q4:ping2:roi1e1:t2:aa1:v4:LD011:y1:qe',
    ],
    [
      'find_node with want',
      { ...base, method: 'find_node', target: TARGET, want: [4, 6] },
      'd1:ad<A><tg>4:wantl2:n42:n6ee1:q9:find_node1:t2:aa1:v4:LD011:y1:qe',
    ],
    [
      'get_peers',
      { ...base, method: 'get_peers', target: TARGET, want: [] },
      'd1:ad<A><ih>e1:q9:get_peers1:t2:aa1:v4:LD011:y1:qe',
    ],
    [
      'announce_peer',
      {
        ...base,
        method: 'announce_peer',
        target: TARGET,
        token: latin1('aoeusnth'),
        port: 6_881,
        impliedPort: true,
        seed: false,
      },
      'd1:ad<A>12:implied_porti1e<ih>4:porti6881e4:seedi0e<tok>e1:q13:announce_peer1:t2:aa1:v4:LD011:y1:qe',
    ],
  ]
  for (const [name, query, expected] of cases) {
    it(`gives the canonical bytes of ${name}`, () => {
      const bytes = written((into) => writeQuery(into, query))
      assert.equal(text(bytes), text(packet(expected)))
      assertCanonical(bytes)
    })
  }

  it('is read back as it was meant', () => {
    const bytes = fc.uint8Array({ maxLength: 64 })
    const id = fc.uint8Array({ minLength: 20, maxLength: 20 })
    const query = fc.record({
      method: fc.constantFrom('ping', 'find_node', 'get_peers', 'announce_peer'),
      transaction: bytes,
      id,
      target: id,
      readOnly: fc.boolean(),
      version: fc.constant(V),
      token: bytes,
      port: fc.integer({ min: 1, max: 65_535 }),
      impliedPort: fc.boolean(),
      seed: fc.boolean(),
      want: fc.subarray([4, 6] as const),
    })
    fc.assert(
      fc.property(query, (parts) => {
        const datagram = written((into) => writeQuery(into, parts))
        assertCanonical(datagram)
        const read = decodeKrpc(datagram)
        assert.ok(read?.kind === 'query')
        const fields = [
          'method',
          'transaction',
          'id',
          'target',
          'token',
          'port',
          'impliedPort',
          'seed',
          'readOnly',
        ] as const
        for (const field of fields) assert.deepEqual(read[field], parts[field], field)
        assert.deepEqual([read.want4, read.want6], [parts.want.includes(4), parts.want.includes(6)])
      }),
      { numRuns: 300 },
    )
  })
})

describe('writing responses', () => {
  const base = { transaction: T, id: TARGET, version: V, ip: ASKER, maxLength: 1_024 }
  const TOKEN = latin1('aoeusnth')

  it('1.01, 6.09 answers a ping with id, echoed transaction, and the address of the asker at the top', () => {
    assert.equal(
      text(written((into) => writeResponse(into, base))),
      'd2:ip6:\x01\x02\x03\x04\x1a\xe11:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:v4:LD011:y1:re',
    )
  })

  it('1.07 writes an empty nodes string, not none', () => {
    const bytes = written((into) => writeResponse(into, { ...base, nodes: [] }))
    assert.match(text(bytes), /5:nodes0:/)
    assertCanonical(bytes)
  })

  const peers = (count: number, family: 4 | 6): Address[] =>
    Array.from({ length: count }, (_, i) =>
      addressFromBytes(new Uint8Array(family === 4 ? 4 : 16).fill(i + 1), 0, family, 80),
    )

  const budgets: readonly (readonly [string, 4 | 6, number, number, number, number])[] = [
    ['1.30 beside 8 v4 nodes', 4, 8, 0, 88, 1_018],
    ['4.10 beside 8 + 8 nodes, v4', 4, 8, 8, 49, 1_022],
    ['4.10 beside 8 + 8 nodes, v6', 6, 8, 8, 18, 1_021],
    ['4.10 beside 8 v6 nodes', 6, 0, 8, 28, 1_012],
  ]
  for (const [name, family, four, six, values, length] of budgets) {
    it(`${name} fits ${values} values into ${length} bytes`, () => {
      const bytes = written((into) =>
        writeResponse(into, {
          ...base,
          ip: family === 4 ? ASKER : ASKER6,
          ...(four > 0 ? { nodes: nodesOf(four, 4) } : {}),
          ...(six > 0 ? { nodes6: nodesOf(six, 6) } : {}),
          token: TOKEN,
          values: writePeers(peers(200, family)),
        }),
      )
      assertCanonical(bytes)
      const read = decodeKrpc(bytes)
      assert.ok(read?.kind === 'response')
      assert.deepEqual([read.values.length, bytes.length], [values, length])
    })
  }

  it('leaves the key out when no value fits', () => {
    const bytes = written((into) =>
      writeResponse(into, { ...base, values: writePeers(peers(3, 4)), maxLength: 80 }),
    )
    assert.doesNotMatch(text(bytes), /values/)
    assertCanonical(bytes)
  })

  it('stays within its budget and is read back as it was meant', () => {
    const input = fc.record({
      four: fc.integer({ min: 0, max: 8 }),
      six: fc.integer({ min: 0, max: 8 }),
      count: fc.integer({ min: 0, max: 120 }),
      family: fc.constantFrom<4 | 6>(4, 6),
      t: fc.uint8Array({ maxLength: 64 }),
      maxLength: fc.integer({ min: 880, max: 1_400 }),
    })
    fc.assert(
      fc.property(input, ({ four, six, count, family, t, maxLength }) => {
        const nodes = nodesOf(four, 4)
        const nodes6 = nodesOf(six, 6)
        const values = peers(count, family)
        const bytes = written((into) =>
          writeResponse(into, {
            ...base,
            ip: family === 4 ? ASKER : ASKER6,
            transaction: t,
            nodes,
            nodes6,
            token: TOKEN,
            values: writePeers(values),
            maxLength,
          }),
        )
        assert.ok(bytes.length <= maxLength)
        assertCanonical(bytes)
        const read = decodeKrpc(bytes)
        assert.ok(read?.kind === 'response')
        assert.deepEqual(read.nodes, nodes)
        assert.deepEqual(read.nodes6, nodes6)
        assert.deepEqual(read.transaction, t)
        assert.deepEqual(read.token, TOKEN)
        assert.equal(read.ip, family === 4 ? ASKER : ASKER6)
        // What was left out did not fit: one more would have been too long.
        const taken = read.values.length
        assert.deepEqual(read.values, values.slice(0, taken))
        if (taken < count)
          assert.ok(bytes.length + (family === 4 ? 8 : 21) + (taken === 0 ? 10 : 0) > maxLength)
      }),
      { numRuns: 200 },
    )
  })
})

describe('writing errors', () => {
  it('1.40, 1.41 gives code, text, transaction, version and the address of the asker', () => {
    const bytes = written((into) =>
      writeError(into, { transaction: T, version: V, ip: ASKER, code: 203, message: 'Bad token' }),
    )
    assert.equal(text(bytes), 'd1:eli203e9:Bad tokene2:ip6:\x01\x02\x03\x04\x1a\xe11:t2:aa1:v4:LD011:y1:ee')
    assertCanonical(bytes)
  })

  it('1.40 is no longer than a faulty query of 64 bytes, with every text that the reader gives', () => {
    for (const notation of [
      'd1:ad<A>e1:qi1e<z>',
      'd1:q13:announce_peer<z>',
      'd1:ad<A>e1:q9:find_node<z>',
      'd1:ad<A>e1:q9:get_peers<z>',
      'd1:ad<A><ih>e1:q13:announce_peer<z>',
      'd1:ad<A><ih><tok>e1:q13:announce_peer<z>',
    ]) {
      const query = decodeKrpc(packet(notation))
      assert.ok(query?.kind === 'query' && query.fault !== undefined)
      const parts = { transaction: T, version: V, ip: ASKER, code: 203, message: query.fault }
      assert.ok(written((into) => writeError(into, parts)).length <= 64, notation)
    }
  })
})
