import { type Address, parseAddress } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Handle } from '../../src/session/ports.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { Network, Site } from './network.ts'
import type { StreamEnd, Train } from './stream-end.ts'

/** What shares a line takes turns of this size: a block and its head, with the small messages between. */
const QUANTUM = 16_448
const SEGMENT = 1_448
const HEADERS = 40
/** How long a kernel goes on dialling (Linux: six repetitions). */
const DIAL_LIMIT: Micros = 127 * SECOND
const FIRST_EPHEMERAL = 32_768
const EPHEMERAL_PORTS = 28_232

export interface Listener {
  readonly site: Site
  readonly handle: Handle
  readonly address: Address
  readonly seenAs: Address
  open: boolean
  /** Makes the end for an accepted stream. */
  readonly admit: () => StreamEnd
}

interface Dial {
  readonly end: StreamEnd
  readonly to: Address
  readonly site: Site
  listener: Listener | undefined
}

interface Arrival {
  readonly listener: Listener
  readonly end: StreamEnd
  readonly from: Address
}

/** All listeners and streams of a world. Streams lose nothing and keep their order; bandwidth is that of the hosts' lines. */
export class StreamFabric {
  opened = 0

  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #listeners = new Map<string, Listener>()
  readonly #kinds: Record<Step, number>

