import { unit } from '../../src/core/rng.ts'
import { type Micros, NEVER } from '../../src/core/time.ts'
import type { EventSlot } from '../engine/scheduler.ts'
import { AckLedger } from './ack-ledger.ts'
import type { Carrier } from './carrier.ts'
import type { Flow, FlowGround, Train } from './flow-ground.ts'
import { RenoWindow } from './reno-window.ts'
import type { StreamEnd } from './stream-end.ts'
import { FIRST_WINDOW, onTheLine, RECEIVE_WINDOW, repeatAfter, SEGMENT, SILENCE_LIMIT } from './tcp.ts'

/** What shares a line takes turns of this size: a block and its head; small messages before it may come on top. */
const QUANTUM = 16_448
const SLACK = 1_024
/** What must follow a loss for the receiver to show it: three segments (RFC 5681). */
const SHOWS_A_LOSS = 3 * SEGMENT

/**
 * One direction of a stream as a flow: trains of about a block travel as one event each, under a congestion window fed by
 * acknowledgements that cost no event. A train is lost when any of its segments is; it then comes a round trip later (a
 * time-out later where nothing follows that would show the loss), what follows waits for it at the receiver, and the window
 * is cut: Mathis' law is a result, not a rule. A receiving line that is a whole queue behind cuts the window too. What
 * cannot get through a cut network is kept and sent again at growing intervals. At most one train of a stream is in its
 * host's line, so streams share the line fairly.
 */
export class FlowCarrier implements Carrier, Flow {
  readonly end: StreamEnd
  lastArrival: Micros

  readonly #ground: FlowGround
  readonly #window = new RenoWindow()
  readonly #acks = new AckLedger()
  #trains = 0
  #sent = 0
  #acknowledged = 0
  /** Taken in by the remote's machine. */
  #read = 0
  /** When our train is out of the line, and before when nothing that follows arrives. */
  #lineFree: Micros = 0
  #order: Micros
  #turn: EventSlot | undefined
  /** Bytes that must be acknowledged, beyond what is on its way, before more may leave. */
  #lacks = 0
  /** Whether the remote's machine must read before more may leave. */
  #full = false
  #finished = false
  /** Whether the window held bytes back when any left last. */
  #limited = false

  /** When the sender learns of a loss, whether by its clock, and until when others belong to it. */
  #cutAt: Micros = NEVER
  #timedOut = false
  #recovers: Micros = 0

  /** What a silence keeps back: a train, and word from the remote. */
  #held: Train | undefined
  #unheard = 0
  #silentSince: Micros = NEVER
  #attempt = 0
  #retry: EventSlot | undefined

  /** Receiving: the train to hand on next, those that came before their turn, and how many the line still holds. */
  #expected = 0
  readonly #early: Train[] = []
  #inLine = 0

  /** Nothing arrives before `notBefore`: when the remote's machine hears of the stream. */
  constructor(ground: FlowGround, end: StreamEnd, notBefore: Micros) {
    this.#ground = ground
    this.end = end
    this.lastArrival = notBefore
    this.#order = notBefore
  }

