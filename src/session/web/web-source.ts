import type { Info } from '../../codec/metainfo.ts'
import { parseContentRange, parseRetryAfter } from '../../codec/web-answer.ts'
import type { WebUrl } from '../../codec/web-url.ts'
import type { RateLimit } from '../../core/rate-limit.ts'
import { MILLISECOND, MINUTE, type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Torrent } from '../../swarm/torrent.ts'
import { WebSeed } from '../../swarm/web-seed.ts'
import type { Failure, WebHead } from '../ports.ts'
import { type ContentPart, fileUrl, partsOf } from './content-parts.ts'
import type { WebCall, WebClient } from './web-client.ts'

/** How soon it is looked for work again, where there was none, and where memory or the disk were in the way. */
const LOOK = SECOND / 2
const SHORT_LOOK = 10 * MILLISECOND
/** After a failure that may pass, doubling up to the longest. */
const FIRST_RETRY = 10 * SECOND
const LONGEST_RETRY = 60 * MINUTE
/** One that brings less than so many bytes a second, over so long, is given a rest. */
const LEAST_RATE = 512
const RATE_SPAN = MINUTE

/** Statuses after which it may go better later; other refusals are final. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
const ZEROS = new Uint8Array(16_384)

export interface WebSourceInit {
  readonly web: WebClient
  readonly url: WebUrl
  /** As it is shown. */
  readonly text: string
  readonly byHand: boolean
  /** Of all that the torrent has had. */
  readonly index: number
  readonly info: Info
  readonly torrent: Torrent
  readonly limit: RateLimit
  /** Said once each. */
  warn(code: 'web-seed/failed' | 'web-seed/given-up', message: string): void
  /** The deadline is another. */
  touch(): void
}

/** One web seed of a torrent: what the swarm wants of it, fetched range by range on one connection. */
export class WebSource {
  readonly seed: WebSeed
  readonly #init: WebSourceInit
  #parts: ContentPart[] = []
  #call: WebCall | undefined
  /** Bytes of the present part that have not come. */
  #left = 0
  #failures = 0
  #told = false
  /** Nothing more is asked of it. */
  over = false
  #at: Micros
  /** What is to be done then. */
  #then: 'ask' | 'read' = 'ask'
  #spanBegan: Micros = 0
  #spanBytes = 0

  constructor(now: Micros, init: WebSourceInit) {
    this.#init = init
    this.#at = now
    this.seed = new WebSeed(init.torrent.download!, init.index, () => {
      this.#giveUp('it has sent wrong data')
    })
  }

  get deadline(): Micros {
    return this.over || (this.#then === 'ask' && this.#complete) ? NEVER : this.#at
  }

  tick(now: Micros): void {
    if (this.over || now < this.deadline) return
    if (this.#then === 'read') this.#read(now)
    else this.#ask(now)
  }

  /** It is no longer asked for anything; what is under way is forgotten. */
  stop(): void {
    if (this.over) return
    this.over = true
    this.#hangUp()
    this.seed.release(true)
  }

  get #complete(): boolean {
    return this.#init.torrent.download?.complete !== false
  }

  #ask(now: Micros): void {
    this.#wait(now + LOOK, 'ask')
    if (this.#complete) return
    const run = this.seed.next()
    if (run === undefined) {
      if (this.seed.short) this.#wait(now + SHORT_LOOK, 'ask')
      return
    }
    this.#spanBegan = now
    this.#spanBytes = 0
    this.#parts = partsOf(this.#init.info, run.begin, run.end)
    this.#next(now)
  }

  /** Goes on with the next file that has a part of the run. */
  #next(now: Micros): void {
    const [part] = this.#parts
    if (part === undefined) {
      this.#failures = 0
      this.#wait(now, 'ask')
      return
    }
    this.#left = part.end - part.begin
    if (part.pad) this.#fill(now)
    else this.#get(now, part)
  }

