/** Who answers perhaps only because it asked us lately (NAT): rows 2.35 and 9.03 of the conformance list go together with it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, equalBytes, latin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { ASKER_ID, LoneNode, packet, type Sent } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const ENOUGH = 12
const rng = dice(31)

/** A node for which twelve contacts are many, and which has `count` that others reach. */
class Host extends LoneNode {
  readonly #ids = new Map<string, Id>()

  constructor(count: number) {
    super({ options: { smallTable: ENOUGH, keepAlive: 0 } })
    for (let i = 0; i < count; i++) this.befriend(randomId(rng), globalAddress(i))
  }

  override befriend(id: Id, at: Address): void {
    this.#ids.set(at.text, id)
    super.befriend(id, at)
  }

  override visit(id: Id, at: Address): void {
    this.#ids.set(at.text, id)
    super.visit(id, at)
  }

  /** Lets time pass, in which all answer. */
  answering(until: Micros): void {
    this.runAmong(this.#ids, until)
  }
}

/** Whether somebody who asks for `id` hears of it. */
function isNamed(lone: LoneNode, id: Id): boolean {
  const query = [latin1('d1:ad2:id20:'), ASKER_ID, latin1('6:target20:'), id, packet('e1:q9:find_node<z>')]
  const answer = lone.receive(address('90.1.1.1'), concatBytes(query)).find(isResponse)!.message
  return answer.kind === 'response' && answer.nodes.some((node) => equalBytes(node.id, id))
}

function isResponse({ message }: Sent): boolean {
  return message.kind === 'response'
}

function isHeld(lone: LoneNode, place: number): boolean {
  return [...lone.node.contents.contacts].some((contact) => contact.address === globalAddress(place))
}

describe('a guest', () => {
  it('is taken in and named while the table is small', () => {
    const lone = new Host(ENOUGH - 1)
    const id = randomId(rng)
    lone.visit(id, globalAddress(50))
    assert.ok(isHeld(lone, 50))
    assert.ok(isNamed(lone, id))
  })

  it('goes when it asks again once the table is large', () => {
    const lone = new Host(ENOUGH - 1)
    const id = randomId(rng)
    lone.visit(id, globalAddress(50))
    lone.befriend(randomId(rng), globalAddress(ENOUGH))
    assert.ok(isHeld(lone, 50))
    lone.visit(id, globalAddress(50))
    assert.equal(isHeld(lone, 50), false)
  })

  it('becomes a contact as others are by answering after a silence of 150 seconds', () => {
    const lone = new Host(ENOUGH - 1)
    const id = randomId(rng)
    lone.visit(id, globalAddress(50))
    lone.node.start(lone.now, [])
    lone.answering(11 * MINUTE)
    for (let i = 0; i < ENOUGH; i++) lone.befriend(randomId(rng), globalAddress(70 + i))
    assert.ok(isNamed(lone, id))
    lone.visit(id, globalAddress(50))
    assert.ok(isHeld(lone, 50))
  })

  it('stays one while it is never silent, whatever it answers', () => {
    const lone = new Host(ENOUGH - 1)
    const id = randomId(rng)
    lone.visit(id, globalAddress(50))
    lone.node.start(lone.now, [])
    for (let minute = 0; minute < 20; minute++) {
      lone.visit(id, globalAddress(50))
      lone.answering(lone.now + MINUTE)
    }
    assert.ok(isHeld(lone, 50))
    assert.ok(lone.node.contents.reachable.every(({ address }) => address !== globalAddress(50)))
  })

  it('stays one when it was blamed for silence and then answers', () => {
    const lone = new Host(2)
    const id = randomId(rng)
    lone.visit(id, globalAddress(50))
    for (let i = 0; i < 2; i++) {
      lone.node.ping(lone.now, globalAddress(50), () => {})
      lone.node.ping(lone.now, globalAddress(0), () => {})
      const asked = lone.queries().at(-1)!
      lone.run(lone.now + SECOND)
      lone.reply(asked, [...lone.node.contents.contacts].find(({ address }) => address === asked.to)!.id)
      lone.run(lone.now + 10 * SECOND)
    }
    lone.befriend(id, globalAddress(50))
    assert.ok(isHeld(lone, 50))
    assert.ok(lone.node.contents.reachable.every(({ address }) => address !== globalAddress(50)))
  })

  it('is one whoever named it, in a large table too, until it has been silent', () => {
    const lone = new Host(ENOUGH + 1)
    const id = randomId(rng)
    const isReached = (): boolean =>
      lone.node.contents.reachable.some(({ address }) => address === globalAddress(50))
    lone.visit(id, globalAddress(50))
    assert.equal(isHeld(lone, 50), false, 'it is not asked at once')
    lone.befriend(id, globalAddress(50))
    assert.deepEqual([isHeld(lone, 50), isReached()], [true, false])
    lone.run(lone.now + 4 * MINUTE)
    lone.befriend(id, globalAddress(50))
    assert.ok(isReached())
    assert.ok(isNamed(lone, id))
  })

  it('is a matter of the global scope: in a private network who answers is reached', () => {
    const lone = new LoneNode({ options: { smallTable: ENOUGH } })
    for (let i = 0; i <= ENOUGH; i++) lone.visit(randomId(rng), address(`192.168.7.${1 + i}`))
    assert.equal(lone.node.contents.reachable.length, ENOUGH)
  })

  it('gives its place in a full bucket to whoever is none', () => {
    const lone = new LoneNode({ options: { wideBuckets: [], keepAlive: 0 } })
    const far = (): Id => {
      const id = randomId(rng)
      id[0]! |= 0x80
      return id
    }
    const near = randomId(rng)
    near[0]! &= 0x3f
    lone.befriend(near, globalAddress(99))
    for (let i = 0; i < 7; i++) lone.befriend(far(), globalAddress(i))
    lone.visit(far(), globalAddress(50))
    assert.ok(isHeld(lone, 50))
    lone.befriend(far(), globalAddress(8))
    assert.deepEqual([isHeld(lone, 50), isHeld(lone, 8)], [false, true])
    lone.visit(far(), globalAddress(51))
    assert.equal(isHeld(lone, 51), false, 'it takes none from anybody')
  })
})
