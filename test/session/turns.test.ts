/** Several nodes of one family in one session (BEP 45): they take turns. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import type { DhtNode } from '../../src/dht/dht-node.ts'
import type { LookupEnd, LookupObserver, LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import type { Publication } from '../../src/dht/lookup/publication.ts'
import { lookUpOnAll } from '../../src/session/joint-lookup.ts'
import { publishOnAll } from '../../src/session/publishing.ts'
import type { Seat } from '../../src/session/seat.ts'
import { INFO_HASH } from '../support/lone-node.ts'
import { address } from '../support/virtual-dht.ts'

const seat = { touch: () => {} } as Seat

/** A node whose look-ups end when they are told to. */
class Slow {
  readonly family: 4 | 6
  readonly address: Address
  readonly seat: Seat = seat
  readonly node: Pick<DhtNode, 'lookup' | 'publish'>
  begun: number[] = []
  stopped = 0
  #done: ((now: number, ended: LookupEnd) => void) | undefined

  constructor(family: 4 | 6, isRefused = false) {
    this.family = family
    this.address = family === 4 ? address('60.1.1.1') : address('2a00::1')
    const begin = (now: number, observer: LookupObserver | undefined): void => {
      this.begun.push(now)
      this.#done = (at, ended) =>
        observer?.done(at, { target: INFO_HASH, ended, closest: [] } as unknown as LookupResult)
      if (isRefused) this.end(now, 'refused')
    }
    this.node = {
      lookup: (now, _request, observer) => {
        begin(now, observer)
        return { cancel: (at) => this.end(at, 'cancelled') }
      },
      publish: (now, _hash, _port, observer) => {
        begin(now, observer)
        const stop = (): void => {
          this.stopped += 1
        }
        return { stop } as unknown as Publication
      },
    }
  }

  end(now: number, ended: LookupEnd = 'closest'): void {
    this.#done?.(now, ended)
  }
}

function lookUp(nodes: readonly Slow[]): {
  cancel: ((now: number) => void) | undefined
  results: LookupEnd[][]
} {
  const results: LookupEnd[][] = []
  const handle = lookUpOnAll(
    nodes,
    0,
    { kind: 'lookup', lookup: 1, target: INFO_HASH, want: 'peers' },
    () => {},
    (all) => results.push(all.map(({ ended }) => ended)),
  )
  return { cancel: handle && ((now) => handle.cancel(now)), results }
}

describe('a look-up on several nodes', () => {
  it('8.04 begins at once on one of each family, and on the next when that is through', () => {
    const nodes = [new Slow(4), new Slow(4), new Slow(6), new Slow(4)]
    const { results } = lookUp(nodes)
    assert.deepEqual(
      nodes.map(({ begun }) => begun),
      [[0], [], [0], []],
    )
    nodes[0]!.end(10)
    nodes[2]!.end(15)
    nodes[1]!.end(20)
    assert.deepEqual(results, [])
    nodes[3]!.end(30)
    assert.deepEqual(
      nodes.map(({ begun }) => begun),
      [[0], [10], [0], [20]],
    )
    assert.deepEqual(results, [['closest', 'closest', 'closest', 'closest']])
  })

  it('ends on all when it is cancelled, and begins on no other', () => {
    const nodes = [new Slow(4), new Slow(4), new Slow(6)]
    const { cancel, results } = lookUp(nodes)
    cancel!(5)
    assert.deepEqual(results, [['cancelled', 'cancelled']])
    assert.deepEqual(nodes[1]!.begun, [])
  })

  it('goes on to the next where one refuses, and is over when all have', () => {
    const nodes = [new Slow(4, true), new Slow(4, true)]
    const { cancel, results } = lookUp(nodes)
    assert.equal(cancel, undefined)
    assert.deepEqual(results, [['refused', 'refused']])
    assert.deepEqual(lookUp([]).results, [[]])
  })
})

describe('what is published on several nodes', () => {
  it('8.04 is published on the next of a family when the first round of one is over', () => {
    const nodes = [new Slow(4), new Slow(4), new Slow(6)]
    let ended = 0
    const publish = (): ReturnType<typeof publishOnAll> =>
      publishOnAll(
        nodes,
        0,
        INFO_HASH,
        () => 1,
        () => {},
        () => false,
        () => {
          ended += 1
        },
      )
    const publishing = publish()
    nodes[0]!.end(7)
    nodes[0]!.end(9)
    nodes[1]!.end(20)
    assert.deepEqual(
      nodes.map(({ begun }) => begun),
      [[0], [7], [0]],
    )
    assert.equal(ended, 3)
    publishing.stop(30)
    assert.deepEqual(
      nodes.map(({ stopped }) => stopped),
      [1, 1, 1],
    )
  })
})
