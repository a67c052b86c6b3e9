import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes, EMPTY, latin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH, LoneNode, packet } from '../support/lone-node.ts'
import { globalAddress } from '../support/virtual-dht.ts'

const FRIEND: Id = randomId(dice(40))

interface Told {
  readonly lone: LoneNode
  /** Seconds at which the friend was announced to. */
  readonly announces: number[]
  run(until: number): void
}

/** A node with one contact, which answers everything with a token. */
function befriended(): Told {
  const lone = new LoneNode()
  lone.befriend(FRIEND, globalAddress(1))
  const announces: number[] = []
  let seen = lone.sent.length
  const settle = (): void => {
    for (let queries = lone.queries(seen); queries.length > 0; queries = lone.queries(seen)) {
      seen = lone.sent.length
      for (const query of queries) {
        const { method } = query.message
        if (method === 'announce_peer') announces.push(lone.now / SECOND)
        lone.reply(query, FRIEND, method === 'get_peers' ? packet('5:token4:tokn') : EMPTY)
      }
    }
  }
  return {
    lone,
    announces,
    run: (until) => {
      settle()
      for (let at = lone.now; at < until; at += SECOND) {
        lone.run(at)
        settle()
      }
    },
  }
}

describe('publication', () => {
  it('announces at once, after a minute, then each 15 minutes give or take a fifth', () => {
    const { lone, announces, run } = befriended()
    lone.node.publish(lone.now, INFO_HASH, 7000)
    run(3 * 60 * MINUTE)
    assert.ok(announces[0]! < 2)
    assert.ok(Math.abs(announces[1]! - announces[0]! - 60) <= 1)
    const gaps = announces.slice(2).map((at, i) => at - announces[i + 1]!)
    assert.ok(gaps.length >= 9)
    for (const gap of gaps) assert.ok(gap >= 719 && gap <= 1081, String(gap))
    assert.ok(new Set(gaps).size > 3, 'and not in step')
  })

  it('tries again soon when nobody took the announce, and at once when there are nodes', () => {
    const lone = new LoneNode()
    let rounds = 0
    lone.node.start(0, [])
    lone.node.publish(0, INFO_HASH, 7000, {
      done: (_, { ended }) => {
        if (ended === 'no-nodes') rounds += 1
      },
    })
    lone.run(40 * SECOND)
    assert.equal(rounds, 6, 'after 0, 1, 3, 7, 15 and 31 s')
    lone.befriend(FRIEND, globalAddress(1))
    const join = lone.queries().find(({ message }) => message.method === 'find_node')!
    lone.reply(join, FRIEND)
    assert.ok(lone.queries().some(({ message }) => message.method === 'get_peers'))
  })

  it('reports the peers of each round', () => {
    const { lone, run } = befriended()
    const rounds: number[] = []
    lone.node.publish(lone.now, INFO_HASH, 'implied', { done: (_, { announced }) => rounds.push(announced) })
    run(2 * MINUTE)
    assert.deepEqual(rounds, [1, 1])
  })

  it('asks each time for a port that may change', () => {
    const { lone, run } = befriended()
    let port = 7000
    lone.node.publish(lone.now, INFO_HASH, () => port)
    run(5 * SECOND)
    port = 40_000
    run(2 * MINUTE)
    const said = lone.queries().filter(({ message }) => message.method === 'announce_peer')
    assert.deepEqual(
      said.map(({ message }) => [message.port, message.impliedPort]),
      [
        [7000, false],
        [40_000, false],
      ],
    )
  })

  it('announces again at once when our address has changed', () => {
    const { lone, announces, run } = befriended()
    const publication = lone.node.publish(lone.now, INFO_HASH, 7000)
    run(5 * MINUTE)
    assert.equal(announces.length, 2)
    publication.readdress(lone.now)
    run(lone.now + 2 * SECOND)
    assert.equal(announces.length, 3)
  })

  it('ends when it is stopped', () => {
    const { lone, announces, run } = befriended()
    const publication = lone.node.publish(lone.now, INFO_HASH, 7000)
    assert.equal(lone.node.stats(lone.now).publications, 1)
    run(5 * SECOND)
    publication.stop(lone.now)
    run(60 * MINUTE)
    assert.equal(announces.length, 1)
    assert.equal(lone.node.stats(lone.now).publications, 0)
  })

  it('is refused when there are too many', () => {
    const lone = new LoneNode({ options: { maxPublications: 1 } })
    lone.node.publish(0, INFO_HASH, 1)
    lone.node.publish(0, INFO_HASH, 2)
    const { dropped, publications } = lone.node.stats(0)
    assert.deepEqual([publications, dropped.get('publications-full')], [1, 1])
  })

  it('pings, and says how it went', () => {
    const lone = new LoneNode()
    const outcomes: unknown[] = []
    lone.node.ping(0, globalAddress(1), (outcome) => outcomes.push(outcome))
    lone.node.ping(0, globalAddress(2), (outcome) => outcomes.push(outcome))
    lone.node.ping(0, globalAddress(3), (outcome) => outcomes.push(outcome))
    lone.now = 1234
    lone.reply(lone.queries()[0]!, FRIEND)
    const { transaction } = lone.queries()[1]!.message
    lone.receive(
      globalAddress(2),
      concatBytes([latin1('d1:eli202e1:xe1:t4:'), transaction, latin1('1:y1:ee')]),
    )
    lone.run(6 * SECOND)
    assert.deepEqual(outcomes, [
      { ok: true, id: FRIEND, rtt: 1234 },
      { ok: false, reason: 'error' },
      { ok: false, reason: 'timeout' },
    ])
  })
})