  constructor(scheduler: Scheduler, network: Network) {
    this.#scheduler = scheduler
    this.#network = network
    this.#kinds = {
      giveUp: scheduler.register('stream give up', (_to, _value, end) => this.#giveUp(end as StreamEnd)),
      knock: scheduler.register('stream knock', (_to, _value, dial) => this.#knock(dial as Dial)),
      answer: scheduler.register('stream answer', (_to, _value, dial) => this.#answer(dial as Dial)),
      accept: scheduler.register('stream accept', (_to, _value, arrival) => this.#accept(arrival as Arrival)),
      left: scheduler.register('stream left', (_to, _value, train) => this.#left(train as Train)),
      arrive: scheduler.register('stream arrive', (_to, _value, train) => this.#arrive(train as Train)),
      deliver: scheduler.register('stream deliver', (_to, _value, train) => this.#deliver(train as Train)),
      credit: scheduler.register('stream credit', (_to, _value, end) => this.pump(end as StreamEnd)),
      reset: scheduler.register('stream reset', (_to, _value, end) =>
        this.#fail(end as StreamEnd, 'network/reset'),
      ),
      read: scheduler.register('stream read', (_to, _value, end) => this.#read(end as StreamEnd)),
    }
  }

  /** The bound listener, or why there is none. */
  listen(
    site: Site,
    handle: Handle,
    host: string,
    port: number,
    admit: () => StreamEnd,
  ): Listener | ErrorCode {
    if (host !== site.host && host !== '0.0.0.0') return 'network/no-address'
    let chosen = port
    for (let next = FIRST_EPHEMERAL + EPHEMERAL_PORTS; chosen === 0; next++) {
      if (!this.#listeners.has(parseAddress(site.host, next)!.text)) chosen = next
    }
    const seenAs = parseAddress(site.host, chosen)!
    if (this.#listeners.has(seenAs.text)) return 'network/port-taken'
    const listener = { site, handle, address: parseAddress(host, chosen)!, seenAs, open: true, admit }
    this.#listeners.set(seenAs.text, listener)
    return listener
  }

  unlisten(listener: Listener): void {
    listener.open = false
    this.#listeners.delete(listener.seenAs.text)
  }

  /** The handshake takes one round trip; the accepting machine hears of it half a round trip later. */
  dial(end: StreamEnd, to: Address): void {
    const { now } = this.#scheduler
    end.giveUp = this.#schedule('giveUp', now + DIAL_LIMIT, end.site, end.site, 0, end)
    const site = this.#network.siteAt(to.host)
    if (site === undefined || !this.#network.reaches(end.site, site)) return
    const at = end.site.up.send(now, HEADERS) + this.#network.travel(end.site, site)
    this.#schedule('knock', at, site, end.site, HEADERS, { end, to, site, listener: undefined })
  }

  /** Puts what was flushed on its way, as far as line and window allow. */
  pump(end: StreamEnd): void {
    if (end.leaving || end.state === 'opening' || end.state === 'gone') return
    if (end.outgoing.ready > 0 && !end.mayLeave) {
      end.starved = true
      return
    }
    const train = end.depart(QUANTUM)
    if (train !== undefined) {
      end.leaving = true
      const at = end.site.up.send(this.#scheduler.now, wire(train.bytes))
      this.#schedule('left', at, end.site, end.site, train.bytes, train)
    } else if (end.state === 'finishing') {
      end.retire()
      this.#send({ from: end, to: end.remote!, views: [], bytes: 0, last: true })
    }
  }

  /** What was kept back while the stream was paused comes as inputs of their own. */
  resume(end: StreamEnd): void {
    end.paused = false
    if (end.unread.length > 0) this.#schedule('read', this.#scheduler.now, end.site, end.site, 0, end)
  }

  /** Flushes, then closes; an unanswered dial is given up. */
  close(end: StreamEnd): void {
    if (end.state === 'opening') this.abort(end)
    else {
      end.outgoing.flush()
      end.finish()
      this.pump(end)
    }
  }

  abort(end: StreamEnd): void {
    this.#forgetDial(end)
    end.retire()
    if (end.remote !== undefined) this.#reset(end, end.remote)
  }

  #giveUp(end: StreamEnd): void {
    end.giveUp = undefined
    this.#fail(end, 'network/timeout')
  }

  #knock(dial: Dial): void {
    const { end, site } = dial
    if (!this.#network.reaches(site, end.site)) return
    dial.listener = this.#listeners.get(dial.to.text)
    const at = this.#scheduler.now + this.#network.travel(site, end.site)
    this.#schedule('answer', at, end.site, site, HEADERS, dial)
  }

  #answer(dial: Dial): void {
    const { end, listener } = dial
    if (end.state !== 'opening') return
    if (listener === undefined) {
      this.#fail(end, 'network/refused')
      return
    }
    this.#forgetDial(end)
    this.opened += 1
    const accepted = listener.admit()
    accepted.remote = end
    end.remote = accepted
    end.state = 'open'
    end.lastArrival = this.#scheduler.now + this.#network.travel(end.site, dial.site)
    const from = parseAddress(end.site.host, FIRST_EPHEMERAL + ((end.id >> 1) % EPHEMERAL_PORTS))!
    this.#schedule('accept', end.lastArrival, dial.site, end.site, HEADERS, { listener, end: accepted, from })
    end.site.inputs?.connected(this.#scheduler.now, end.id)
  }

  #accept({ listener, end, from }: Arrival): void {
    if (end.state !== 'opening') return
    if (!listener.open || listener.site.inputs === undefined || listener.site.manner === 'resets') {
      this.abort(end)
      return
    }
    end.state = 'open'
    end.lastArrival = this.#scheduler.now
    listener.site.inputs.accepted(this.#scheduler.now, listener.handle, end.id, from)
  }

  #left(train: Train): void {
    const { from } = train
    from.leaving = false
    if (from.state === 'gone') return
    this.#send(train)
    if (from.state === 'open') from.site.inputs?.sent(this.#scheduler.now, from.id, train.bytes)
    this.pump(from)
  }

  #send(train: Train): void {
    const { from, to } = train
    if (!this.#network.reaches(from.site, to.site)) from.severed = true
    if (from.severed) return
    const at = Math.max(from.lastArrival, this.#scheduler.now + this.#network.travel(from.site, to.site))
    from.lastArrival = at
    this.#schedule('arrive', at, to.site, from.site, train.bytes, train)
  }

  #arrive(train: Train): void {
    const { to } = train
    const { now } = this.#scheduler
    const at = to.site.down.receive(now, wire(train.bytes))
    to.inLine += 1
    if (at === now && to.inLine === 1) this.#deliver(train)
    else this.#schedule('deliver', at, to.site, to.site, train.bytes, train)
  }

  #deliver(train: Train): void {
    const { from, to } = train
    to.inLine -= 1
    if (to.state === 'gone') {
      if (!train.last) this.#reset(to, from)
    } else if (to.state === 'finishing') this.#take(train)
    else {
      to.unread.push(train)
      this.#read(to)
    }
  }

  /** Hands over what has arrived, unless the machine pauses or closes in between. */
  #read(end: StreamEnd): void {
    while (end.state === 'open' && !end.paused) {
      const train = end.unread.shift()
      if (train === undefined) return
      let handed = 0
      for (const view of train.views) {
        if (end.paused) break
        handed += 1
        end.site.inputs?.chunk(this.#scheduler.now, end.id, view)
        if (end.state !== 'open') return
      }
      if (handed < train.views.length) {
        end.unread.unshift({ ...train, views: train.views.slice(handed) })
        return
      }
      this.#take(train)
      if (train.last) this.#fail(end, 'network/ended')
    }
  }

  /** The bytes of `train` free the sender's window; a sender that waits for that hears of it. */
  #take(train: Train): void {
    const { from, to } = train
    from.acknowledge(train.bytes)
    if (!from.starved) return
    from.starved = false
    const at = this.#scheduler.now + this.#network.travel(to.site, from.site)
    this.#schedule('credit', at, from.site, to.site, train.bytes, from)
  }

  /** A reset stays behind what was sent before it. */
  #reset(from: StreamEnd, to: StreamEnd): void {
    if (to.state === 'gone' || from.severed || !this.#network.reaches(from.site, to.site)) return
    const at = Math.max(from.lastArrival, this.#scheduler.now + this.#network.travel(from.site, to.site))
    this.#schedule('reset', at, to.site, from.site, HEADERS, to)
  }

  /** The end is gone; its machine is told unless it had closed it, or had never heard of it. */
  #fail(end: StreamEnd, reason: ErrorCode): void {
    const { state } = end
    if (state === 'gone') return
    const dialled = end.remote === undefined
    this.#forgetDial(end)
    end.retire()
    if (state === 'open' || dialled) end.site.inputs?.streamClosed(this.#scheduler.now, end.id, reason)
  }

  #forgetDial(end: StreamEnd): void {
    if (end.giveUp !== undefined) this.#scheduler.cancel(end.giveUp)
    end.giveUp = undefined
  }

  #schedule(step: Step, at: Micros, to: Site, from: Site, value: number, subject: unknown): number {
    return this.#scheduler.schedule(at, to.index, from.index, this.#kinds[step], value, subject)
  }
}

type Step =
  | 'giveUp'
  | 'knock'
  | 'answer'
  | 'accept'
  | 'left'
  | 'arrive'
  | 'deliver'
  | 'credit'
  | 'reset'
  | 'read'

/** Bytes on the line for `bytes` of a stream. */
function wire(bytes: number): number {
  return bytes + HEADERS * Math.max(1, Math.ceil(bytes / SEGMENT))
}
