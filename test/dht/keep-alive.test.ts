import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { SECOND } from '../../src/core/time.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const CONTACTS = 10

/** A started node with ten contacts and nothing to do. */
function idle(options: Partial<DhtOptions> = {}, at: (i: number) => Address = globalAddress) {
  const lone = new LoneNode({ options })
  const rng = dice(41)
  const ids = new Map<string, Id>()
  for (let i = 0; i < CONTACTS; i++) {
    const id = randomId(rng)
    ids.set(at(i).text, id)
    lone.befriend(id, at(i))
  }
  lone.node.start(lone.now, [])
  const answering = (seconds: number): void => lone.runAmong(ids, lone.now + seconds * SECOND)
  // Until the walks of the beginning are over.
  answering(120)
  const sentAt = lone.sent.length
  return {
    lone,
    answering,
    pings: () => lone.queries(sentAt).filter(({ message }) => message.method === 'ping'),
  }
}

describe('a node that has nothing to say', () => {
  it('pings the contact that was silent longest before a minute of silence is over', () => {
    const { lone, answering, pings } = idle()
    let [silence, longest] = [0, 0]
    for (let second = 0; second < 15 * 60; second++) {
      const before = lone.sent.length
      answering(1)
      silence = lone.sent.length > before ? 0 : silence + 1
      longest = Math.max(longest, silence)
    }
    assert.ok(longest <= 55, `${longest} s`)
    const asked = pings()
    assert.ok(asked.length >= 9 && asked.length <= 17, `${asked.length}`)
    assert.equal(new Set(asked.slice(-CONTACTS).map(({ to }) => to.text)).size, CONTACTS, 'in turns')
  })

  it('does not while it sends something else', () => {
    const { lone, answering, pings } = idle()
    for (let i = 0; i < 10; i++) {
      // A read-only node is answered and not looked at further.
      lone.receive(address('90.1.1.1'), packet('d1:ad<A>e1:q4:ping2:roi1e<z>'))
      answering(30)
    }
    assert.deepEqual(pings(), [])
  })

  const quiet: readonly (readonly [string, () => ReturnType<typeof idle>])[] = [
    ['when that is turned off', () => idle({ keepAlive: 0 })],
    ['when it is read-only', () => idle({ readOnly: true })],
    ['in a private network', () => idle({}, (i) => address(`192.168.7.${1 + i}`))],
  ]
  for (const [what, make] of quiet) {
    it(`pings nobody ${what}`, () => {
      const { answering, pings } = make()
      answering(4 * 56)
      assert.deepEqual(pings(), [])
    })
  }
})
