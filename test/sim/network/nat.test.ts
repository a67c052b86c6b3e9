import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import type { NatBox, NatOptions } from '../../../sim/network/nat-box.ts'
import type { Dependence } from '../../../sim/network/translation.ts'
import { type Address, parseAddress } from '../../../src/core/address.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

/** A host that talks on one socket, and notes who talked to it. */
interface Talker {
  readonly host: SimHost
  readonly machine: FakeMachine
  readonly heard: Address[]
}

function talker(world: World, nat?: NatBox): Talker {
  const host = world.addHost(nat === undefined ? {} : { nat })
  const machine = host.boot(world.now, (ports) => new FakeMachine(ports))
  const heard: Address[] = []
  machine.onStart = () => machine.ports.udp.bind(1, 1, host.host, 6881)
  machine.onDatagram = (_now, _socket, from) => heard.push(from)
  world.run(world.now)
  return { host, machine, heard }
}

function say({ machine }: Talker, to: Address): void {
  machine.ports.udp.send(1, to, machine.ports.udp.reserve(20))
}

const own = ({ host }: Talker): Address => host.address(6881)

/** How a public host sees the talker, which it has just heard. */
function seen(world: World, who: Talker, meeting: Talker): Address {
  say(who, own(meeting))
  world.run(world.now + SECOND)
  return meeting.heard.at(-1)!
}

const KINDS: readonly Dependence[] = ['none', 'address', 'address-and-port']
type Kind = Pick<NatOptions, 'mapping' | 'filtering'>
const MATRIX: readonly Kind[] = KINDS.flatMap((mapping) => KINDS.map((filtering) => ({ mapping, filtering })))
const name = ({ mapping, filtering }: Kind): string => `${mapping}/${filtering}`

/** Two hosts behind boxes of two kinds, who both have been seen by a public one. */
function across(
  left: Kind,
  right: Kind,
): { world: World; a: Talker; b: Talker; seenA: Address; seenB: Address } {
  const world = new World({ seed: 3 })
  const meeting = talker(world)
  const a = talker(world, world.addNat(left))
  const b = talker(world, world.addNat(right))
  return { world, a, b, seenA: seen(world, a, meeting), seenB: seen(world, b, meeting) }
}

/** Whether each ends up hearing the other, when both answer whomever they hear. */
function converse(world: World, a: Talker, b: Talker, begin: () => void): boolean {
  a.heard.length = 0
  b.heard.length = 0
  for (let round = 0; round < 4; round++) {
    begin()
    world.run(world.now + SECOND)
    for (const who of [a, b]) for (const from of new Set(who.heard)) say(who, from)
    world.run(world.now + SECOND)
  }
  return a.heard.length > 0 && b.heard.length > 0
}

/** Whether what a box of kind `to` awaits from `from` comes from where it was sent to. */
const expected = (to: Kind, from: Kind): boolean =>
  to.filtering !== 'address-and-port' || from.mapping === 'none'

