/** What a node knows of the network around it, as a value and as an event. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import type { NetworkState } from '../../src/dht/identity/network-state.ts'
import { ASKER, PING } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const IP = '6:\x3c\x63\x01\x01\x1a\xe1'

/** A node among contacts that answer all, as long as `isUp`. */
class Neighbours {
  readonly lone = new LoneNode()
  isUp = true
  readonly #ids = new Map<string, Id>()
  #seen = 0

  constructor(contacts = 12) {
    const rng = dice(61)
    for (let i = 0; i < contacts; i++) this.#ids.set(globalAddress(i).text, randomId(rng))
  }

  start(saved = true): void {
    const contacts = [...this.#ids].map(([text, id]) => ({ id, address: address(text.split(':')[0]!) }))
    this.lone.node.start(this.lone.now, saved ? contacts : [])
  }

  run(span: Micros): void {
    const until = this.lone.now + span
    while (this.lone.now < until) {
      this.lone.run(Math.min(until, this.lone.now + SECOND / 10))
      const queries = this.lone.queries(this.#seen)
      this.#seen = this.lone.sent.length
      for (const query of queries) {
        const id = this.#ids.get(query.to.text)
        if (this.isUp && id !== undefined) this.lone.reply(query, id)
      }
    }
  }

  get state(): NetworkState {
    return this.lone.node.stats(this.lone.now).network
  }

  get told(): NetworkState[] {
    return this.lone.events.flatMap((event) => (event.kind === 'network' ? [event.state] : []))
  }
}

describe('the network as a node knows it', () => {
  it('is degraded until a way in is found, then online, and says each once', () => {
    const node = new Neighbours()
    assert.equal(node.state.status, 'degraded')
    node.start()
    assert.equal(node.state.status, 'degraded')
    node.run(5 * SECOND)
    assert.equal(node.state.status, 'online')
    node.run(10 * MINUTE)
    assert.deepEqual(
      node.told.map(({ status }) => status),
      ['online'],
    )
  })

  it('3.32 is degraded when nobody answers for some seconds, offline after a minute, online with the first answer', () => {
    const node = new Neighbours()
    node.start()
    node.run(16 * MINUTE)
    node.isUp = false
    node.lone.node.ping(node.lone.now, globalAddress(0), () => {})
    const cut = node.lone.now
    while (node.state.status === 'online' && node.lone.now < cut + 10 * MINUTE) node.run(SECOND)
    assert.equal(node.state.status, 'degraded')
    assert.ok(node.lone.now - cut <= 25 * SECOND, `${node.lone.now - cut}`)
    while (node.state.status === 'degraded' && node.lone.now < cut + 10 * MINUTE) node.run(SECOND)
    assert.equal(node.state.status, 'offline')
    assert.ok(node.lone.now - cut >= MINUTE && node.lone.now - cut <= 75 * SECOND, `${node.lone.now - cut}`)
    node.isUp = true
    node.run(10 * SECOND)
    assert.equal(node.state.status, 'online')
    assert.deepEqual(
      node.told.map(({ status }) => status),
      ['online', 'degraded', 'offline', 'online'],
    )
  })

  it('3.32 loses nobody while it is offline, for however long, and needs no entry point to come back', () => {
    const node = new Neighbours(24)
    node.start()
    node.run(MINUTE)
    const known = [...node.lone.node.contents.contacts].length
    assert.equal(known, 24)
    node.isUp = false
    node.run(5 * 60 * MINUTE)
    assert.equal([...node.lone.node.contents.contacts].length, known)
    assert.equal(node.lone.node.snapshot().contacts.length, known, 'nor does what is saved')
    node.isUp = true
    node.run(30 * SECOND)
    assert.equal(node.state.status, 'online')
    node.run(2 * MINUTE)
    assert.equal(node.lone.node.stats(node.lone.now).nodes, known)
  })

  it('is not called offline because one node fell silent and nothing else was asked', () => {
    const node = new Neighbours()
    node.start()
    node.run(MINUTE)
    node.lone.node.ping(node.lone.now, address('90.1.1.1'), () => {})
    node.run(10 * MINUTE)
    assert.deepEqual(
      node.told.map(({ status }) => status),
      ['online'],
    )
  })

  it('says where others see us', () => {
    const node = new Neighbours()
    for (let i = 0; i < 3; i++) node.lone.told(address(`${61 + i}.1.1.9`), randomId(dice(i)), IP)
    assert.equal(node.state.external, address('60.99.1.1', 6881))
    assert.equal(node.told.at(-1)!.external, address('60.99.1.1', 6881))
  })

  it('says that we are reached when a query comes from where we have sent nothing', () => {
    const node = new Neighbours()
    node.start()
    assert.equal(node.state.reachable, undefined)
    node.run(5 * SECOND)
    node.lone.receive(globalAddress(0), packet(PING))
    assert.equal(node.state.reachable, undefined, 'we have asked it before')
    node.lone.receive(ASKER, packet(PING))
    assert.equal(node.state.reachable, true)
    assert.equal(node.told.at(-1)!.reachable, true)
    node.run(16 * MINUTE)
    assert.equal(node.state.reachable, undefined)
  })

  it('says that we are read-only', () => {
    const lone = new LoneNode({ options: { readOnly: true } })
    assert.equal(lone.node.stats(0).network.readOnly, true)
    assert.equal(lone.node.stats(0).network.reachable, false)
  })
})
