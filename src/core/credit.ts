const HIGH = 7 / 8
const LOW = 3 / 4

/**
 * A share of memory, in bytes, from which users draw and to which they give back. It is pressed from when it is drawn to 7/8 until
 * it is back at 3/4: two marks, so that who slows down on it does not start and stop with every block.
 */
export class Credit {
  readonly limit: number
  #drawn = 0
  #most = 0
  #pressed = false
  #observer: (() => void) | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  get drawn(): number {
    return this.#drawn
  }

  /** The most that was ever drawn. */
  get most(): number {
    return this.#most
  }

  get pressed(): boolean {
    return this.#pressed
  }

  /** Told when it becomes pressed, and when it no longer is. */
  observe(observer: () => void): void {
    this.#observer = observer
  }

  fits(bytes: number): boolean {
    return this.#drawn + bytes <= this.limit
  }

  /** Never refused: who can wait asks `fits` or `pressed` before. */
  draw(bytes: number): void {
    this.#drawn += bytes
    if (this.#drawn > this.#most) this.#most = this.#drawn
    if (!this.#pressed && this.#drawn >= HIGH * this.limit) this.#turn(true)
  }

  giveBack(bytes: number): void {
    this.#drawn -= bytes
    if (this.#pressed && this.#drawn <= LOW * this.limit) this.#turn(false)
  }

  #turn(pressed: boolean): void {
    this.#pressed = pressed
    this.#observer?.()
  }
}