describe('hosts behind translators of all kinds', () => {
  it('punch holes exactly where RFC 4787 and RFC 5128 say that it works', () => {
    const wrong: string[] = []
    for (const left of MATRIX) {
      for (const right of MATRIX) {
        const { world, a, b, seenA, seenB } = across(left, right)
        const met = converse(world, a, b, () => {
          say(a, seenB)
          say(b, seenA)
        })
        const theory = expected(left, right) && expected(right, left)
        if (met !== theory) wrong.push(`${name(left)} and ${name(right)}: ${met}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('are reached by a stranger exactly where nothing is filtered, and converse where the answer is expected', () => {
    const wrong: string[] = []
    for (const left of MATRIX) {
      for (const right of MATRIX) {
        const { world, a, b, seenB } = across(left, right)
        const met = converse(world, a, b, () => say(a, seenB))
        const theory = right.filtering === 'none' && expected(left, right)
        if (b.heard.length > 0 !== (right.filtering === 'none')) wrong.push(`${name(right)} hears`)
        if (met !== theory) wrong.push(`${name(left)} to ${name(right)}: ${met}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('converse with public hosts to which they speak first', () => {
    for (const kind of MATRIX) {
      const world = new World({ seed: 1 })
      const open = talker(world)
      const hidden = talker(world, world.addNat(kind))
      assert.ok(converse(world, hidden, open, () => say(hidden, own(open))))
      assert.equal(open.heard[0]!.host, hidden.host.nat!.host)
      assert.equal(own(hidden).scope, 'private')
      assert.equal(world.udp.filtered, 0)
    }
  })

  it('hear nothing more once a mapping is over, and again when they speak', () => {
    const world = new World({ seed: 1 })
    const open = talker(world)
    const hidden = talker(world, world.addNat({ timeout: 30 * SECOND }))
    const outside = seen(world, hidden, open)
    world.run(world.now + 25 * SECOND)
    say(open, outside)
    world.run(world.now + 10 * SECOND)
    assert.equal(hidden.heard.length, 1)
    say(open, outside)
    world.run(world.now + SECOND)
    assert.equal(hidden.heard.length, 1)
    assert.equal(world.udp.filtered, 1)
    say(hidden, own(open))
    world.run(world.now + SECOND)
    say(open, open.heard.at(-1)!)
    world.run(world.now + SECOND)
    assert.equal(hidden.heard.length, 2)
  })
})

describe('hosts behind one carrier', () => {
  it('share its address on different ports, and each gets its own answers', () => {
    const world = new World({ seed: 1 })
    const open = talker(world)
    const carrier = world.addNat({ carrier: true })
    const hidden = Array.from({ length: 20 }, () => talker(world, carrier))
    for (const one of hidden) say(one, own(open))
    world.run(world.now + SECOND)
    assert.equal(new Set(open.heard.map(({ host }) => host)).size, 1)
    assert.equal(new Set(open.heard.map(({ port }) => port)).size, 20)
    assert.equal(carrier.mappings('udp'), 20)
    for (const from of open.heard) say(open, from)
    world.run(world.now + SECOND)
    for (const one of hidden) {
      assert.equal(one.heard.length, 1)
      assert.ok(one.host.host.startsWith('100.64.'))
    }
  })

  it('reach each other by inside addresses always, by outside ones only through a hairpin', () => {
    for (const hairpin of [false, true]) {
      const world = new World({ seed: 1 })
      const meeting = talker(world)
      const box = world.addNat({ hairpin, filtering: 'none' })
      const [a, b] = [talker(world, box), talker(world, box)]
      const outside = seen(world, b, meeting)
      say(a, outside)
      say(a, own(b))
      world.run(world.now + SECOND)
      const froms = b.heard.map(({ host }) => host)
      assert.deepEqual(froms.sort(), hairpin ? [own(a).host, box.host].sort() : [own(a).host])
    }
  })

  it('may stand behind boxes of their own: every box on the way translates and filters', () => {
    const world = new World({ seed: 1 })
    const open = talker(world)
    const carrier = world.addNat({ carrier: true, hairpin: true })
    const [home, other] = [world.addNat({ behind: carrier }), world.addNat({ behind: carrier })]
    const [a, b] = [talker(world, home), talker(world, other)]
    assert.ok(home.host.startsWith('100.64.') && own(a).host.startsWith('10.0.'))
    assert.equal(own(a).text, own(b).text)
    assert.ok(converse(world, a, open, () => say(a, own(open))))
    assert.equal(open.heard[0]!.host, carrier.host)
    const [seenA, seenB] = [seen(world, a, open), seen(world, b, open)]
    assert.ok(
      converse(world, a, b, () => {
        say(a, seenB)
        say(b, seenA)
      }),
    )
  })
})

describe('streams through translators', () => {
  it('go out and not in', () => {
    const world = new World({ seed: 1 })
    const open = talker(world)
    const hidden = talker(world, world.addNat({ filtering: 'none' }))
    for (const { machine, host } of [open, hidden]) machine.ports.streams.listen(2, 2, host.host, 7000)
    world.run(world.now)
    hidden.machine.ports.streams.connect(2, open.host.address(7000), undefined)
    const outside = seen(world, hidden, open)
    open.machine.ports.streams.connect(2, parseAddress(outside.host, 7000)!, undefined)
    world.run(world.now + 200 * SECOND)
    assert.ok(hidden.machine.log.includes('connected 2') && open.machine.log.includes('accepted 2 1'))
    assert.ok(open.machine.log.includes('closed 2 network/timeout'))
  })
})
