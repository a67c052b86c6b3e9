import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { MILLISECOND, NEVER, SECOND } from '../../src/core/time.ts'
import { Dialler } from '../../src/session/dialler.ts'
import type { Transport } from '../../src/session/options.ts'
import { Rounds } from '../../src/session/rounds.ts'
import type { Stream } from '../../src/session/stream.ts'
import { Carrier } from '../support/carried-streams.ts'

const HERE = parseAddress('11.0.0.1', 6881)!

/** A dialler in virtual time, with what it dialled in either way. */
class Scene {
  now = 0
  readonly tcp: Carrier[] = []
  readonly utp: Carrier[] = []
  /** When each dial was. */
  readonly times: string[] = []
  readonly dialler: Dialler
  #wakeAt = NEVER
  readonly #rounds = new Rounds({ wall: () => 0, wakeAt: (at) => void (this.#wakeAt = at) })

  constructor(transport: Transport, hasUtp = true) {
    this.dialler = new Dialler(this.#rounds, transport, {
      tcp: () => this.#dialled('tcp', this.tcp),
      utp: () => (hasUtp ? this.#dialled('utp', this.utp) : undefined),
    })
  }

  dial(to: Address = HERE): { stream: Stream; said: string[] } {
    const said: string[] = []
    const stream = this.input(() => {
      const dialled = this.dialler.dial(this.now, to)
      dialled.reader = {
        opened: (now) => said.push(`opened ${now / SECOND}`),
        received: (_now, views) => said.push(`${views.length} views`),
        sent: () => said.push('sent'),
        ended: (now, reason) => said.push(`${reason} ${now / SECOND}`),
      }
      return dialled
    })
    return { stream, said }
  }

  input<T>(act: () => T): T {
    this.#rounds.begin(this.now)
    const value = act()
    this.#rounds.end(this.now)
    return value
  }

  pass(until: number): void {
    while (this.#wakeAt <= until) {
      this.now = this.#wakeAt
      this.#wakeAt = NEVER
      this.input(() => this.#rounds.tick(this.now))
    }
    this.now = until
  }

  opens(carrier: Carrier): void {
    this.input(() => carrier.reader!.opened(this.now))
  }

  speaks(carrier: Carrier): void {
    this.input(() => carrier.reader!.received(this.now, [new Uint8Array(1)]))
  }

  ends(carrier: Carrier, reason: ErrorCode): void {
    this.input(() => carrier.reader!.ended(this.now, reason))
  }

  #dialled(how: string, into: Carrier[]): Carrier {
    const carrier = new Carrier()
    into.push(carrier)
    this.times.push(`${how} ${this.now / SECOND}`)
    return carrier
  }
}

describe('a dial by TCP or uTP', () => {
  it('is TCP alone where that opens within two seconds', () => {
    const scene = new Scene('both')
    const { stream, said } = scene.dial()
    scene.pass(1.9 * SECOND)
    scene.opens(scene.tcp[0]!)
    scene.pass(60 * SECOND)
    assert.deepEqual([scene.times, said, stream.overUtp], [['tcp 0'], ['opened 1.9'], false])
  })

  it('is what opens first, and the other is closed with nothing said on it', () => {
    for (const winner of ['tcp', 'utp'] as const) {
      const scene = new Scene('both')
      const { stream, said } = scene.dial()
      scene.pass(3 * SECOND)
      assert.deepEqual(scene.times, ['tcp 0', 'utp 2'])
      const [first, other] =
        winner === 'tcp' ? [scene.tcp[0]!, scene.utp[0]!] : [scene.utp[0]!, scene.tcp[0]!]
      scene.opens(first)
      assert.deepEqual([said, other.closed, other.take(false).length], [['opened 3'], 'now', 0])
      stream.reserve(3).set([1, 2, 3])
      stream.flush()
      assert.deepEqual([...first.take(false)], [1, 2, 3])
      scene.speaks(first)
      scene.ends(first, 'network/ended')
      assert.deepEqual(said, ['opened 3', '1 views', 'network/ended 3'])
    }
  })

  it('turns to uTP as soon as TCP fails, and gives that three seconds more', () => {
    const scene = new Scene('both')
    const { said } = scene.dial()
    scene.pass(SECOND / 2)
    scene.ends(scene.tcp[0]!, 'network/refused')
    assert.deepEqual([scene.times, said], [['tcp 0', 'utp 0.5'], []])
    scene.pass(60 * SECOND)
    assert.deepEqual([said, scene.utp[0]!.closed], [['network/refused 3.5'], 'now'])
  })

  it('fails once, for the first reason, when both fail, and at once where neither can be tried', () => {
    const scene = new Scene('both')
    const { said } = scene.dial()
    scene.ends(scene.tcp[0]!, 'network/reset')
    scene.ends(scene.utp[0]!, 'network/refused')
    assert.deepEqual(said, ['network/reset 0'])
    assert.deepEqual(new Scene('utp', false).dial().said, ['network/failed 0'])
  })

  it('ends in both ways when it is closed', () => {
    const scene = new Scene('both')
    const { stream, said } = scene.dial()
    scene.pass(3 * SECOND)
    scene.input(() => stream.close(true))
    scene.pass(60 * SECOND)
    assert.deepEqual([scene.tcp[0]!.closed, scene.utp[0]!.closed, said], ['now', 'now', []])
  })

  it('begins with uTP where that led to somebody, until it no longer does', () => {
    const scene = new Scene('both')
    scene.dial()
    scene.ends(scene.tcp[0]!, 'network/refused')
    scene.opens(scene.utp[0]!)
    scene.speaks(scene.utp[0]!)
    scene.dial()
    assert.deepEqual(scene.times.slice(2), ['utp 0'])
    scene.opens(scene.utp[1]!)
    scene.ends(scene.utp[1]!, 'network/reset')
    scene.dial()
    assert.deepEqual(scene.times.slice(3), ['tcp 0'])
    // Of others nothing is known.
    scene.dial(parseAddress('11.0.0.2', 6881)!)
    assert.deepEqual(scene.times.slice(4), ['tcp 0'])
  })

  it('begins with uTP where TCP opened twice and nothing was said', () => {
    const scene = new Scene('both')
    for (let i = 0; i < 2; i++) {
      scene.dial()
      scene.opens(scene.tcp[i]!)
      scene.ends(scene.tcp[i]!, 'network/ended')
    }
    scene.dial()
    assert.deepEqual(scene.times, ['tcp 0', 'tcp 0', 'utp 0'])
  })

  it('gives TCP half a second where somebody says that uTP is spoken, of a thousand addresses at most', () => {
    const scene = new Scene('both')
    const addresses = Array.from(
      { length: 1_025 },
      (_, i) => parseAddress(`12.0.${i >> 8}.${i & 255}`, 6881)!,
    )
    for (const address of addresses) scene.dialler.speaksUtp(address)
    scene.dial(addresses[1_024])
    scene.dial(addresses[0])
    scene.pass(500 * MILLISECOND)
    assert.deepEqual(scene.times, ['tcp 0', 'tcp 0', 'utp 0.5'])
    scene.pass(2 * SECOND)
    assert.deepEqual(scene.times.slice(3), ['utp 2'])
  })

  it('is of one kind where the user wants one', () => {
    for (const transport of ['tcp', 'utp'] as const) {
      const scene = new Scene(transport)
      scene.dial()
      scene.pass(60 * SECOND)
      assert.deepEqual(scene.times, [`${transport} 0`])
    }
  })
})
