import { PieceGrid } from './piece-grid.js'
import { Ring } from './ring.js'
import { onThemeChange } from './theme.js'

/** @import { PagePlayback } from './page-data.ts' */

/** The whole run takes this long at the speed that is chosen first, a look-up that long; in seconds. */
const WHOLE = 40
const ONE_LOOKUP = 8

/** Plays a recorded run: the element `playback.id` has the controls and the canvases. */
export class Player {
  #playback
  #ring
  #grid
  #up
  #lived = 0
  #time = 0
  /** When the last frame was drawn, while it plays. */
  #frameAt = 0
  #playing = false
  /** @type {HTMLButtonElement} */
  #button
  /** @type {HTMLInputElement} */
  #slider
  /** @type {HTMLSelectElement} */
  #speed
  /** @type {HTMLSelectElement | null} */
  #walk
  /** @type {HTMLElement} */
  #words

  /** @param {PagePlayback} playback */
  constructor(playback) {
    const root = /** @type {HTMLElement} */ (document.getElementById(playback.id))
    const part = (/** @type {string} */ name) => /** @type {any} */ (root.querySelector(`.${name}`))
    this.#playback = playback
    this.#ring = new Ring(part('ring'), playback)
    this.#grid = playback.pieces.length === 0 ? undefined : new PieceGrid(part('pieces'), playback)
    this.#up = playback.hosts.map(() => false)
    this.#button = part('play')
    this.#slider = part('time')
    this.#speed = part('speed')
    this.#walk = part('walk')
    this.#words = part('words')
    this.#button.addEventListener('click', () => this.#toggle())
    this.#slider.addEventListener('input', () => this.#seek(Number(this.#slider.value) * playback.end))
    this.#walk?.addEventListener('change', () => this.#follow())
    this.#chooseSpeed(playback.end / WHOLE)
    onThemeChange(() => this.#draw())
    new ResizeObserver(() => this.#draw()).observe(root)
    this.#draw()
  }

  #toggle() {
    this.#playing = !this.#playing
    this.#button.textContent = this.#playing ? 'Pause' : 'Play'
    if (!this.#playing) return
    if (this.#time >= this.#playback.end) this.#seek(0)
    this.#frameAt = performance.now()
    requestAnimationFrame((now) => this.#frame(now))
  }

  /** @param {number} now */
  #frame(now) {
    if (!this.#playing) return
    const passed = Math.max(0, now - this.#frameAt) / 1000
    this.#frameAt = now
    this.#seek(this.#time + passed * Number(this.#speed.value))
    if (this.#time >= this.#end) this.#toggle()
    else requestAnimationFrame((next) => this.#frame(next))
  }

  /** A look-up that is followed ends the playing. */
  get #end() {
    const walk = this.#followed
    return walk === undefined ? this.#playback.end : Math.min(this.#playback.end, walk.ended + this.#fresh)
  }

  get #followed() {
    return this.#playback.walks[Number(this.#walk?.value ?? -1)]
  }

  /** How long a message is seen to move: a quarter of a second for the reader. */
  get #fresh() {
    return Number(this.#speed.value) / 4
  }

  /** Shows one look-up from its beginning, slowly enough to see it. */
  #follow() {
    const walk = this.#followed
    this.#chooseSpeed(
      walk === undefined ? this.#playback.end / WHOLE : (walk.ended - walk.begun) / ONE_LOOKUP,
    )
    this.#seek(walk === undefined ? this.#time : walk.begun)
  }

  /** @param {number} wanted seconds of the run in a second */
  #chooseSpeed(wanted) {
    const offers = [...this.#speed.options].map(({ value }) => value)
    this.#speed.value = offers.find((value) => Number(value) >= wanted) ?? offers.at(-1) ?? '1'
  }

  /** @param {number} time */
  #seek(time) {
    if (time < this.#time) {
      this.#up.fill(false)
      this.#lived = 0
    }
    this.#time = Math.min(time, this.#playback.end)
    this.#draw()
  }

  #draw() {
    const { lives, walks, hosts, end } = this.#playback
    const time = this.#time
    for (; this.#lived < lives.length; this.#lived++) {
      const [at, host, up] = /** @type {[number, number, boolean]} */ (lives[this.#lived])
      if (at > time) break
      this.#up[host] = up
    }
    const fresh = this.#fresh
    const followed = this.#followed
    const seen =
      followed === undefined
        ? walks.filter(({ begun, ended }) => begun <= time && time <= ended + fresh)
        : [followed]
    this.#ring.draw(time, this.#up, seen, fresh)
    this.#grid?.draw(time)
    this.#slider.value = String(time / end)
    this.#slider.setAttribute('aria-valuetext', `${time.toFixed(1)} seconds`)
    const said = [`${time.toFixed(2)} s`, `${this.#up.filter(Boolean).length} of ${hosts.length} hosts up`]
    if (followed === undefined && walks.length > 0) said.push(`look-ups under way: ${seen.length}`)
    for (const { hops } of followed === undefined ? [] : [followed]) {
      const count = (/** @type {string} */ kind) =>
        hops.filter((hop) => hop[0] <= time && hop[3] === kind).length
      said.push(`${count('query')} asked, ${count('answer')} answered, ${count('timeout')} silent`)
    }
    if (this.#grid !== undefined) {
      said.push(`${((100 * this.#grid.filled) / this.#grid.cells).toFixed(1)} % of the pieces verified`)
    }
    this.#words.textContent = said.join('; ')
  }
}
