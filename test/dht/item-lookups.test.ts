/** BEP 44: look-ups for items, and putting them. Rows 7.30 to 7.36 of the conformance list. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Item } from '../../src/codec/item.ts'
import { latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { Answer } from '../../src/dht/answering/answer.ts'
import { HonestResponder, type ResponderParts } from '../../src/dht/answering/responder.ts'
import type { LookupRequest, LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { HELLO, itemTarget, signedItem } from '../support/items.ts'
import { globalAddress, type Member, VirtualDht } from '../support/virtual-dht.ts'

const NODES = 60
const SALT = latin1('lies')

/** Answers every `get` with what it is told to. */
function liar(lie: () => Item | undefined): (parts: ResponderParts) => HonestResponder {
  return (parts) => {
    class Liar extends HonestResponder {
      override answer(...args: Parameters<HonestResponder['answer']>): Answer | undefined {
        const answer = super.answer(...args)
        const item = lie()
        if (args[2].method !== 'get' || answer?.kind !== 'response' || item === undefined) return answer
        const { seq: _, ...fields } = answer.fields
        return { kind: 'response', fields: { ...fields, item } }
      }
    }
    return new Liar(parts)
  }
}

describe('items in a network of 60 nodes', () => {
  let dht: VirtualDht
  let lie: Item | undefined
  let asker: Member

  before(() => {
    dht = new VirtualDht({ seed: 44 })
    for (let i = 0; i < NODES; i++) {
      const member = dht.add(globalAddress(i), i % 3 === 0 ? { responder: liar(() => lie) } : undefined)
      dht.input(member, (node, now) => {
        node.start(now, [])
        if (i > 0) node.addNode(now, globalAddress(i === 1 ? 0 : 1))
      })
      dht.run(dht.now + SECOND)
    }
    dht.run(dht.now + 5 * MINUTE)
    asker = dht.members[NODES - 2]!
  })

  function walk(
    request: Omit<LookupRequest, 'want'>,
    member = asker,
  ): { result: LookupResult; found: Item[] } {
    const found: Item[] = []
    let result: LookupResult | undefined
    dht.input(member, (node, now) => {
      node.lookup(
        now,
        { ...request, want: 'item' },
        { item: (_, item) => found.push(item), done: (_, end) => (result = end) },
      )
    })
    dht.run(dht.now + 5 * MINUTE, () => result !== undefined)
    assert.ok(result !== undefined)
    return { result, found }
  }

  function put(item: Item, cas?: bigint, ifScarce = false): LookupResult {
    const request = cas === undefined ? { item, ifScarce } : { item, cas, ifScarce }
    const salt = item.signed?.salt ?? new Uint8Array(0)
    return walk({ target: itemTarget(item), salt, put: request }).result
  }

  function holders(target: Id): number {
    let count = 0
    for (const member of dht.members) {
      let held = false
      dht.input(member, (node, now) => {
        node
          .lookup(
            now,
            { target, want: 'item', budget: 1, deadline: 1 },
            { item: () => (held = true), done: () => {} },
          )
          .cancel(now)
      })
      if (held) count += 1
    }
    return count
  }

  it('puts an immutable item to the eight nearest, and finds it at the first that has it', () => {
    const item = { value: HELLO }
    assert.equal(put(item).announced, 8)
    assert.ok(holders(itemTarget(item)) >= 8)
    const { result, found } = walk({ target: itemTarget(item) }, dht.members[7])
    assert.deepEqual(found, [item])
    assert.equal(result.ended, 'found')
    assert.ok(result.queries < 12)
  })

  it('finds nothing where nothing was put', () => {
    const { result, found } = walk({ target: new Uint8Array(20).fill(3) })
    assert.deepEqual([found, result.item, result.ended], [[], undefined, 'closest'])
  })

  it('7.30 passes over an immutable value of another hash, and over who told it', () => {
    const item = { value: latin1('4:true') }
    put(item)
    lie = { value: latin1('5:false') }
    const { result, found } = walk({ target: itemTarget(item) }, dht.members[7])
    lie = undefined
    assert.deepEqual(found, [item])
    assert.equal(result.item, found[0])
  })

  it('7.31 passes over a mutable value of another key or with a wrong signature', () => {
    const item = signedItem(3n, HELLO, SALT)
    put(item)
    const other = signedItem(9n, HELLO, SALT, new Uint8Array(32).fill(9))
    const forged = { value: latin1('5:false'), signed: { ...item.signed!, seq: 4n } }
    for (const told of [other, forged]) {
      lie = told
      const before = asker.node.stats(dht.now).dropped.get('bad-item') ?? 0
      const { result, found } = walk({ target: itemTarget(item), salt: SALT })
      lie = undefined
      assert.deepEqual(found, [item])
      assert.equal(result.ended, 'closest')
      assert.ok((asker.node.stats(dht.now).dropped.get('bad-item') ?? 0) > before)
    }
  })

  it('7.32 tells each newer version, and ends with the newest', () => {
    const salt = latin1('versions')
    const [old, fresh] = [signedItem(1n, latin1('3:old'), salt), signedItem(2n, latin1('5:fresh'), salt)]
    put(old)
    lie = fresh
    const { found, result } = walk({ target: itemTarget(old), salt }, dht.members[7])
    lie = undefined
    assert.deepEqual(found.at(-1), fresh)
    assert.deepEqual(result.item, fresh)
    assert.ok(found.every((item) => item.signed!.seq === 2n || item.value === found[0]!.value))
  })

  it('7.33 puts over one version alone where that is asked for, and everywhere where there is none', () => {
    const salt = latin1('cas')
    assert.equal(put(signedItem(1n, HELLO, salt), 99n).announced, 8)
    const refused = put(signedItem(2n, latin1('3:two'), salt), 99n)
    assert.deepEqual([refused.announced, refused.refusal], [0, 301])
    assert.equal(put(signedItem(2n, latin1('3:two'), salt), 1n).announced, 8)
  })

  it('does not put what the network has a newer version of', () => {
    const salt = latin1('outdated')
    put(signedItem(5n, HELLO, salt))
    for (const late of [signedItem(4n, HELLO, salt), signedItem(5n, latin1('5:other'), salt)]) {
      const { announced, refusal, item } = put(late)
      assert.deepEqual([announced, refusal, item?.signed?.seq], [0, 302, 5n])
    }
  })

  it('7.34 passes over a value that has a key and no seq, or one that is no integer', () => {
    const item = signedItem(3n, HELLO, latin1('seq'))
    put(item)
    const { publicKey, signature, salt } = item.signed!
    lie = { value: HELLO, signed: { publicKey, signature, salt, seq: -3n } }
    const { found } = walk({ target: itemTarget(item), salt }, dht.members[7])
    lie = undefined
    assert.deepEqual(found, [item])
  })

  it('7.36 leaves alone what more than eight nodes hold, the eight nearest among them', () => {
    const item = signedItem(1n, HELLO, latin1('plenty'))
    assert.equal(put(item).announced, 8)
    const { result } = walk({ target: itemTarget(item), salt: item.signed!.salt }, dht.members[7])
    assert.ok(result.copies! >= 7)
    // Each node keeps what it puts itself, if it is near; the others are given copies from the outside.
    lie = item
    const before = asker.node.stats(dht.now).queriesOut
    const plenty = put(item, undefined, true)
    const sent = asker.node.stats(dht.now).queriesOut - before
    lie = undefined
    assert.ok(plenty.copies! > 8)
    assert.equal(sent, plenty.queries)
    const scarce = signedItem(1n, HELLO, latin1('scarce'))
    assert.equal(put(scarce, undefined, true).announced, 8)
  })
})
