import { sized } from './ring.js'
import { colour, lineColour } from './theme.js'

/** @import { PagePlayback } from './page-data.ts' */

/** Hosts over pieces; a cell fills when the host has verified the piece. */
export class PieceGrid {
  #canvas
  #playback
  /** Rows by host. */
  #rows
  #drawn = 0
  #drawnAt = ''

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {PagePlayback} playback
   */
  constructor(canvas, playback) {
    this.#canvas = canvas
    this.#playback = playback
    const hosts = [...new Set(playback.pieces.map(([, host]) => host))].sort((a, b) => a - b)
    this.#rows = new Map(hosts.map((host, row) => [host, row]))
  }

  /** @param {number} time */
  draw(time) {
    const { pieces, pieceCount, hosts } = this.#playback
    const rows = this.#rows.size
    const { context } = sized(this.#canvas)
    const { width, height } = this.#canvas
    const [w, h] = [width / pieceCount, height / rows]
    const ended = this.#drawn === 0 ? -1 : (pieces[this.#drawn - 1]?.[0] ?? 0)
    // What was filled stays filled, unless the time went back or the canvas is another one.
    const look = `${width} ${colour('paper')}`
    if (time < ended || look !== this.#drawnAt) {
      context.fillStyle = colour('empty')
      context.fillRect(0, 0, width, height)
      this.#drawn = 0
      this.#drawnAt = look
    }
    const gap = Math.min(w, h) > 5 ? 1 : 0
    for (; this.#drawn < pieces.length; this.#drawn++) {
      const [at, host, piece] = /** @type {[number, number, number]} */ (pieces[this.#drawn])
      if (at > time) break
      context.fillStyle = lineColour(hosts[host]?.group ?? 0)
      const row = this.#rows.get(host) ?? 0
      // A cell is at least a pixel, so that no piece of a great torrent is invisible.
      context.fillRect(piece * w, row * h, Math.max(1, w - gap), Math.max(1, h - gap))
    }
  }

  /** Pieces that are verified at the time drawn last. */
  get filled() {
    return this.#drawn
  }

  get cells() {
    return this.#rows.size * this.#playback.pieceCount
  }
}
