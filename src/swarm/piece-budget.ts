import { Credit } from '../core/credit.ts'
import { type Micros, NEVER } from '../core/time.ts'

/**
 * The memory of pieces being fetched, shared by the torrents of a session. It is drawn before anything is asked for, one unit at a
 * time: a piece, or a run of a long one, which needs nothing more until it is on the disk; so what is drawn always comes back. One
 * unit may be drawn whatever its length. Who holds nothing and is refused waits in line, and nobody else gets anything before the
 * first in it had its turn.
 */
export class PieceBudget {
  readonly credit: Credit
  /** What is full and not on the disk yet. */
  readonly disk: Credit
  readonly #accounts = new Set<PieceAccount>()
  /** Who waits, the longest first. */
  readonly #line = new Set<PieceAccount>()
  /** Whether the first in line has asked since it was woken. */
  #asked = true
  #insistedAt: Micros = NEVER

  constructor(limit: number) {
    this.credit = new Credit(limit)
    this.disk = new Credit(limit)
  }

  /** A torrent's part in it. `wake`: it may ask again, or give up what it does not use (`PieceAccount.contended`). */
  join(wake: () => void = () => {}): PieceAccount {
    const account = new PieceAccount(this, wake)
    this.#accounts.add(account)
    return account
  }

  /** The first in line. */
  get first(): PieceAccount | undefined {
    for (const account of this.#line) return account
    return undefined
  }

  affords(account: PieceAccount, bytes: number): boolean {
    if ((this.first ?? account) !== account) return false
    return this.credit.drawn === 0 || this.credit.fits(bytes)
  }

  wait(account: PieceAccount): void {
    if (this.first === account) this.#asked = true
    if (account.held > 0 || this.#line.has(account)) return
    this.#line.add(account)
    for (const other of this.#accounts) if (other.held > 0) other.wake()
  }

  drew(account: PieceAccount): void {
    if (this.#line.size > 0 && this.#line.delete(account)) this.#wakeFirst()
  }

  /** Something has come back. */
  returned(): void {
    if (this.#line.size > 0) this.#wakeFirst()
  }

  /** Somebody waits in vain: a first in line that was woken and asked for nothing is out. */
  insist(now: Micros): void {
    // Others may do so at the same moment, before it could ask.
    if (now === this.#insistedAt) return
    this.#insistedAt = now
    if (!this.#asked && this.first !== undefined) this.#line.delete(this.first)
    this.#wakeFirst()
  }

  left(account: PieceAccount): void {
    this.#accounts.delete(account)
    if (this.#line.delete(account)) this.#wakeFirst()
  }

  #wakeFirst(): void {
    this.#asked = false
    this.first?.wake()
  }
}

/** What one torrent holds of a `PieceBudget`. Once it has left, nothing of it counts. */
export class PieceAccount {
  readonly wake: () => void
  readonly #budget: PieceBudget
  #held = 0
  #owed = 0
  #gone = false

  constructor(budget: PieceBudget, wake: () => void) {
    this.#budget = budget
    this.wake = wake
  }

  get held(): number {
    return this.#held
  }

  /** Another torrent waits for what this one holds. */
  get contended(): boolean {
    return (this.#budget.first ?? this) !== this
  }

  /** The disk has fallen behind, and who sends is paused for it. */
  get diskBehind(): boolean {
    return this.#budget.disk.pressed
  }

  /** Half of the budget or more is free. */
  get spacious(): boolean {
    const { drawn, limit } = this.#budget.credit
    return 2 * drawn < limit
  }

  /** Whether a unit may be drawn now. */
  affords(bytes: number): boolean {
    return this.#budget.affords(this, bytes)
  }

  /** It was refused what it has a use for: if it holds nothing, it is woken when it is its turn. */
  wait(): undefined {
    if (!this.#gone) this.#budget.wait(this)
  }

  draw(bytes: number): void {
    if (this.#gone) return
    this.#held += bytes
    this.#budget.credit.draw(bytes)
    this.#budget.drew(this)
  }

  giveBack(bytes: number): void {
    if (this.#gone || bytes === 0) return
    this.#held -= bytes
    this.#budget.credit.giveBack(bytes)
    this.#budget.returned()
  }

  /** It has waited for a while: whose turn it is may have no use for it. */
  insist(now: Micros): void {
    if (!this.#gone) this.#budget.insist(now)
  }

  /** `bytes` wait for the disk from now on; negative: no longer. */
  owe(bytes: number): void {
    if (this.#gone) return
    this.#owed += bytes
    if (bytes < 0) this.#budget.disk.giveBack(-bytes)
    else this.#budget.disk.draw(bytes)
  }

  leave(): void {
    if (this.#gone) return
    this.owe(-this.#owed)
    this.giveBack(this.#held)
    this.#gone = true
    this.#budget.left(this)
  }
}
