/** What becomes of nodes whose id does not fit their IP (BEP 42): they are served, and go behind those whose id does. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeNode } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { compareDistance, type Id } from '../../src/core/id.ts'
import { isCompliant, nodeIdFor } from '../../src/core/node-id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { LookupRequest, LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'
import { RoutingTable } from '../../src/dht/table/routing-table.ts'
import { ASKER, FIND_NODE, judge } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { ASKER_ID, INFO_HASH, LoneNode, packet } from '../support/lone-node.ts'
import { globalAddress } from '../support/virtual-dht.ts'

/** An id of the far half that fits its address, and one that does not. */
function fitting(address: Address): Id {
  for (let seed = 0; ; seed++) {
    const id = nodeIdFor(address, dice(seed))
    if (id[0]! >= 128) return id
  }
}

function unfit(index: number): Id {
  const id = new Uint8Array(20).fill(index)
  id[0] = 200
  assert.equal(isCompliant(id, globalAddress(index)), false)
  return id
}

describe('a table', () => {
  const options = resolveDhtOptions({ wideBuckets: [], spares: 3 })

  /** Its far bucket is full of ids that do not fit. */
  function fullTable(): RoutingTable {
    const table = new RoutingTable(0, new Uint8Array(20), options)
    for (let i = 0; i < 8; i++) table.answered(i, unfit(i), globalAddress(i))
    table.answered(8, new Uint8Array(20).fill(1), globalAddress(99))
    return table
  }

  it('takes the replacement first whose id fits its IP, and keeps that when there are too many', () => {
    const table = fullTable()
    const fit = globalAddress(20)
    table.answered(9, fitting(fit), fit)
    for (let i = 21; i < 26; i++) assert.equal(table.answered(i, unfit(i), globalAddress(i)), 'spare')
    table.remove(30, table.at(globalAddress(0))!)
    assert.ok(table.at(fit) !== undefined)
    table.remove(31, table.at(globalAddress(1))!)
    assert.ok(table.at(globalAddress(25)) !== undefined, 'then the one that came last')
  })

  it('lets those prove themselves first whose id does not fit, when one waits for a place', () => {
    const table = fullTable()
    const oldest = globalAddress(30)
    table.remove(8, table.at(globalAddress(0))!)
    table.answered(-1, fitting(oldest), oldest)
    const doubtful = table.doubtful(60 * MINUTE, unfit(77))
    assert.equal(toHex(doubtful!.id), toHex(unfit(1)))
  })
})

describe('a node', () => {
  it('6.08 serves one whose id does not fit like any other', () => {
    assert.equal(isCompliant(ASKER_ID, ASKER), false)
    const lone = new LoneNode({ options: { enforceIds: true } })
    assert.equal(judge(lone.ask(ASKER, packet(FIND_NODE)), ASKER), 'nodes')
  })
})

/** Ids near the target that fit no address of ours, at ten places; ten more, farther away, fit theirs. */
const LIARS = Array.from({ length: 10 }, (_, i) => {
  const id = INFO_HASH.slice()
  id[19]! ^= i + 1
  return { id, address: globalAddress(100 + i) }
})
const FITTING = Array.from({ length: 10 }, (_, i) => {
  const address = globalAddress(300 + i)
  return { id: nodeIdFor(address, dice(i)), address }
})

function nodesField(): Uint8Array {
  const all = [...LIARS, ...FITTING]
  const bytes = new Uint8Array(26 * all.length)
  let at = 0
  for (const node of all) at = writeNode(bytes, at, node)
  return concatBytes([latin1(`5:nodes${bytes.length}:`), bytes, latin1('5:token2:ok')])
}

/** A look-up in which all answer with tokens; whom it ended with, and whom it announced to. */
function lookUp(enforceIds: boolean): { result: LookupResult; announced: string[]; peers: number } {
  // That all are so near would be suspicious by itself.
  const lone = new LoneNode({ options: { enforceIds, lookupDoubt: 0 } })
  const first = FITTING[0]!
  lone.befriend(first.id, first.address)
  const request: LookupRequest = { target: INFO_HASH, want: 'peers', announce: { port: 7, implied: false } }
  const results: LookupResult[] = []
  let peers = 0
  const announced: string[] = []
  let seen = lone.sent.length
  lone.node.lookup(lone.now, request, {
    peers: (_, found) => {
      peers += found.length
    },
    done: (_, result) => results.push(result),
  })
  const byText = new Map([...LIARS, ...FITTING].map((node) => [node.address.text, node]))
  while (results.length === 0 && lone.now < 2 * MINUTE) {
    for (const query of lone.queries(seen)) {
      seen = lone.sent.length
      const node = byText.get(query.to.text)!
      if (query.message.method === 'announce_peer') announced.push(node.address.text)
      const value = `6:valuesl6:\x3c\x63\x01${String.fromCharCode(node.id[19]!)}\x1a\xe1e`
      const body = query.message.method === 'get_peers' ? [nodesField(), latin1(value)] : []
      lone.reply(query, node.id, concatBytes(body))
    }
    lone.run(lone.now + SECOND / 10)
  }
  return { result: results[0]!, announced, peers }
}

describe('a look-up', () => {
  it('3.30 6.10 6.11 ends with and announces to fitting ids alone when that is asked for, and still uses what others say', () => {
    const { result, announced, peers } = lookUp(true)
    const nearest = [...FITTING].sort((a, b) => compareDistance(INFO_HASH, a.id, b.id)).slice(0, 8)
    assert.deepEqual(
      result.closest.map(({ address }) => address.text),
      nearest.map(({ address }) => address.text),
    )
    assert.deepEqual(announced.sort(), nearest.map(({ address }) => address.text).sort())
    assert.equal(result.ended, 'closest')
    assert.ok(peers > FITTING.length, 'the others were asked, and believed as to peers')
  })

  it('6.10 otherwise ends with the nearest, whatever their ids', () => {
    const { result, announced } = lookUp(false)
    const nearest = LIARS.slice(0, 8).map(({ address }) => address.text)
    assert.deepEqual(
      result.closest.map(({ address }) => address.text),
      nearest,
    )
    assert.deepEqual(announced.sort(), [...nearest].sort())
  })
})
