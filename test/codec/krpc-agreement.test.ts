import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BencodeValue, decode, encode } from '../../src/codec/bencode.ts'
import { decodeKrpc, type KrpcMessage } from '../../src/codec/krpc.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { referenceKrpc } from './krpc-reference.ts'
import { lent, mutated, packet, scanValue, tokenSoup } from './vectors.ts'

describe('the direct reader', () => {
  const id = fc.uint8Array({ minLength: 20, maxLength: 20 })
  const other: fc.Arbitrary<BencodeValue> = fc.oneof(
    fc.integer({ min: -2, max: 70_000 }),
    fc.uint8Array({ maxLength: 30 }),
    fc.uint8Array({ minLength: 129, maxLength: 140 }),
    fc.constant<BencodeValue>([]),
    fc.constant(new Map()),
    fc.array(fc.uint8Array({ maxLength: 7 }), { maxLength: 3 }),
  )
  const string = (...choices: string[]): fc.Arbitrary<BencodeValue> => fc.constantFrom(...choices.map(latin1))
  const bytes = (...lengths: number[]): fc.Arbitrary<Uint8Array> =>
    fc.oneof(...lengths.map((length) => fc.uint8Array({ minLength: length, maxLength: length })))
  const maybe = (usual: fc.Arbitrary<BencodeValue>): fc.Arbitrary<BencodeValue | undefined> =>
    fc.oneof(
      { weight: 8, arbitrary: usual },
      { weight: 1, arbitrary: other },
      { weight: 1, arbitrary: fc.constant(undefined) },
    )
  const dict = (fields: Record<string, fc.Arbitrary<BencodeValue | undefined>>): fc.Arbitrary<BencodeValue> =>
    fc
      .record(fields)
      .map(
        (record) => new Map(Object.entries(record).filter(([, v]) => v !== undefined)),
      ) as fc.Arbitrary<BencodeValue>

  const item = {
    v: fc.option(fc.oneof(other, dict({ b: maybe(other), a: maybe(other) })), { nil: undefined }),
    k: fc.option(maybe(bytes(31, 32)), { nil: undefined }),
    sig: fc.option(maybe(bytes(64, 65)), { nil: undefined }),
    salt: fc.option(maybe(bytes(0, 64, 65)), { nil: undefined }),
    seq: fc.option(maybe(fc.integer({ min: -1 })), { nil: undefined }),
    cas: fc.option(maybe(fc.integer({ min: -1 })), { nil: undefined }),
  }
  const args = dict({
    id: maybe(id),
    target: maybe(id),
    info_hash: maybe(id),
    token: maybe(bytes(0, 4, 8)),
    port: maybe(fc.integer({ min: -1, max: 65_537 })),
    implied_port: maybe(fc.integer({ min: 0, max: 2 })),
    want: maybe(fc.array(string('n4', 'n6', 'n8'), { maxLength: 3 })),
    seed: maybe(fc.integer({ min: 0, max: 1 })),
    noseed: maybe(fc.integer({ min: 0, max: 1 })),
    scrape: maybe(fc.integer({ min: 0, max: 1 })),
    ...item,
    other: maybe(other),
  })
  const results = dict({
    id: maybe(id),
    nodes: maybe(bytes(0, 26, 52, 53)),
    nodes6: maybe(bytes(0, 38, 76, 26)),
    values: maybe(fc.array(bytes(5, 6, 12, 18), { maxLength: 4 })),
    token: maybe(bytes(0, 8, 129)),
    samples: maybe(bytes(0, 20, 40, 19)),
    num: maybe(fc.integer({ min: -2, max: 50 })),
    interval: maybe(fc.integer({ min: -2, max: 30_000 })),
    ...item,
  })
  const message = dict({
    t: maybe(bytes(0, 1, 2, 64, 65)),
    y: maybe(string('q', 'r', 'e', 'x', '')),
    q: maybe(
      string('ping', 'find_node', 'get_peers', 'announce_peer', 'sample_infohashes', 'get', 'put', 'foo', ''),
    ),
    a: maybe(args),
    r: maybe(results),
    e: maybe(fc.tuple(fc.integer(), fc.uint8Array({ maxLength: 10 })).map((pair) => pair as BencodeValue)),
    ip: maybe(bytes(6, 18, 4)),
    ro: maybe(fc.integer({ min: -1, max: 1 })),
    c: fc.option(bytes(19, 20), { nil: undefined, freq: 20 }),
  }).map((value) => encode(value))

  /** As `encode`, with the top-level entries in another order. */
  const unsorted = fc.tuple(message, fc.infiniteStream(fc.nat(100))).map(([whole, order]) => {
    const parts = whole.length > 2 ? splitEntries(whole) : []
    parts.sort(() => (order.next().value ?? 0) - 50)
    return latin1(`d${parts.join('')}e`)
  })

  function splitEntries(whole: Uint8Array): string[] {
    const parts: string[] = []
    for (let at = 1; at < whole.length - 1; ) {
      const middle = scanValueEnd(whole, at)
      const end = scanValueEnd(whole, middle)
      parts.push(toLatin1(whole, at, end))
      at = end
    }
    return parts
  }

  function agree(datagram: Uint8Array): void {
    const expected = referenceKrpc(datagram)
    const found = decodeKrpc(datagram)
    // An integer beyond 2^53 is only known to the direct reader, which has no use for its value.
    if (expected !== 'inexact') assert.deepEqual(withSortedValue(found), expected)
  }

  it('agrees with a reader on top of the bencode door about every message, sorted or not', () => {
    fc.assert(fc.property(message, agree), { numRuns: 2_000 })
    fc.assert(fc.property(unsorted, agree), { numRuns: 1_000 })
  })

  it('agrees with it about mutated messages and token soup, and never throws', () => {
    fc.assert(fc.property(mutated(message), agree), { numRuns: 3_000 })
    fc.assert(fc.property(tokenSoup, agree), { numRuns: 2_000 })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), agree), { numRuns: 1_000 })
  })

  it('keeps nothing of the datagram, which is only lent', () => {
    const datagrams = [
      'd1:ad<A><ih>4:porti6881e<tok>e1:q13:announce_peer<z>',
      `d2:ip6:\x09\x08\x07\x06\x1a\xe11:rd2:id20:{20*i}5:nodes26:{20*n}\x0b\x0c\x0d\x0e\x0f\x105:token2:tt6:valuesl6:\x15\x16\x17\x18\x19\x1aee1:t2:aa1:y1:re`,
      'd1:eli201e5:Oopsye1:t2:aa1:y1:ee',
    ]
    for (const notation of datagrams) {
      const datagram = lent(packet(notation))
      const found = decodeKrpc(datagram)
      datagram.fill(0xee)
      assert.deepEqual(found, decodeKrpc(packet(notation)))
    }
  })
})

/** The reference knows an item's value in canonical form alone. */
function withSortedValue(message: KrpcMessage | undefined): KrpcMessage | undefined {
  if (message === undefined || message.kind === 'error' || message.item?.value === undefined) return message
  const value = encode(decode(message.item.value, { depth: 16, tokens: 1_000, length: 4_096 })!)
  return { ...message, item: { ...message.item, value } }
}

function scanValueEnd(bytes: Uint8Array, at: number): number {
  return scanValue(bytes, at, { depth: 16, tokens: 1_000, length: 10_000 })
}
