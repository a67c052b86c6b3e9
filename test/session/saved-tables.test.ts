/** What the nodes of a session keep from one run to the next: rows 9.10 and 9.18 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import type { SimHost } from '../../sim/hosts/sim-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { encode } from '../../src/codec/bencode.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { decodeSavedState, encodeSavedState } from '../../src/dht/entry/saved-state.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import { dice } from '../support/dice.ts'
import { address } from '../support/virtual-dht.ts'

interface Town {
  readonly world: World
  /** Of each host's IPv4 node. */
  readonly ids: Map<SimHost, Id>
  boot(host: SimHost, bootstrap?: readonly string[]): SessionEvent[]
  pass(span: number): void
}

/** A network of hosts of both families. */
function town(hosts = 12): Town {
  const world = new World({ seed: 9 })
  const first = world.addHost({ family: 'both' })
  const self: Town = {
    world,
    ids: new Map(),
    boot: (host, bootstrap = first.hosts) => {
      const events: SessionEvent[] = []
      const entries = bootstrap.map((entry) => ({ host: entry, port: PORT }))
      bootSession(host, world.now, { listen: false, bootstrap: entries }, (event) => {
        events.push(event)
        if (event.kind === 'listening' && event.address.family === 4) self.ids.set(host, event.nodeId!)
      })
      return events
    },
    pass: (span) => {
      world.run(world.now + span)
    },
  }
  self.boot(first, [])
  for (let i = 1; i < hosts; i++) self.boot(world.addHost({ family: 'both' }))
  return self
}

function stop(place: Town, host: SimHost): void {
  host.command({ kind: 'stop' })
  place.pass(SECOND)
  host.kill()
}

function warnings(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'warning' ? [event.code] : []))
}

function statusOf(events: readonly SessionEvent[]): string | undefined {
  const last = events.findLast((event) => event.kind === 'network')
  return last?.network.status
}

describe('the saved tables', () => {
  it('9.10 bring both families back without any entry point', () => {
    const place = town()
    const host = place.world.addHost({ family: 'both' })
    place.boot(host)
    place.pass(2 * MINUTE)
    stop(place, host)
    for (const family of [4, 6]) {
      const saved = decodeSavedState(host.disk.state.get(`dht-${family}.state`)!)
      assert.ok(saved!.contacts.length >= 8)
      assert.ok(saved!.contacts.every((contact) => contact.address.family === family))
    }
    const events = place.boot(host, [])
    place.pass(10 * SECOND)
    assert.equal(statusOf(events), 'online')
    assert.deepEqual(warnings(events), [])
  })

  const damages: readonly [what: string, bytes: Uint8Array][] = [
    ['cut off', encodeSavedState({ id: randomId(dice(1)), contacts: [] }).subarray(0, 20)],
    ['of another version', encode({ id: randomId(dice(1)), nodes: '', nodes6: '', version: 99 })],
    ['of another program', latin1('SQLite format 3\0')],
    ['empty', new Uint8Array(0)],
    ['zeros', new Uint8Array(4096)],
  ]
  for (const [what, bytes] of damages) {
    it(`9.10 that are ${what} are set aside with a warning, and the node starts anew`, () => {
      const place = town()
      const host = place.world.addHost({ family: 'both' })
      for (const name of ['dht-4.state', 'dht-6.state', 'items.state']) host.disk.state.set(name, bytes)
      const events = place.boot(host)
      place.pass(MINUTE)
      assert.deepEqual(warnings(events), ['state/corrupt', 'state/corrupt', 'state/corrupt'])
      assert.equal(statusOf(events), 'online')
      stop(place, host)
      for (const family of [4, 6]) {
        assert.deepEqual(host.disk.state.get(`dht-${family}.state.corrupt`), bytes)
        assert.ok(decodeSavedState(host.disk.state.get(`dht-${family}.state`)!)!.contacts.length > 0)
      }
      assert.deepEqual(host.disk.state.get('items.state.corrupt'), bytes)
    })
  }

  it('9.18 are not lost by a run that never found the network', () => {
    const place = town()
    const host = place.world.addHost({ family: 'both' })
    place.boot(host)
    place.pass(2 * MINUTE)
    stop(place, host)
    const before = decodeSavedState(host.disk.state.get('dht-4.state')!)!.contacts.length
    host.manner = 'silent'
    const events = place.boot(host, [])
    place.pass(20 * MINUTE)
    assert.equal(statusOf(events), 'offline')
    stop(place, host)
    assert.equal(decodeSavedState(host.disk.state.get('dht-4.state')!)!.contacts.length, before)
  })

  it('9.18 with all entry points dead and one saved contact alive lead back, within ten seconds', () => {
    const place = town()
    const host = place.world.addHost()
    const rng = dice(7)
    const alive = place.world.hosts[5]!
    place.pass(MINUTE)
    const dead = Array.from({ length: 60 }, (_, i) => ({
      id: randomId(rng),
      address: address(`150.${i}.1.1`),
    }))
    const contacts = [...dead, { id: place.ids.get(alive)!, address: address(alive.host) }]
    host.disk.state.set('dht-4.state', encodeSavedState({ id: randomId(rng), contacts }))
    const events = place.boot(host, ['151.1.1.1', '151.2.1.1', '151.3.1.1'])
    place.pass(10 * SECOND)
    assert.equal(statusOf(events), 'online')
  })
})