  #fill(now: Micros): void {
    while (this.#left > 0) {
      const zeros = ZEROS.subarray(0, Math.min(this.#left, ZEROS.length))
      this.#left -= zeros.length
      this.seed.data(now, zeros)
    }
    this.#parts.shift()
    this.#next(now)
  }

  #get(now: Micros, part: ContentPart): void {
    const { web, url, byHand, info } = this.#init
    const { begin, end } = part
    this.#wait(NEVER, 'read')
    this.#call = web.get(
      now,
      { url: fileUrl(url, info, part.file), byHand, range: { begin, end } },
      {
        head: (at, head) => this.#head(at, part, head),
        body: (at, bytes) => this.#body(at, bytes),
        ended: (at) => this.#ended(at),
        failed: (at, failure) => this.#failed(at, failure),
      },
    )
  }

  #head(now: Micros, part: ContentPart, head: WebHead): void {
    const { status, encoding = 'identity' } = head
    const retryAfter = parseRetryAfter(head.retryAfter)
    if (PASSING.has(status)) this.#rest(now, `it answers with HTTP status ${status}`, retryAfter)
    else if (status !== 200 && status !== 206) this.#giveUp(`it answers with HTTP status ${status}`)
    else if (encoding !== 'identity') this.#giveUp('it sends what is compressed')
    else {
      const why = status === 206 ? wrongRange(part, head) : wrongWhole(part, head)
      if (why === undefined) this.#read(now)
      else this.#giveUp(why)
    }
  }

  #body(now: Micros, bytes: Uint8Array): void {
    const { torrent, limit } = this.#init
    const payload = bytes.subarray(0, this.#left)
    this.#left -= payload.length
    this.#spanBytes += payload.length
    torrent.down.add(now, payload.length)
    limit.take(now, bytes.length)
    this.seed.data(now, payload)
    // What it sent may have been the last proof of a lie.
    if (this.over) return
    if (this.#left === 0 && bytes.length > payload.length) this.#done(now)
    else if (now - this.#spanBegan >= RATE_SPAN && this.#isSlow(now))
      this.#rest(now, 'it hardly sends anything')
    else this.#read(now)
  }

  #isSlow(now: Micros): boolean {
    const isSlow = this.#spanBytes < (LEAST_RATE * (now - this.#spanBegan)) / SECOND
    this.#spanBegan = now
    this.#spanBytes = 0
    return isSlow && this.#init.limit.rate > LEAST_RATE
  }

  #ended(now: Micros): void {
    this.#call = undefined
    if (this.#left > 0) this.#rest(now, 'its answers are cut short')
    else this.#done(now)
  }

  #done(now: Micros): void {
    this.#hangUp()
    this.#parts.shift()
    this.#next(now)
  }

  /** Reads on as soon as limit and disk let it; the rest waits in the kernel, and slows the server down. */
  #read(now: Micros): void {
    const { torrent, limit } = this.#init
    const isBehind =
      torrent.download?.troubled === true || torrent.download?.tracker.account.diskBehind === true
    if (isBehind) this.#wait(now + SHORT_LOOK, 'read')
    else if (!limit.ready(now)) this.#wait(Math.max(limit.readyAt(now), now + 1), 'read')
    else {
      this.#wait(NEVER, 'read')
      this.#call?.read(now)
    }
  }

  #failed(now: Micros, { code, message }: Failure): void {
    this.#call = undefined
    const what = message.replace(/\.$/, '')
    if (code === 'web/refused' || code === 'web/redirect' || code === 'web/certificate') this.#giveUp(what)
    else this.#rest(now, what)
  }

  /** It is asked again after a while. */
  #rest(now: Micros, why: string, seconds?: number): void {
    const wait = seconds === undefined ? FIRST_RETRY * 2 ** Math.min(this.#failures, 20) : seconds * SECOND
    this.#failures += 1
    this.#hangUp()
    this.seed.release(false)
    this.#wait(now + Math.min(Math.max(wait, SECOND), LONGEST_RETRY), 'ask')
    if (this.#told) return
    this.#told = true
    this.#init.warn('web-seed/failed', `The web seed ${this.#init.text} is left alone for a while: ${why}.`)
  }

  #giveUp(why: string): void {
    if (this.over) return
    this.stop()
    this.#init.touch()
    this.#init.warn('web-seed/given-up', `The web seed ${this.#init.text} is given up: ${why}.`)
  }

  #hangUp(): void {
    this.#call?.close()
    this.#call = undefined
  }

  #wait(at: Micros, then: 'ask' | 'read'): void {
    this.#at = at
    this.#then = then
    this.#init.touch()
  }
}

/** What is wrong with an answer that is to be a part. */
function wrongRange({ begin, end, length }: ContentPart, head: WebHead): string | undefined {
  const range = head.range === undefined ? undefined : parseContentRange(head.range)
  if (range === undefined || range.begin !== begin || range.end !== end)
    return 'it sends another part than was asked for'
  if (range.total !== undefined && range.total !== length) return 'its file has another length'
  return undefined
}

/** And with one that is to be the whole file. */
function wrongWhole({ begin, length }: ContentPart, head: WebHead): string | undefined {
  if (head.length !== undefined && Number(head.length) !== length) return 'its file has another length'
  return begin === 0 ? undefined : 'it sends no parts of files'
}
