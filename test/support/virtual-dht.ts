import { createHash } from 'node:crypto'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { copyBytes } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { between, type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { DhtPolicies } from '../../src/dht/dht-init.ts'
import { type DhtEvent, DhtNode } from '../../src/dht/dht-node.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { dice } from './dice.ts'

export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest()
}

/** An IPv4 or IPv6 literal and a port. */
export function address(host: string, port = 6881): Address {
  const parsed = parseAddress(host, port)
  if (parsed === undefined) throw new Error(`not an address: ${host}`)
  return parsed
}

/** The `index`-th of 62,500 addresses of global scope, each in a /24 of its own. */
export function globalAddress(index: number): Address {
  return address(`60.${Math.floor(index / 250)}.${index % 250}.9`)
}

export interface Member {
  readonly node: DhtNode
  readonly address: Address
  readonly events: { readonly at: Micros; readonly event: DhtEvent }[]
}

export interface VirtualDhtInit {
  readonly seed: number
  /** Share of datagrams that get lost. */
  readonly loss?: number
  readonly options?: Partial<DhtOptions>
}

interface Happening {
  readonly at: Micros
  readonly sequence: number
  readonly run: () => void
}

/** DHT nodes in virtual time: one queue, latencies drawn from the seed, datagrams lost by chance. */
export class VirtualDht {
  now: Micros = 0
  /** Datagrams sent, and a digest of their order: two runs are the same when both agree. */
  sent = 0
  digest = 0
  readonly members: Member[] = []
  /** Set to cut the whole network. */
  isDown = false
  readonly #byAddress = new Map<string, Member>()
  readonly #init: VirtualDhtInit
  readonly #dice: Rng
  readonly #queue: Happening[] = []
  readonly #wakes = new Map<Member, Micros>()
  #sequence = 0

  constructor(init: VirtualDhtInit) {
    this.#init = init
    this.#dice = dice(init.seed)
  }

  add(at: Address, policies?: DhtPolicies): Member {
    const own = dice(this.#init.seed + 1000 * (this.members.length + 1))
    const events: Member['events'] = []
    const node = new DhtNode({
      now: this.now,
      family: at.family,
      id: randomId(own),
      secret: own,
      dice: own,
      crypto: nodeCrypto,
      effects: {
        reserve: (length) => new Uint8Array(length),
        send: (to, datagram) => this.#send(member, to, datagram),
        event: (event) => events.push({ at: this.now, event }),
      },
      ...(this.#init.options === undefined ? {} : { options: this.#init.options }),
      ...(policies === undefined ? {} : { policies }),
    })
    const member: Member = { node, address: at, events }
    this.members.push(member)
    this.#byAddress.set(at.text, member)
    return member
  }

  /** Makes `run` an input of `member` at a later time. */
  schedule(after: Micros, member: Member, run: (node: DhtNode, now: Micros) => void): void {
    this.#push(this.now + after, () => this.input(member, run))
  }

  /** Makes `run` an input of `member` now. */
  input(member: Member, run: (node: DhtNode, now: Micros) => void): void {
    run(member.node, this.now)
    this.#wake(member)
  }

  /** Until `until` the member is not up: what is sent to it gets lost. */
  hold(member: Member, until: Micros): void {
    this.#byAddress.delete(member.address.text)
    this.#push(until, () => this.#byAddress.set(member.address.text, member))
  }

  /** Switches a member off; what is sent to it gets lost. */
  remove(member: Member): void {
    member.node.stop(this.now)
    this.#byAddress.delete(member.address.text)
  }

  /** Runs until nothing happens before `until`, or `isDone`. */
  run(until: Micros, isDone: () => boolean = () => false): void {
    while (!isDone()) {
      const first = this.#queue[0]
      if (first === undefined || first.at > until) {
        this.now = until
        return
      }
      this.#pop()
      this.now = first.at
      first.run()
    }
  }

  /** The ids of the `count` members nearest to `target`, leaving out `asker`. */
  nearest(target: Id, count: number, asker: Member): Id[] {
    return [...this.#byAddress.values()]
      .filter((member) => member !== asker)
      .map(({ node }) => node.id)
      .sort((a, b) => compareDistance(target, a, b))
      .slice(0, count)
  }

  #send(from: Member, to: Address, datagram: Uint8Array): void {
    this.sent += 1
    this.digest =
      (Math.imul(this.digest ^ this.now ^ datagram.length, 0x01000193) + to.port + to.bytes[2]!) >>> 0
    if (this.isDown || unit(this.#dice) < (this.#init.loss ?? 0)) return
    const bytes = copyBytes(datagram)
    this.#push(this.now + between(this.#dice, 10, 100) * MILLISECOND, () => {
      const target = this.#byAddress.get(to.text)
      if (target === undefined) return
      this.input(target, (node, now) => node.receive(now, from.address, bytes))
    })
  }

  #wake(member: Member): void {
    const at = member.node.nextDeadline()
    const planned = this.#wakes.get(member) ?? Number.POSITIVE_INFINITY
    if (at >= planned || at === Number.POSITIVE_INFINITY) return
    this.#wakes.set(member, at)
    this.#push(at, () => {
      if (this.#wakes.get(member) !== at) return
      this.#wakes.delete(member)
      this.input(member, (node, now) => {
        node.tick(now)
        if (node.nextDeadline() <= now) throw new Error('a deadline lies in the past after a tick')
      })
    })
  }

  #push(at: Micros, run: () => void): void {
    const item = { at, sequence: this.#sequence++, run }
    const queue = this.#queue
    let place = queue.push(item) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!before(item, queue[parent]!)) break
      queue[place] = queue[parent]!
      place = parent
    }
    queue[place] = item
  }

  #pop(): void {
    const queue = this.#queue
    const last = queue.pop()!
    if (queue.length === 0) return
    let place = 0
    for (let child = 1; child < queue.length; child = 2 * place + 1) {
      if (child + 1 < queue.length && before(queue[child + 1]!, queue[child]!)) child += 1
      if (!before(queue[child]!, last)) break
      queue[place] = queue[child]!
      place = child
    }
    queue[place] = last
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}
