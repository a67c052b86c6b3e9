import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../../sim/hosts/session-host.ts'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { damageState } from '../../../sim/hosts/state-damage.ts'
import { World } from '../../../sim/hosts/world.ts'
import { Payload } from '../../../sim/payload/payload.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../../src/core/time.ts'
import type { SessionEvent } from '../../../src/session/events.ts'
import type { Session } from '../../../src/session/session.ts'
import { dice } from '../../support/dice.ts'
import { FakeMachine } from './fake-machine.ts'

const FOLDER = '/torrents'

/** Ten nodes, the last of which is to be restarted; its events come in `heard`. */
class Network {
  readonly world: World = new World({ seed: 9 })
  readonly last: SimHost
  heard: SessionEvent[] = []

  constructor() {
    const first = this.world.addHost()
    bootSession(first, 0, { listen: false, bootstrap: [] }, () => {})
    for (let i = 1; i < 9; i++) this.#join(this.world.addHost(), () => {})
    this.last = this.world.addHost()
    this.#join(this.last, (event) => this.heard.push(event))
    this.world.run(10 * MINUTE)
  }

  /** Without an entry point: all it has is what it saved. */
  restart(): void {
    this.heard = []
    bootSession(this.last, this.world.now, { listen: false, bootstrap: [] }, (event) =>
      this.heard.push(event),
    )
    this.world.run(this.world.now + 20 * SECOND)
  }

  get id(): string {
    const listening = this.heard.find((event) => event.kind === 'listening')
    return toHex(listening!.nodeId!)
  }

  get contacts(): number {
    return this.heard.find((event) => event.kind === 'ready')?.nodes ?? 0
  }

  #join(host: SimHost, emit: (event: SessionEvent) => void): void {
    bootSession(
      host,
      0,
      { listen: false, bootstrap: [{ host: this.world.hosts[0]!.host, port: PORT }] },
      emit,
    )
  }
}

describe('a machine that is restarted', () => {
  it('comes back from its saved table with its id, after a kill and after a power cut', () => {
    for (const end of ['kill', 'powerCut'] as const) {
      const network = new Network()
      const { id } = network
      network.last[end]()
      network.world.run(network.world.now + MINUTE)
      network.restart()
      assert.equal(network.id, id, end)
      assert.ok(network.contacts > 0, end)
      assert.equal(network.last.lives, 2)
    }
  })

  it('23: starts anew, and does not fall, when its state files are damaged', () => {
    for (const damage of ['torn', 'blank', 'gone'] as const) {
      const network = new Network()
      const { id } = network
      network.last.kill()
      damageState(network.last.disk, damage, dice(1))
      network.restart()
      assert.notEqual(network.id, id, damage)
      assert.equal(network.contacts, 0, damage)
    }
  })

  it('may be another one, which finds what the former has left', () => {
    const network = new Network()
    network.last.kill()
    const other = network.last.boot(network.world.now, (ports) => new FakeMachine(ports))
    network.world.run(network.world.now + 1)
    other.ports.state.read(1, 'dht-4.state')
    network.world.run(network.world.now + SECOND)
    assert.ok((other.value(1) as Uint8Array).length > 20)
    assert.equal(network.last.machine, other)
  })

  it('goes on with a download where it was killed, and fetches no piece twice that was safe', () => {
    const world = new World({ seed: 3 })
    const payload = new Payload({ seed: 3, name: 'a', length: 2 ** 25, pieceLength: 2 ** 18 })
    const options = { dht: false }
    const rates = { up: 2 ** 20, down: 2 ** 20 }
    const [seed, leech] = [world.addHost({ rates }), world.addHost({ rates })]
    seed.disk.volume(payload.storeSpec(FOLDER)).fill(payload)
    const add = (host: SimHost, mode: 'seed' | 'download'): void => {
      const peers = host === seed ? [] : [{ host: seed.host, port: PORT }]
      const { infoHash, info, name } = payload
      host.command({
        kind: 'add',
        torrent: 1,
        source: { infoHash, metadata: info, name, peers, nodes: [] },
        options: { out: FOLDER, mode, overwrite: false, recheck: false, maxPeers: 5 },
      })
    }
    bootSession(seed, 0, options, () => {})
    add(seed, 'seed')
    let done = false
    const start = (): Session => {
      const session = bootSession(leech, world.now, options, (event) => {
        done ||= event.kind === 'done'
      })
      add(leech, 'download')
      return session
    }
    const first = start()
    world.run(20 * SECOND)
    const had = first.progress(world.now, 1)!.verified
    assert.ok(had > payload.geometry.length / 3 && !done, `${had}`)
    leech.powerCut(7)
    const second = start()
    world.run(world.now + MINUTE, () => done)
    assert.ok(done)
    const { received } = second.progress(world.now, 1)!
    const open = 8 * SECOND * (rates.up / SECOND)
    assert.ok(
      received < payload.geometry.length - had + open,
      `${received} of ${payload.geometry.length - had}`,
    )
  })
})
