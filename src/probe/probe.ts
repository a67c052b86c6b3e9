import { type Address, addressFromCompact, sameAddress } from '../core/address.ts'
import { equalBytes } from '../core/bytes.ts'
import { ID_LENGTH, randomId } from '../core/id.ts'
import { TokenBucket } from '../core/rate.ts'
import type { Rng } from '../core/rng.ts'
import { MILLISECOND, type Micros, NEVER, SECOND } from '../core/time.ts'
import { once, PING } from './cases.ts'
import { pong } from './expectations.ts'
import { friendlyAnswer } from './friend.ts'
import { Notebook } from './notebook.ts'
import { type ProbeOptions, probeOptions } from './probe-options.ts'
import { Reply } from './reply.ts'
import type { Circumstances, Rule } from './rule.ts'
import { RuleRun, type RuleRunParts } from './rule-run.ts'
import { RULES } from './rules.ts'
import { type RuleResult, type Score, scoreOf, type Verdict } from './score.ts'
import { SOURCE_NAMES, type SourceName, type SourceNotes } from './sources.ts'
import { isSign, signOfLife } from './trial.ts'
import { WATCHES } from './watches.ts'
import { Watching } from './watching.ts'

export interface ProbeEffects {
  send(source: SourceName, datagram: Uint8Array): void
  result(result: RuleResult): void
  /** The end; `undefined`: nobody has answered at all. */
  done(score: Score | undefined): void
}

/** The part of the crypto port that is used. */
export interface ProbeCrypto {
  sha1(bytes: Uint8Array): Uint8Array
  publicKey(seed: Uint8Array): Uint8Array
  sign(seed: Uint8Array, bytes: Uint8Array): Uint8Array
}

export interface ProbeInit {
  readonly now: Micros
  readonly target: Address
  /** Where each of the sources is bound, of the target's family. */
  readonly sources: ReadonlyMap<SourceName, Address>
  readonly rng: Rng
  readonly crypto: ProbeCrypto
  readonly effects: ProbeEffects
  readonly options?: Partial<ProbeOptions>
  /** Default: all of the table. */
  readonly rules?: readonly Rule[]
}

/** Between two pings of a node that fell silent. */
const KNOCK = 500 * MILLISECOND
/** Not from where nothing but read-only queries may come. */
const KNOCKERS: readonly SourceName[] = ['other', 'friend', 'port']
/** Bytes of an Ed25519 seed. */
const SEED_LENGTH = 32
const STAGES = [undefined, 'last', 'hazard', 'worst'] as const

/**
 * Grades a DHT node by what it answers, whatever it is: sends the datagrams of the rules, one after the other, and tells of
 * each rule whether it holds. It never dies of what comes back, and goes on when the node comes back that died of a rule.
 */
export class Probe {
  readonly #init: ProbeInit
  readonly #options: ProbeOptions
  readonly #circumstances: Circumstances
  readonly #notebook: Notebook
  readonly #parts: RuleRunParts
  readonly #watching = new Watching(WATCHES)
  readonly #rules: readonly Rule[]
  readonly #results: RuleResult[] = []
  /** Rules that hold but for what the end shows. */
  readonly #pending: Rule[] = []
  #state: 'greeting' | 'asking' | 'silent' | 'over' = 'greeting'
  #index = 0
  #run: RuleRun
  #silentSince: Micros = NEVER
  #knockAt: Micros = NEVER
  #knocks = 0
  /** It answers other addresses than that where it fell silent. */
  #isShunned = false

