/** What a node sends for one datagram is bounded where its bytes are made, whatever its responder says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharedNode } from '../../src/codec/shared-nodes.ts'
import { randomId } from '../../src/core/id.ts'
import type { Answer } from '../../src/dht/answering/answer.ts'
import { ASKER, FIND_NODE, judge, PING } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { letters } from '../support/items.ts'
import { LoneNode, packet } from '../support/lone-node.ts'
import { globalAddress } from '../support/virtual-dht.ts'

const rng = dice(5)
const CROWD = Array.from({ length: 60 }, (_, i) => sharedNode(randomId(rng), globalAddress(i)))

function answering(answer: Answer): LoneNode {
  return new LoneNode({ policies: { responder: () => ({ answer: () => answer }) } })
}

describe('an answer', () => {
  it('that would be longer than 1024 bytes is not sent', () => {
    const fitting = answering({ kind: 'response', fields: { nodes: CROWD.slice(0, 36) } })
    assert.equal(judge(fitting.ask(ASKER, packet(FIND_NODE)), ASKER), 'nodes')
    const lone = answering({ kind: 'response', fields: { nodes: CROWD } })
    assert.equal(lone.ask(ASKER, packet(FIND_NODE)), undefined)
    assert.equal(lone.node.stats(0).dropped.get('oversized'), 1)
  })

  it('that is an error of any length of text is not either', () => {
    const lone = answering({ kind: 'error', code: 202, message: 'x'.repeat(1100) })
    assert.equal(lone.ask(ASKER, packet(PING)), undefined)
  })

  it('with an item is as long as one datagram at most, and leaves the item out otherwise', () => {
    const lone = answering({
      kind: 'response',
      fields: { nodes: CROWD.slice(0, 8), item: { value: letters(1450) } },
    })
    assert.equal(judge(lone.ask(ASKER, packet(FIND_NODE)), ASKER), 'nodes')
  })
})
