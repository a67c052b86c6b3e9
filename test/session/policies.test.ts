import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession } from '../../sim/hosts/session-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MINUTE } from '../../src/core/time.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { dhtOptions } from '../../src/session/dht-options.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'

/** The id of a node in its first life and in the second, which finds what the first had saved. */
function idsOf(policies: SessionPolicies | undefined): Id[] {
  const world = new World({ seed: 1 })
  bootSession(world.addHost(), 0, { listen: false, bootstrap: [] }, () => {})
  const host = world.addHost()
  const bootstrap = [{ host: world.hosts[0]!.host, port: 6881 }]
  const ids: Id[] = []
  for (let life = 0; life < 2; life++) {
    bootSession(
      host,
      world.now,
      { listen: false, bootstrap },
      (event) => {
        if (event.kind === 'listening') ids.push(event.nodeId!)
      },
      policies,
    )
    world.run(world.now + 6 * MINUTE)
    host.kill()
  }
  return ids
}

describe("a session's policies", () => {
  it('give its nodes an id, before the one that was saved; without them that is kept', () => {
    const [first, second] = idsOf(undefined)
    assert.deepEqual(first, second)
    const chosen = Uint8Array.from({ length: 20 }, (_, i) => i)
    let asked = 0
    const policies: SessionPolicies = {
      dht: {
        nodeId: (own) => {
          assert.equal(own.port, 6881)
          chosen[19] = asked++
          return chosen.slice()
        },
      },
    }
    const [one, two] = idsOf(policies)
    assert.ok(!equalBytes(one!, two!) && one![18] === 18 && two![19] === 1)
  })

  it('change the options of its nodes, but for a limit that the user has set', () => {
    assert.equal(dhtOptions({}), DHT_DEFAULTS, 'one object for all sessions without')
    assert.equal(dhtOptions({}, { bucketSize: 4 }).bucketSize, 4)
    const queryRate = { loopback: 1, private: 1, global: 1 }
    const limited = dhtOptions({ queryLimit: 7, replyLimit: 70 }, { bucketSize: 4, queryRate })
    assert.deepEqual([limited.bucketSize, limited.queryRate.global], [4, 7])
    assert.throws(() => dhtOptions({}, { bucketSize: 0 }), /bucketSize/)
  })
})