  constructor(init: ProbeInit) {
    const { now, target, sources, rng, crypto, effects, rules = RULES } = init
    this.#init = init
    this.#options = probeOptions(target.scope, init.options ?? {})
    const { rate, burst, slow } = this.#options
    const { family, scope } = target
    const twoAddresses = sources.get('main')!.host !== sources.get('other')!.host
    const hasTime = rate === Number.POSITIVE_INFINITY
    this.#circumstances = { target, family, scope, twoAddresses, slow, hasTime }
    this.#rules = STAGES.flatMap((stage) => rules.filter((rule) => rule.stage === stage))
    const notes = new Map<SourceName, SourceNotes>()
    for (const name of SOURCE_NAMES) {
      const address = sources.get(name)!
      notes.set(name, { id: randomId(rng), address, seen: undefined, asked: 0, answered: false })
    }
    const seed = new Uint8Array(SEED_LENGTH)
    rng.fill(seed)
    const key = { publicKey: crypto.publicKey(seed), sign: (bytes: Uint8Array) => crypto.sign(seed, bytes) }
    this.#notebook = new Notebook({ family, rng, sources: notes, sha1: (bytes) => crypto.sha1(bytes), key })
    this.#parts = {
      notebook: this.#notebook,
      options: this.#options,
      pace: new TokenBucket(now, rate, burst),
      send: (source, bytes) => effects.send(source, bytes),
    }
    this.#run = new RuleRun(now, [once(PING, pong)], this.#parts)
  }

  nextDeadline(): Micros {
    if (this.#state === 'over') return NEVER
    if (this.#state === 'silent') return Math.min(this.#knockAt, this.#silentSince + this.#options.patience)
    return this.#run.nextDeadline()
  }

  tick(now: Micros): void {
    if (this.#state === 'silent') this.#knock(now)
    else if (this.#state !== 'over') {
      this.#run.tick(now)
      this.#settle(now)
    }
  }

  /** A datagram at one of the sources. `datagram` is lent. */
  receive(now: Micros, source: SourceName, from: Address, datagram: Uint8Array): void {
    if (this.#state === 'over') return
    const { target } = this.#init
    const reply = new Reply(datagram)
    // From elsewhere only the answer to what was just asked is of interest (row 8.01).
    if (!sameAddress(from, target) && !this.#isAwaited(reply)) return
    if (reply.kind === 'q') {
      this.#asked(source, reply)
      return
    }
    this.#learn(source, reply)
    const sent = this.#run.sent ?? datagram
    this.#watching.see({ reply, sent, source, from, target, notebook: this.#notebook })
    this.#notebook.cross(reply.transaction)
    if (!sameAddress(from, target) || this.#notebook.isOld(reply.transaction)) return
    if (this.#state === 'silent') this.#isBack(now, source, reply)
    else {
      this.#run.receive(now, source, reply)
      this.#settle(now)
    }
  }

  #isAwaited({ transaction }: Reply): boolean {
    const awaited = this.#notebook.transaction
    return transaction !== undefined && awaited !== undefined && equalBytes(transaction, awaited)
  }

  /** The node asks us. */
  #asked(source: SourceName, query: Reply): void {
    const notes = this.#notebook.sources.get(source)!
    notes.asked += 1
    if (source !== 'friend') return
    const answer = friendlyAnswer(query, notes.id, this.#notebook.family)
    if (answer === undefined) return
    notes.answered = true
    this.#init.effects.send(source, answer)
  }

  #learn(source: SourceName, reply: Reply): void {
    const { family, sources } = this.#notebook
    const id = reply.fields?.get('id')
    if (id instanceof Uint8Array && id.length === ID_LENGTH && !equalBytes(id, this.#notebook.nodeId)) {
      this.#notebook.nodeId = id
      // A node that was born anew knows nobody.
      this.#introduce()
    }
    const ip = reply.root.get('ip')
    if (!(ip instanceof Uint8Array) || ip.length !== (family === 4 ? 6 : 18)) return
    sources.get(source)!.seen ??= addressFromCompact(ip, 0, family)
  }

  #settle(now: Micros): void {
    while (this.#state !== 'over' && this.#run.state !== 'running') {
      if (this.#state === 'greeting') this.#greeted(now)
      else if (this.#run.state === 'silent') {
        this.#state = 'silent'
        this.#silentSince = now
        this.#knockAt = now + KNOCK
        this.#knocks = 0
        this.#isShunned = false
        return
      } else this.#ruled(now)
    }
  }

  #greeted(now: Micros): void {
    if (this.#run.state === 'silent') {
      this.#state = 'over'
      this.#init.effects.done(undefined)
      return
    }
    this.#state = 'asking'
    this.#begin(now)
  }

  /** A node among the sources lets itself be known. */
  #introduce(): void {
    this.#init.effects.send('friend', signOfLife(this.#notebook, 'friend'))
  }

  /** The rule that was run has its verdict. */
  #ruled(now: Micros): void {
    const rule = this.#rules[this.#index]!
    if (this.#run.state === 'failed') this.#tell(rule, 'fail', this.#run.complaint)
    else if (rule.final !== undefined) this.#pending.push(rule)
    else this.#tell(rule, 'pass')
    this.#index += 1
    this.#begin(now)
  }

  /** Begins the next rule that can be seen from here. */
  #begin(now: Micros): void {
    for (; this.#index < this.#rules.length; this.#index++) {
      const rule = this.#rules[this.#index]!
      const why = this.#obstacle(rule)
      if (why === undefined) {
        const cases = typeof rule.cases === 'function' ? rule.cases(this.#circumstances) : rule.cases
        this.#run = new RuleRun(now, cases, this.#parts)
        return
      }
      this.#tell(rule, 'not-applicable', why)
    }
    this.#finish()
  }

  /** Why a rule cannot be seen; `undefined`: it can. */
  #obstacle({ obstacle, needs, unseen }: Rule): string | undefined {
    const why = obstacle?.(this.#circumstances) ?? unseen?.(this.#notebook)
    if (why !== undefined || needs === undefined) return why
    const isLost = this.#results.some(({ rule, verdict }) => rule === needs && verdict === 'fail')
    return isLost ? `it does not even keep ${needs}` : undefined
  }

  #knock(now: Micros): void {
    if (now >= this.#silentSince + this.#options.patience) this.#giveUp()
    else if (now >= this.#knockAt) {
      this.#knockAt = now + KNOCK
      // Each second time from where it fell silent, in between from all over.
      const elsewhere = KNOCKERS[(this.#knocks >> 1) % KNOCKERS.length]!
      const source = this.#knocks % 2 === 0 ? this.#run.source : elsewhere
      this.#knocks += 1
      this.#init.effects.send(source, signOfLife(this.#notebook, source))
    }
  }

  /** It does not come back: it is dead, or wants to hear no more from that address. */
  #giveUp(): void {
    const rule = this.#rules[this.#index]!
    const { host } = this.#init.sources.get(this.#run.source)!
    let why = `it had stopped answering at ${rule.id}`
    if (this.#isShunned) {
      why = `it answers other addresses but no longer ${host}: perhaps it has a limit, and a lower --rate helps`
      this.#tell(rule, 'not-reached', why)
    } else this.#tell(rule, 'fail', this.#run.complaint)
    for (const left of this.#rules.slice(this.#index + 1)) {
      const obstacle = left.obstacle?.(this.#circumstances)
      if (obstacle === undefined) this.#tell(left, 'not-reached', why)
      else this.#tell(left, 'not-applicable', obstacle)
    }
    this.#finish()
  }

  /** A sign of life while it was silent. */
  #isBack(now: Micros, source: SourceName, reply: Reply): void {
    if (!isSign(reply)) return
    const { sources } = this.#init
    if (sources.get(source)!.host !== sources.get(this.#run.source)!.host) {
      this.#isShunned = true
      return
    }
    const away = Math.round((now - this.#silentSince) / (SECOND / 10)) / 10
    this.#tell(
      this.#rules[this.#index]!,
      'fail',
      `${this.#run.complaint}, and was back ${away} s after that was clear`,
    )
    this.#state = 'asking'
    this.#index += 1
    this.#begin(now)
    this.#settle(now)
  }

  #finish(): void {
    this.#state = 'over'
    for (const rule of this.#pending) {
      const why = rule.final!(this.#notebook)
      this.#tell(rule, why === undefined ? 'pass' : 'fail', why)
    }
    for (const result of this.#watching.results()) this.#say(result)
    this.#init.effects.done(scoreOf(this.#results))
  }

  #tell({ id, level, title }: Rule, verdict: Verdict, why?: string): void {
    this.#say({ rule: id, level, title, verdict, ...(why === undefined ? {} : { why }) })
  }

  #say(result: RuleResult): void {
    this.#results.push(result)
    this.#init.effects.result(result)
  }
}
