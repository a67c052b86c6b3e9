/** BEP 44: what a node keeps for others. Rows of section 7 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BencodeDict } from '../../src/codec/bencode.ts'
import type { Item } from '../../src/codec/item.ts'
import type { KrpcResponse } from '../../src/codec/krpc.ts'
import type { Address } from '../../src/core/address.ts'
import { EMPTY, fromHex, latin1, toLatin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import {
  ASKER,
  announced,
  bytesAt,
  dictOf,
  judge,
  neighbourly,
  peersOf,
  tokenFor,
} from '../support/answers.ts'
import { getQuery, HELLO, itemTarget, letters, putQuery, signedItem } from '../support/items.ts'
import { INFO_HASH, LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const OTHER = address('60.201.8.8', 4001)
const HOUR = 60 * MINUTE
const UNLIMITED = { loopback: 1e6, private: 1e6, global: 1e6 }

/** A node that answers as often as it is asked. */
function keeper(options: Partial<DhtOptions> = {}): LoneNode {
  return new LoneNode({ options: { queryRate: UNLIMITED, queryBurst: 1000, ...options } })
}

function get(lone: LoneNode, target: Id, seq?: bigint, from: Address = ASKER): BencodeDict {
  return dictOf(lone.ask(from, getQuery(target, seq))!.get('r'))
}

/** As the codec reads it: a `seq` may be beyond 2^53. */
function got(lone: LoneNode, target: Id, from: Address = ASKER): KrpcResponse {
  const [answer] = lone.receive(from, getQuery(target))
  assert.equal(answer?.message.kind, 'response')
  return answer.message
}

/** The code of the answer to a put with a good token; `pong`: it was taken. */
function put(lone: LoneNode, item: Item, cas?: bigint, from: Address = ASKER): unknown {
  const { token } = got(lone, itemTarget(item), from)
  return judge(lone.ask(from, putQuery(item, token!, cas)), from)
}

/** The code that `text` gets as a put, `<tok>` being a token for `target`. */
function putText(lone: LoneNode, target: Id, text: string): unknown {
  const token = toLatin1(bytesAt(get(lone, target), 'token'))
  return judge(lone.ask(ASKER, packet(text.replace('<tok>', () => `5:token8:${token}`))), ASKER)
}

