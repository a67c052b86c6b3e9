import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NatInit } from '../../sim/hosts/world.ts'
import { SECOND } from '../../src/core/time.ts'
import type { Transport } from '../../src/session/options.ts'
import { type MemberSetup, privately, VirtualSwarm } from './virtual-swarm.ts'

/** Lets in whom it has sent to, and keeps no port. */
const CONE: NatInit = { mapping: 'none', filtering: 'address-and-port', preserve: false }
/** The same with a port for each remote. */
const SYMMETRIC: NatInit = { ...CONE, mapping: 'address-and-port' }

interface Setup {
  readonly caller: NatInit
  readonly target: NatInit
  readonly transport?: Transport
  readonly seeds?: boolean
  readonly punches?: { readonly caller?: boolean; readonly target?: boolean; readonly relays?: boolean }
  readonly private?: boolean
}

/**
 * The target hears of the caller by peer exchange a minute late, since it has just been told of a fourth peer: who is called by then was called
 * by the relay.
 */
function scene({ caller, target, transport = 'utp', seeds = false, punches = {}, ...rest }: Setup) {
  const swarm = new VirtualSwarm({ length: 4 << 20, ...(rest.private && { info: privately }) })
  const session = { transport }
  const policies = (punchesHoles = true) => ({ swarm: { punchesHoles } })
  const between = { informed: true, session, policies: policies(punches.relays) }
  const relay = swarm.join(between)
  // Told by the user: of a private torrent nothing else counts.
  const join = (setup: MemberSetup) => {
    const member = swarm.join({ informed: true, session, ...setup })
    member.meet(relay)
    return member
  }
  const called = join({
    nat: swarm.world.addNat(target),
    policies: policies(punches.target),
  })
  swarm.pass(8 * SECOND)
  join(between)
  swarm.pass(17 * SECOND)
  const calling = join({
    mode: seeds ? 'seed' : 'download',
    // Who has everything parts with the others that do, which should not be before it has met the other.
    rates: { up: 65_536, down: 65_536 },
    nat: swarm.world.addNat(caller),
    policies: policies(punches.caller),
  })
  swarm.pass(SECOND)
  return { swarm, calling, called, relay }
}

describe('peers behind translators', () => {
  it('are brought together by one who is connected with both, and the content goes through', () => {
    const { swarm, calling, called } = scene({ caller: CONE, target: CONE, seeds: true })
    swarm.until(() => calling.progress.peers === 3, 20 * SECOND)
    swarm.pass(2 * SECOND)
    assert.deepEqual([calling.progress.punched, called.progress.punched], [1, 1])
    swarm.until(() => called.done, 120 * SECOND)
    assert.ok(called.whole)
    assert.deepEqual(calling.complaints, [])
  })

  it('are met so where TCP comes first too, if their boxes keep ports', () => {
    const kept = { ...CONE, preserve: true }
    const { swarm, calling } = scene({ caller: kept, target: kept, transport: 'both' })
    swarm.until(() => calling.progress.peers === 3, 20 * SECOND)
  })

  it('do not meet without it, nor where either of them or those between take no part', () => {
    const parts = [{ caller: false }, { target: false }, { relays: false }]
    for (const punches of parts) {
      const { swarm, calling, called } = scene({ caller: CONE, target: CONE, punches })
      swarm.pass(35 * SECOND)
      assert.deepEqual([calling.progress.peers, called.progress.peers], [2, 2], JSON.stringify(punches))
      assert.deepEqual([calling.progress.punched, called.progress.punched], [0, 0])
    }
  })

  it('do not meet where one box has a port for each remote and the other lets in no such', () => {
    const { swarm, calling, called } = scene({ caller: SYMMETRIC, target: CONE })
    swarm.pass(35 * SECOND)
    assert.deepEqual([calling.progress.peers, called.progress.peers], [2, 2])
  })

  it('are not named to each other in a private torrent (BEP 27)', () => {
    const { swarm, calling, called, relay } = scene({ caller: CONE, target: CONE, private: true })
    swarm.pass(35 * SECOND)
    assert.deepEqual([calling.progress.peers, called.progress.peers, relay.progress.peers], [1, 1, 3])
  })
})
