/** Two nodes of one machine, one for each family (BEP 32): rows 4.03 to 4.13 and 5.06 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BencodeDict } from '../../src/codec/bencode.ts'
import { readNodes, writeNode } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { announced, bytesAt, dictOf, peersOf, tokenFor } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const WANTS = { none: '', n4: '4:wantl2:n4e', n6: '4:wantl2:n6e', both: '4:wantl2:n42:n6e' } as const
const FROM = { 4: address('60.200.7.7', 4000), 6: address('2001:db8:77::7', 4000) } as const

function six(index: number): Address {
  return address(`2001:db8:${(index + 16).toString(16)}::9`)
}

/** A node of each family, with so many contacts each. */
function pair(contacts = 12): Readonly<Record<4 | 6, LoneNode>> {
  const four: LoneNode = new LoneNode({ sister: () => sixth.node })
  const sixth: LoneNode = new LoneNode({ family: 6, sister: () => four.node })
  const rng = dice(3)
  for (let i = 0; i < contacts; i++) {
    four.befriend(randomId(rng), globalAddress(i))
    sixth.befriend(randomId(rng), six(i))
  }
  return { 4: four, 6: sixth }
}

function ask(lone: LoneNode, family: 4 | 6, query: string): BencodeDict {
  return dictOf(lone.ask(FROM[family], packet(query))!.get('r'))
}

function isMarked({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return toLatin1(bytes).includes('4:wantl2:n42:n6e')
}

describe('a node with a sister of the other family', () => {
  const rows: readonly [id: string, want: keyof typeof WANTS, family: 4 | 6, keys: readonly string[]][] = [
    ['4.01', 'none', 4, ['nodes']],
    ['4.02', 'none', 6, ['nodes6']],
    ['4.03', 'n4', 6, ['nodes']],
    ['4.03', 'n6', 4, ['nodes6']],
    ['4.04', 'both', 4, ['nodes', 'nodes6']],
    ['4.04', 'both', 6, ['nodes', 'nodes6']],
  ]
  for (const [id, want, family, keys] of rows) {
    const named = keys.join(' and ')
    it(`${id} 4.12 asked over IPv${family} for ${want} names ${named}, each of its family`, () => {
      const nodes = pair()
      const fields = ask(nodes[family], family, `d1:ad<A><tg>${WANTS[want]}e1:q9:find_node<z>`)
      assert.deepEqual([...fields.keys()], ['id', ...keys])
      for (const key of keys) {
        const of = key === 'nodes' ? 4 : 6
        const nearest = readNodes(bytesAt(fields, key), of)
        assert.equal(nearest.length, 8)
        assert.ok(nearest.every((node) => node.address.family === of))
      }
    })
  }

  it('4.05 4.06 knows no other names, and none that is no string', () => {
    const nodes = pair()
    const keysFor = (want: string): string[] => [
      ...ask(nodes[4], 4, `d1:ad<A><tg>${want}e1:q9:find_node<z>`).keys(),
    ]
    assert.deepEqual(keysFor('4:wantl2:n62:n92:zze'), ['id', 'nodes6'])
    for (const want of ['4:wantle', '4:wanti1e', '4:want2:n4', '4:wantli4ee'])
      assert.deepEqual(keysFor(want), ['id', 'nodes'])
    assert.deepEqual(keysFor(`4:wantl${'2:n4'.repeat(400)}e`), ['id', 'nodes'])
  })

  for (const [family, most, length] of [
    [4, 49, 1022],
    [6, 18, 1021],
  ] as const) {
    it(`4.07 4.08 4.10 fills 1024 bytes with ${most} peers beside the nodes of both families, over IPv${family}`, () => {
      const nodes = pair()
      const lone = nodes[family]
      for (let i = 0; i < 60; i++) {
        const from = family === 4 ? globalAddress(500 + i) : six(500 + i)
        lone.now += SECOND / 100
        lone.receive(from, announced(tokenFor(lone, from), '', '4:porti6881e'))
      }
      const fields = ask(lone, family, `d1:ad<A><ih>${WANTS.both}e1:q9:get_peers<z>`)
      const peers = peersOf(fields)
      assert.equal(peers.length, most)
      assert.ok(peers.every((text) => text.startsWith('[') === (family === 6)))
      assert.equal(lone.sent.findLast(({ message }) => message.kind === 'response')!.bytes.length, length)
    })
  }

  it('5.06 names nodes of its own family alone beside the filters of a scrape', () => {
    const nodes = pair()
    const from = globalAddress(500)
    nodes[4].receive(from, announced(tokenFor(nodes[4], from), '', '4:porti6881e'))
    const fields = ask(nodes[4], 4, `d1:ad<A><ih>6:scrapei1e${WANTS.both}e1:q9:get_peers<z>`)
    assert.ok(fields.has('BFpe') && fields.has('nodes') && !fields.has('nodes6'))
  })

  it('names nobody whose scope is narrower than that of the asker', () => {
    const four: LoneNode = new LoneNode({ sister: () => sixth.node })
    const sixth: LoneNode = new LoneNode({ family: 6, sister: () => four.node })
    sixth.befriend(randomId(dice(1)), address('fd00::1'))
    const fields = ask(four, 4, `d1:ad<A><tg>${WANTS.n6}e1:q9:find_node<z>`)
    assert.equal(bytesAt(fields, 'nodes6').length, 0)
  })

  it('4.13 asks for nodes of both families while the other has no way in, hands them over, and stops then', () => {
    const nodes = pair(0)
    const [four, sixth] = [nodes[4], nodes[6]]
    four.node.addNode(0, globalAddress(1))
    four.node.start(0, [])
    sixth.node.start(0, [])
    const [query] = four.queries()
    assert.ok(query && isMarked(query))
    const named = new Uint8Array(3 * 38)
    const rng = dice(4)
    const id = randomId(rng)
    let at = writeNode(named, 0, { id, address: six(1) })
    at = writeNode(named, at, { id: randomId(rng), address: address('fd00::7') })
    writeNode(named, at, { id: randomId(rng), address: address('ff02::1') })
    four.reply(query, randomId(rng), concatBytes([latin1(`6:nodes6${named.length}:`), named]))
    const asked = sixth.queries()
    assert.deepEqual(
      asked.map(({ to }) => to),
      [six(1)],
      'what a global node may name',
    )
    sixth.reply(asked[0]!, id)
    assert.equal(sixth.node.stats(0).nodes, 1)
    sixth.run(10 * SECOND)
    four.run(10 * SECOND)
    assert.equal(sixth.node.seeks(10 * SECOND), false)
    const before = four.sent.length
    four.run(20 * MINUTE)
    assert.ok(four.queries(before).some(({ message }) => message.method === 'find_node'))
    assert.equal(four.queries(before).some(isMarked), false)
  })

  it('4.13 asks for them in vain for two minutes of fifteen only', () => {
    const nodes = pair(0)
    nodes[4].node.addNode(0, globalAddress(1))
    nodes[4].node.start(0, [])
    nodes[6].node.start(0, [])
    const marked = new Set<number>()
    let seen = 0
    for (let minute = 0; minute < 30; minute++) {
      nodes[4].run((minute + 1) * MINUTE - 1)
      if (nodes[4].queries(seen).some(isMarked)) marked.add(minute)
      seen = nodes[4].sent.length
    }
    assert.deepEqual([...marked], [0, 1, 15, 16])
  })
})