  pump(): void {
    const { end } = this
    if (this.#turn !== undefined || this.#held !== undefined) return
    if (end.state === 'opening' || end.state === 'gone') return
    const { ready } = end.outgoing
    const { now } = this.#ground.scheduler
    if (ready === 0) {
      if (end.state === 'finishing' && !this.#finished) this.#finish(now)
    } else if (now < this.#lineFree) this.#wake(this.#lineFree)
    else {
      this.#hear(now)
      const limit = this.#room(ready)
      if (limit > 0) this.#depart(now, limit)
    }
  }

  turn(): void {
    this.#turn = undefined
    if (this.end.reportIsDue) this.end.report(this.#ground.scheduler.now)
    this.pump()
  }

  took(bytes: number): void {
    this.#remote.#taken(bytes)
  }

  drop(): void {
    const { scheduler } = this.#ground
    if (this.#turn !== undefined) scheduler.cancel(this.#turn)
    if (this.#retry !== undefined) scheduler.cancel(this.#retry)
    this.#turn = undefined
    this.#retry = undefined
    if (this.#held !== undefined) this.#ground.recycle(this.#held)
    this.#held = undefined
    for (const train of this.#early) this.#ground.recycle(train)
    this.#early.length = 0
  }

  retry(): void {
    this.#retry = undefined
    const { scheduler, network, landing } = this.#ground
    const { now } = scheduler
    const there = this.end.remote!.site
    const here = this.end.site
    if (now - this.#silentSince >= SILENCE_LIMIT) landing.gaveUp(this.end)
    else if (!network.reaches(here, there) || !network.reaches(there, here)) this.#keepTrying(now)
    else {
      this.#silentSince = NEVER
      this.#attempt = 0
      this.#window.timedOut()
      if (this.#unheard > 0) this.acknowledged(now + this.#roundTrip(), this.#unheard)
      this.#unheard = 0
      const train = this.#held
      this.#held = undefined
      if (train !== undefined) this.#dispatch(train, here.up.send(now, onTheLine(train.bytes)))
      this.#full = false
      this.pump()
    }
  }

  acknowledged(at: Micros, bytes: number): void {
    if (this.end.state === 'gone') return
    this.#acks.push(at, bytes)
    if (this.#lacks === 0 || this.#turn !== undefined) return
    const enough = this.#acks.timeOf(this.#lacks)
    if (enough !== undefined) this.#wake(enough)
  }

  unheard(now: Micros, bytes: number): void {
    this.#unheard += bytes
    this.#fallSilent(now)
  }

  crowded(now: Micros): void {
    this.#cut(now, now + this.#roundTrip() / 2, false)
  }

  // What comes from the remote.

  arrive(train: Train): void {
    const { scheduler, network } = this.#ground
    const { now } = scheduler
    const { down } = this.end.site
    if (down.backlog(now) > network.options.longestQueue) train.from.crowded(now)
    const at = down.receive(now, onTheLine(train.bytes))
    this.#inLine += 1
    if (at === now && this.#inLine === 1) this.deliver(train)
    else this.#ground.deliver(at, train)
  }

  deliver(train: Train): void {
    this.#inLine -= 1
    if (this.end.state === 'gone') {
      if (train.last) this.#ground.landing.finished(train.from.end)
      else this.#ground.landing.unwanted(this.end)
      this.#ground.recycle(train)
      return
    }
    this.#acknowledge(train)
    if (train.number !== this.#expected) {
      this.#early.push(train)
      return
    }
    this.#land(train)
    while (this.#early.length > 0) {
      const next = this.#early.findIndex(({ number }) => number === this.#expected)
      if (next < 0) return
      this.#land(this.#early.splice(next, 1)[0]!)
    }
  }

  #land(train: Train): void {
    const { landing } = this.#ground
    this.#expected += 1
    if (train.last) {
      landing.ended(this.end)
      landing.finished(train.from.end)
    } else landing.landed(this.end, train.views)
    this.#ground.recycle(train)
  }

  #acknowledge({ from, bytes }: Train): void {
    const { scheduler, network } = this.#ground
    if (bytes === 0) return
    if (network.reaches(this.end.site, from.end.site)) {
      from.acknowledged(scheduler.now + network.travel(this.end.site, from.end.site), bytes)
    } else {
      from.unheard(scheduler.now, bytes)
    }
  }

  // What leaves.

  get #remote(): FlowCarrier {
    return this.end.remote!.carrier as FlowCarrier
  }

  #roundTrip(): Micros {
    return 2 * this.#ground.network.delay(this.end.site, this.end.remote!.site)
  }

  #wake(at: Micros): void {
    this.#lacks = 0
    this.#turn = this.#ground.turn(at, this)
  }

  /** Takes note of what the sender knows by now. */
  #hear(now: Micros): void {
    if (this.#cutAt <= now) {
      if (this.#timedOut) this.#window.timedOut()
      else this.#window.lost()
      this.#cutAt = NEVER
    }
    const bytes = this.#acks.take(now)
    if (bytes === 0) return
    this.#window.acknowledged(bytes, this.#sent - this.#acknowledged, this.#limited)
    this.#acknowledged += bytes
  }

  /** Most that may leave now of `ready` bytes; if none, it is seen to that the stream goes on when there is room. */
  #room(ready: number): number {
    this.#lacks = 0
    const { size, slowStart } = this.#window
    const underWay = this.#sent - this.#acknowledged
    const unread = RECEIVE_WINDOW - (this.#sent - this.#read)
    const room = Math.min(size - underWay, unread)
    this.#limited = ready > room
    if (!this.#limited || (room >= QUANTUM && size >= 4 * QUANTUM)) return QUANTUM
    // The line is slower than the window: no reason to cut blocks.
    const idles = slowStart && size >= FIRST_WINDOW && 2 * underWay < size && this.#acknowledged > 0
    if (idles && unread >= QUANTUM) return QUANTUM
    // Where the window is what limits, a quarter of it at a time: neither crumbs nor lumps.
    const least = Math.min(ready, QUANTUM, Math.max(2 * SEGMENT, size >> (slowStart ? 3 : 2)), size)
    if (room >= least) return least
    if (unread < least) this.#full = true
    else {
      this.#lacks = least - room
      const enough = this.#acks.timeOf(this.#lacks)
      if (enough !== undefined) this.#wake(enough)
    }
    return 0
  }

  #depart(now: Micros, limit: number): void {
    const { end } = this
    const train = this.#ground.train(this, this.#remote, this.#trains++)
    train.bytes = end.outgoing.take(limit, limit === QUANTUM ? SLACK : 0, train.views)
    this.#sent += train.bytes
    this.#ground.landing.left(end, train.bytes)
    this.#lineFree = end.site.up.send(now, onTheLine(train.bytes))
    this.#dispatch(train, this.#lineFree)
    if (end.outgoing.ready > 0 || end.state === 'finishing' || end.reportIsDue) this.#wake(this.#lineFree)
    else end.reportLater()
  }

  #finish(now: Micros): void {
    this.#finished = true
    const train = this.#ground.train(this, this.#remote, this.#trains++)
    train.last = true
    this.#dispatch(train, Math.max(now, this.#lineFree))
  }

  /** Sends a train that is out of the line at `at`. */
  #dispatch(train: Train, at: Micros): void {
    const { network, scheduler } = this.#ground
    const there = this.end.remote!.site
    if (!network.reaches(this.end.site, there)) {
      this.#held = train
      this.#fallSilent(scheduler.now)
      return
    }
    this.#order = Math.max(this.#order, at + network.travel(this.end.site, there, onTheLine(train.bytes)))
    const arrival = this.#order + this.#repair(train, at)
    if (arrival > this.lastArrival) this.lastArrival = arrival
    this.#ground.arrive(arrival, train)
  }

  /** How much later a train comes that leaves at `at`, for what the network loses of it. */
  #repair(train: Train, at: Micros): Micros {
    const loss = this.#ground.network.loss(this.end.site, this.end.remote!.site)
    if (loss === 0) return 0
    const { noise } = this.end.site
    let whole = 1
    for (let bytes = 0; bytes <= train.bytes; bytes += SEGMENT) whole *= 1 - loss
    if (unit(noise) < whole) return 0
    const roundTrip = this.#roundTrip()
    const follows = this.end.outgoing.ready + train.bytes / 2
    const shown = follows >= SHOWS_A_LOSS && this.#window.size > SHOWS_A_LOSS
    let late = shown ? roundTrip : repeatAfter(roundTrip, 0, 1)
    for (let attempt = 1; unit(noise) < loss; attempt++) late += repeatAfter(roundTrip, 0, attempt)
    this.#cut(at, at + late, !shown)
    return late
  }

  /** One cut for all losses of a round trip. */
  #cut(now: Micros, at: Micros, timedOut: boolean): void {
    if (now < this.#recovers) return
    this.#cutAt = at
    this.#timedOut = timedOut
    this.#recovers = at + this.#roundTrip()
  }

  /** The remote's machine has taken in `bytes`. */
  #taken(bytes: number): void {
    this.#read += bytes
    if (!this.#full || this.#turn !== undefined || this.end.state === 'gone') return
    const { scheduler, network } = this.#ground
    const there = this.end.remote!.site
    if (!network.reaches(there, this.end.site)) this.#fallSilent(scheduler.now)
    else {
      this.#full = false
      this.#wake(scheduler.now + network.travel(there, this.end.site))
    }
  }

  #fallSilent(now: Micros): void {
    if (this.#retry !== undefined || this.end.state === 'gone') return
    this.#silentSince = now
    this.#attempt = 0
    this.#keepTrying(now)
  }

  #keepTrying(now: Micros): void {
    this.#attempt += 1
    this.#retry = this.#ground.retry(now + repeatAfter(this.#roundTrip(), 0, this.#attempt), this)
  }
}