describe('getting an item', () => {
  it('7.01 gives a token and nodes where nothing is kept', () => {
    const { lone } = neighbourly()
    assert.deepEqual([...get(lone, INFO_HASH).keys()], ['id', 'nodes', 'token'])
  })

  it('7.02 7.07 gives an immutable one byte by byte, and nothing of a mutable one', () => {
    const { lone } = neighbourly()
    const target = itemTarget({ value: HELLO })
    assert.equal(putText(lone, target, 'd1:ad<A><tok>1:v12:Hello World!e1:q3:put<z>'), 'pong')
    const fields = get(lone, target)
    assert.deepEqual([...fields.keys()], ['id', 'nodes', 'token', 'v'])
    assert.equal(toLatin1(bytesAt(fields, 'v')), 'Hello World!')
  })

  it('7.03 gives a mutable one with its key, seq and signature, not with its salt', () => {
    const { lone } = neighbourly()
    const item = signedItem(1n, HELLO, latin1('foobar'))
    assert.equal(put(lone, item), 'pong')
    assert.deepEqual(
      [...get(lone, itemTarget(item)).keys()],
      ['id', 'k', 'nodes', 'seq', 'sig', 'token', 'v'],
    )
    const { publicKey, signature, seq } = item.signed!
    const salt = undefined
    const expected = { value: HELLO, publicKey, signature, seq, salt, cas: undefined, isFaulty: false }
    assert.deepEqual(got(lone, itemTarget(item)).item, expected)
  })

  it('7.04 7.05 leaves out what the asker has', () => {
    const lone = keeper()
    const item = signedItem(1n)
    put(lone, item)
    for (const known of [1n, 2n]) {
      assert.deepEqual([...get(lone, itemTarget(item), known).keys()], ['id', 'nodes', 'seq', 'token'])
    }
    assert.ok(get(lone, itemTarget(item), 0n).has('v'))
  })

  it('7.06 refuses a seq that is none', () => {
    const lone = keeper()
    for (const seq of ['1:1', 'i9223372036854775808e', 'le']) {
      assert.equal(judge(lone.ask(ASKER, packet(`d1:ad<A>3:seq${seq}<tg>e1:q3:get<z>`)), ASKER), 203)
    }
    assert.equal(judge(lone.ask(ASKER, packet('d1:ad<A>e1:q3:get<z>')), ASKER), 203)
  })

  it('7.37 makes room for a long value at the cost of the nodes, and then not at every rate', () => {
    const { lone } = neighbourly()
    const item = signedItem(1n, letters(996))
    put(lone, item)
    const [answer] = lone.receive(ASKER, getQuery(itemTarget(item)))
    assert.equal(answer?.message.kind, 'response')
    assert.deepEqual(answer.message.item?.value, item.value)
    assert.deepEqual(answer.message.nodes, [])
    assert.ok(answer.message.token !== undefined)
    assert.ok(answer.bytes.length > 1024 && answer.bytes.length <= 1206 + '1:v4:1234'.length)
    let answered = 0
    for (let i = 0; i < 600; i++) {
      const from = globalAddress(1000 + i)
      answered += lone.receive(from, getQuery(itemTarget(item))).filter(({ to }) => to === from).length
    }
    assert.equal(answered, 199)
    assert.equal(lone.node.stats(lone.now).dropped.get('long-reply-limit'), 401)
    lone.run(lone.now + SECOND)
    assert.ok(got(lone, itemTarget(item), globalAddress(2000)).item !== undefined)
  })

  it('7.37 gives nodes instead of a value that does not fit whole into one datagram', () => {
    const lone = new LoneNode({ family: 6 })
    const from = address('2a00:1::7', 4000)
    const item = signedItem(1n, letters(996))
    const { token } = got(lone, itemTarget(item), from)
    assert.equal(judge(lone.ask(from, putQuery(item, token!)), from), 'pong')
    const target = toLatin1(itemTarget(item))
    const text = (t: number): Uint8Array =>
      packet(`d1:ad<A>6:target20:${target}e1:q3:get1:t${t}:{${t}*t}1:y1:qe`)
    const [short] = lone.receive(from, text(2))
    const [long] = lone.receive(from, text(64))
    assert.ok(short?.message.kind === 'response' && short.message.item !== undefined)
    assert.ok(short.bytes.length <= 1232)
    assert.ok(long?.message.kind === 'response' && long.message.item === undefined)
  })

  it('7.39 has nothing to do with the peers of the same target', () => {
    const lone = keeper()
    const item = { value: HELLO }
    put(lone, item)
    const target = itemTarget(item)
    const hash = toLatin1(target)
    const peers = packet(`d1:ad<A>9:info_hash20:${hash}e1:q9:get_peers<z>`)
    assert.deepEqual(peersOf(dictOf(lone.ask(ASKER, peers)!.get('r'))), [])
    lone.ask(ASKER, announced(tokenFor(lone, ASKER), '', '4:porti6881e'))
    assert.ok(!get(lone, INFO_HASH).has('v'))
  })
})

