import { LodestoneError, usageError } from '../core/errors.ts'
import { ProbeDriver, type ProbeEvent, type RuleResult, type Score } from '../session/probe-driver.ts'
import type { Endpoint } from './events.ts'
import { Feed } from './feed.ts'
import type { Host } from './host.ts'
import { checkBind, checkPort, type ProbeOptions } from './options.ts'

export type { RuleResult, Score, Tally, Verdict } from '../session/probe-driver.ts'

/** A DHT node that is being graded: an async iterator of the rules, each told once. Leaving the loop ends it. */
export class ProbeRun implements AsyncIterable<RuleResult> {
  /** Where it asks from; whole with the first rule. */
  readonly addresses: readonly Endpoint[] = []
  /** Rejects with a `timeout` error when nobody answers, and with `closed` when it was ended before. */
  readonly score: Promise<Score>
  readonly #host: Host
  readonly #feed: Feed<RuleResult>
  #resolve: (score: Score) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #isOver = false

  /** `host` is an address or a name. Throws a usage error when an option is wrong. */
  constructor(machine: Host, host: string, port: number, options: ProbeOptions) {
    const { bind = [], rate, slow = false, signal } = options
    checkPort(port, 'probe')
    checkBind(bind)
    if (rate !== undefined && !(rate > 0))
      throw usageError('options/rate', 'The rate of a probe is more than 0.')
    signal?.throwIfAborted()
    this.#host = machine
    this.score = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.score.catch(() => {})
    this.#feed = new Feed(signal, () => this.#end())
    const driver = new ProbeDriver({
      ports: machine.ports,
      host,
      port,
      bind,
      options: { slow, ...(rate === undefined ? {} : { rate }) },
      emit: (event) => this.#happened(event),
    })
    machine.attach(driver)
    driver.start(machine.now())
  }

  [Symbol.asyncIterator](): AsyncIterator<RuleResult> {
    return this.#feed[Symbol.asyncIterator]()
  }

  #happened(event: ProbeEvent): void {
    if (event.kind === 'rule') this.#feed.push(event.result)
    else if (event.kind === 'listening') {
      const { host, port } = event.address
      ;(this.addresses as Endpoint[]).push({ host, port })
    } else {
      if (event.kind === 'failed') {
        this.#reject(new LodestoneError('network', event.failure.code, event.failure.message))
      } else if (event.score === undefined) {
        const { text: address } = event.target
        this.#reject(
          new LodestoneError('timeout', 'probe/no-answer', `${address} does not answer.`, { address }),
        )
      } else this.#resolve(event.score)
      this.#end()
    }
  }

  /** Nothing more is wanted, or there is nothing more. */
  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#feed.end()
    const closed = new LodestoneError('closed', 'probe/closed', 'The probe was ended.')
    void this.#host.close().then(() => this.#reject(closed))
  }
}
