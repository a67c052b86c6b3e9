/** The id and the network of a session's nodes, over restarts, in a world of public hosts and translators. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import type { SimHost } from '../../sim/hosts/sim-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { parseAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { isCompliant } from '../../src/core/node-id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { decodeSavedState } from '../../src/dht/entry/saved-state.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'

interface Run {
  readonly events: SessionEvent[]
  /** The latest. */
  readonly id: Id
}

/** A network of public hosts, and what has happened on others. */
class Town {
  readonly world = new World({ seed: 7 })
  readonly #first: SimHost

  constructor(hosts = 12) {
    this.#first = this.world.addHost()
    bootSession(this.#first, 0, { listen: false, bootstrap: [] }, () => {})
    for (let i = 1; i < hosts; i++) this.boot(this.world.addHost())
  }

  boot(host: SimHost, options: Partial<SessionOptions> = {}): Run {
    const events: SessionEvent[] = []
    const bootstrap = [{ host: this.#first.host, port: PORT }]
    bootSession(host, this.world.now, { listen: false, bootstrap, ...options }, (event) => events.push(event))
    return {
      events,
      get id() {
        const last = events.findLast(({ kind }) => kind === 'listening' || kind === 'node-id')
        assert.ok(last?.kind === 'listening' || last?.kind === 'node-id')
        return last.nodeId!
      },
    }
  }

  pass(span: number): void {
    this.world.run(this.world.now + span)
  }

  stop(host: SimHost): void {
    host.command({ kind: 'stop' })
    this.pass(SECOND)
    host.kill()
  }
}

describe('the node of a session', () => {
  it('has an id that fits its address from the start, when it is bound to that', () => {
    const town = new Town()
    const host = town.world.addHost()
    const run = town.boot(host)
    town.pass(MINUTE)
    assert.ok(isCompliant(run.id, parseAddress(host.host, PORT)!))
    assert.ok(run.events.every(({ kind }) => kind !== 'node-id'))
  })

  it('6.13 6.17 behind a translator takes an id that fits the public address, and keeps it over a restart', () => {
    const town = new Town()
    const box = town.world.addNat()
    const host = town.world.addHost({ nat: box })
    const first = town.boot(host)
    town.pass(MINUTE)
    const outside = parseAddress(box.host, PORT)!
    assert.equal(first.events.filter(({ kind }) => kind === 'node-id').length, 1)
    assert.ok(isCompliant(first.id, outside))
    const network = first.events.findLast((event) => event.kind === 'network')?.network
    assert.equal(network?.status, 'online')
    assert.deepEqual(
      network.external.map((address) => address.host),
      [box.host],
    )
    town.stop(host)
    const second = town.boot(host)
    town.pass(MINUTE)
    assert.equal(toHex(second.id), toHex(first.id))
    assert.ok(second.events.every(({ kind }) => kind !== 'node-id'))
  })

  it('6.17 takes another after a restart at another address', () => {
    const town = new Town()
    const host = town.world.addHost({ nat: town.world.addNat() })
    const first = town.boot(host)
    town.pass(MINUTE)
    town.stop(host)
    const box = town.world.addNat()
    const moved = town.world.addHost({ nat: box })
    for (const [name, bytes] of host.disk.state) moved.disk.state.set(name, bytes)
    const second = town.boot(moved)
    town.pass(MINUTE)
    assert.notEqual(toHex(second.id), toHex(first.id))
    assert.ok(isCompliant(second.id, parseAddress(box.host, PORT)!))
    assert.deepEqual(decodeSavedState(moved.disk.state.get('dht-4.state')!)?.id, second.id, 'and it is saved')
  })
})