describe('putting an item', () => {
  it('7.08 7.41 takes a token of this address, for this target, that is not too old', () => {
    const lone = keeper()
    const item = signedItem(1n)
    const token = bytesAt(get(lone, itemTarget(item)), 'token')
    const foreign = bytesAt(get(lone, INFO_HASH), 'token')
    const attempt = (with_: Uint8Array, from = ASKER): unknown =>
      judge(lone.ask(from, putQuery(item, with_)), from)
    for (const wrong of [EMPTY, latin1('aoeusnth'), foreign]) assert.equal(attempt(wrong), 203)
    assert.equal(attempt(token, OTHER), 203)
    assert.equal(judge(lone.ask(ASKER, packet('d1:ad<A>1:v12:Hello World!e1:q3:put<z>')), ASKER), 203)
    lone.run(16 * MINUTE)
    assert.equal(attempt(token), 203)
    assert.equal(lone.node.stats(lone.now).items, 0)
  })

  it('7.09 takes 1000 bytes and no more', () => {
    const lone = keeper()
    assert.equal(put(lone, { value: letters(996) }), 'pong')
    assert.equal(put(lone, { value: letters(997) }), 205)
    assert.equal(put(lone, signedItem(1n, letters(997))), 205)
  })

  it('7.10 7.13 7.27 refuses what lacks a part, or has it in another shape or order', () => {
    const lone = keeper()
    const target = itemTarget({ value: HELLO })
    const v = '1:v12:Hello World!'
    const k = '1:k32:{32*k}'
    const sig = '3:sig64:{64*s}'
    for (const body of [
      '<tok>',
      `1:k31:{31*k}3:seqi1e${sig}<tok>${v}`,
      `1:k33:{33*k}3:seqi1e${sig}<tok>${v}`,
      `1:ki1e3:seqi1e${sig}<tok>${v}`,
      `${k}3:seqi1e3:sig63:{63*s}<tok>${v}`,
      `${k}3:seqi1e3:sig65:{65*s}<tok>${v}`,
      `${k}3:seqi1e3:sigi1e<tok>${v}`,
      `${k}3:seqi1e<tok>${v}`,
      `${k}${sig}<tok>${v}`,
      `${k}3:seq1:1${sig}<tok>${v}`,
      `${k}4:salti1e3:seqi1e${sig}<tok>${v}`,
      `3:cas1:1${k}3:seqi1e${sig}<tok>${v}`,
      `<tok>1:vd1:bi1e1:ai1ee`,
      `${v}<tok>`,
    ]) {
      const [cas, rest] = body.startsWith('3:cas') ? ['3:cas1:1', body.slice(8)] : ['', body]
      assert.equal(putText(lone, target, `d1:ad${cas}<A>${rest}e1:q3:put<z>`), 203, body)
    }
    assert.equal(lone.node.stats(lone.now).items, 0)
  })

  it('7.11 keeps a value of each type as its bytes are', () => {
    const lone = keeper()
    for (const text of ['i-7e', '3:abc', 'l1:ai1ee', 'd1:a1:be', '0:', 'de', 'i9007199254740993e']) {
      const item = { value: latin1(text) }
      assert.equal(put(lone, item), 'pong', text)
      assert.deepEqual(got(lone, itemTarget(item)).item?.value, item.value)
    }
  })

  it('7.12 7.28 7.29 refuses a signature that is not that of the key', () => {
    const lone = keeper()
    const good = signedItem(1n, HELLO, latin1('foobar'))
    const flipped = (bytes: Uint8Array, at = 0): Uint8Array =>
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
    const { signed, value } = good
    const identity = {
      publicKey: Uint8Array.of(1, ...new Uint8Array(31)),
      signature: Uint8Array.of(1, ...new Uint8Array(63)),
    }
    for (const bad of [
      { value, signed: { ...signed!, signature: flipped(signed!.signature) } },
      { value: flipped(value, 5), signed: signed! },
      { value, signed: { ...signed!, seq: 2n } },
      { value, signed: { ...signed!, salt: flipped(signed!.salt) } },
      { value, signed: { ...signed!, publicKey: flipped(signed!.publicKey) } },
      { value, signed: { ...signed!, ...identity } },
    ]) {
      assert.equal(put(lone, bad), 206)
    }
    assert.equal(lone.node.stats(lone.now).items, 0)
  })

  it('7.14 7.15 takes a salt of 64 bytes at most, and an empty one as none', () => {
    const lone = keeper()
    assert.equal(put(lone, signedItem(1n, HELLO, latin1('s'.repeat(64)))), 'pong')
    assert.equal(put(lone, signedItem(1n, HELLO, latin1('s'.repeat(65)))), 207)
    const plain = signedItem(1n)
    const key = toLatin1(plain.signed!.publicKey)
    const signature = toLatin1(plain.signed!.signature)
    const text = `d1:ad<A>1:k32:${key}4:salt0:3:seqi1e3:sig64:${signature}<tok>1:v12:Hello World!e1:q3:put<z>`
    assert.equal(putText(lone, itemTarget(plain), text), 'pong')
  })

  it('7.16 7.17 7.18 keeps the version with the higher seq; the same again is renewed', () => {
    const lone = keeper()
    const target = itemTarget(signedItem(5n))
    assert.equal(put(lone, signedItem(5n)), 'pong')
    assert.equal(put(lone, signedItem(4n)), 302)
    assert.equal(put(lone, signedItem(5n, latin1('5:other'))), 302)
    lone.run(HOUR)
    assert.equal(put(lone, signedItem(5n)), 'pong')
    lone.run(2.9 * HOUR)
    assert.deepEqual(got(lone, target).item?.value, HELLO)
    assert.equal(lone.node.stats(lone.now).items, 1)
  })

  it('7.19 7.20 7.21 7.22 7.23 compares cas with what is there, before seq, for mutable items alone', () => {
    const lone = keeper()
    assert.equal(put(lone, signedItem(5n), 77n), 'pong')
    assert.equal(put(lone, signedItem(6n), 4n), 301)
    assert.equal(put(lone, signedItem(6n), 6n), 301)
    assert.equal(put(lone, signedItem(4n), 4n), 301)
    assert.equal(put(lone, signedItem(6n), 5n), 'pong')
    assert.equal(put(lone, { value: HELLO }, 3n), 'pong')
    assert.equal(put(lone, { value: HELLO }, 3n), 'pong')
  })

  it('7.24 7.25 7.26 counts in 64 bits, from zero', () => {
    const lone = keeper()
    for (const seq of [0n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
      assert.equal(put(lone, signedItem(seq)), 'pong')
      assert.equal(got(lone, itemTarget(signedItem(seq))).item?.seq, seq)
    }
    assert.equal(put(lone, signedItem(2n ** 63n)), 203)
    assert.equal(put(lone, signedItem(-1n, HELLO, latin1('negative'))), 203)
  })

  it('7.35 forgets what nobody has put for two hours', () => {
    const lone = keeper()
    put(lone, signedItem(1n))
    lone.run(2 * HOUR - SECOND)
    assert.ok(get(lone, itemTarget(signedItem(1n))).has('v'))
    lone.run(2 * HOUR + SECOND)
    assert.ok(!get(lone, itemTarget(signedItem(1n))).has('v'))
    assert.equal(lone.node.stats(lone.now).items, 0)
  })

  it('7.38 keeps the near when it is full, and gives no token for what it would not take', () => {
    const lone = keeper({ maxItems: 3, maxItemsPerSource: 100 })
    const items = Array.from({ length: 40 }, (_, i) => ({ value: latin1(`i${i}e`) }))
    const distance = (item: Item): number => itemTarget(item)[0]! ^ lone.node.id[0]!
    for (const item of items) {
      const { token } = got(lone, itemTarget(item))
      if (token !== undefined) assert.equal(judge(lone.ask(ASKER, putQuery(item, token)), ASKER), 'pong')
    }
    const kept = items.filter((item) => got(lone, itemTarget(item)).item !== undefined)
    const nearest = [...items].sort((a, b) => distance(a) - distance(b)).slice(0, 3)
    assert.equal(lone.node.stats(lone.now).items, 3)
    assert.deepEqual(new Set(kept), new Set(nearest))
    const far = [...items].sort((a, b) => distance(b) - distance(a))[0]!
    assert.equal(got(lone, itemTarget(far), globalAddress(7)).token, undefined)
  })

  it('7.40 gives each source so many places and no more', () => {
    const lone = keeper()
    const codes: unknown[] = []
    for (let i = 0; i < 20; i++) {
      codes.push(put(lone, { value: latin1(`i${i}e`) }))
    }
    assert.deepEqual(codes.slice(0, 16), Array(16).fill('pong'))
    assert.deepEqual(codes.slice(16), Array(4).fill(202))
    assert.equal(put(lone, { value: latin1('i99e') }, undefined, OTHER), 'pong')
    lone.run(lone.now + 2 * HOUR)
    assert.equal(put(lone, { value: latin1('i20e') }), 'pong')
  })

  it('checks no more signatures than it has time for', () => {
    const lone = keeper({ signatureRate: 5 })
    const bad = { value: HELLO, signed: { ...signedItem(1n).signed!, signature: fromHex('00'.repeat(64))! } }
    const codes = Array.from({ length: 30 }, (_, i) => {
      const from = globalAddress(i)
      const token = bytesAt(get(lone, itemTarget(bad), undefined, from), 'token')
      return judge(lone.ask(from, putQuery(bad, token)), from)
    })
    assert.deepEqual(codes, [...Array(10).fill(206), ...Array(20).fill('drop')])
    assert.equal(lone.node.stats(lone.now).dropped.get('signature-limit'), 20)
  })
})
