import { colour, lineColour } from './theme.js'

/** @import { PagePlayback, PageWalk } from './page-data.ts' */

const TURN = 2 * Math.PI
/** What fits beside the ring: the marks of targets. */
const MARGIN = 22

/** Nodes on the ring of all ids, and look-ups that walk between them. */
export class Ring {
  #canvas
  #playback

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {PagePlayback} playback
   */
  constructor(canvas, playback) {
    this.#canvas = canvas
    this.#playback = playback
  }

  /**
   * @param {number} time
   * @param {readonly boolean[]} up by host
   * @param {readonly PageWalk[]} walks that are to be seen
   * @param {number} fresh how long a message is drawn as one that moves, in seconds of the run
   */
  draw(time, up, walks, fresh) {
    const { width, scale, context } = sized(this.#canvas)
    context.setTransform(scale, 0, 0, scale, (width * scale) / 2, (width * scale) / 2)
    context.clearRect(-width / 2, -width / 2, width, width)
    const radius = width / 2 - MARGIN
    context.strokeStyle = colour('rule')
    context.lineWidth = 1
    context.beginPath()
    context.arc(0, 0, radius, 0, TURN)
    context.stroke()
    for (const walk of walks) this.#walk(context, radius, walk, time, fresh)
    this.#nodes(context, radius, up)
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} radius
   * @param {readonly boolean[]} up
   */
  #nodes(context, radius, up) {
    const { hosts } = this.#playback
    const size = Math.max(2, Math.min(6, 240 / hosts.length))
    hosts.forEach(({ ring, group }, host) => {
      const [x, y] = place(ring, radius)
      const isUp = up[host] === true
      context.fillStyle = isUp ? lineColour(group) : colour('paper')
      context.strokeStyle = isUp ? colour('paper') : colour('quiet')
      context.lineWidth = 1
      context.beginPath()
      outline(context, group, x, y, isUp ? size : size * 0.7)
      context.fill()
      context.stroke()
    })
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} radius
   * @param {PageWalk} walk
   * @param {number} time
   * @param {number} fresh
   */
  #walk(context, radius, { asker, target, hops }, time, fresh) {
    const { hosts } = this.#playback
    const at = (/** @type {number} */ host) => place(hosts[host]?.ring ?? 0, radius)
    const goal = place(target, radius + MARGIN / 2)
    context.fillStyle = colour('bad')
    context.beginPath()
    outline(context, 3, goal[0], goal[1], 6)
    context.fill()
    let best = distance(hosts[asker]?.ring ?? 0, target)
    const trail = [at(asker)]
    for (const [when, from, to, kind] of hops) {
      if (when > time) break
      const age = (time - when) / fresh
      const [a, b] = [at(from), at(to)]
      context.globalAlpha = Math.max(0.35, 1 - age * 0.5)
      context.strokeStyle = kind === 'timeout' ? colour('bad') : colour('quiet')
      context.lineWidth = 1
      context.setLineDash(kind === 'answer' ? [] : [3, 4])
      line(context, [a, b])
      if (age < 1) {
        context.fillStyle = kind === 'timeout' ? colour('bad') : colour('ink')
        context.beginPath()
        context.arc(a[0] + (b[0] - a[0]) * age, a[1] + (b[1] - a[1]) * age, 3.5, 0, TURN)
        context.fill()
      }
      const near = distance(hosts[from]?.ring ?? 0, target)
      if (kind === 'answer' && near < best) {
        best = near
        trail.push(a)
      }
    }
    context.globalAlpha = 1
    context.setLineDash([])
    context.strokeStyle = colour('accent')
    context.lineWidth = 2.5
    line(context, trail)
    const [x, y] = at(asker)
    context.beginPath()
    context.arc(x, y, 9, 0, TURN)
    context.stroke()
  }
}

/**
 * Fits a square drawing to the element's width, in pixels of the screen.
 * @param {HTMLCanvasElement} canvas
 */
export function sized(canvas) {
  const scale = devicePixelRatio
  const width = canvas.clientWidth
  const pixels = Math.round(width * scale)
  if (canvas.width !== pixels) {
    canvas.width = pixels
    canvas.height = pixels
  }
  return { width, scale, context: /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')) }
}

/**
 * @param {number} ring
 * @param {number} radius
 * @returns {[number, number]}
 */
function place(ring, radius) {
  return [radius * Math.sin(TURN * ring), -radius * Math.cos(TURN * ring)]
}

/**
 * How far apart two ids are for Kademlia, of which 24 bits are known.
 * @param {number} a
 * @param {number} b
 */
function distance(a, b) {
  return ((a * 2 ** 24) ^ (b * 2 ** 24)) >>> 0
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number][]} points
 */
function line(context, points) {
  context.beginPath()
  for (const [x, y] of points) context.lineTo(x, y)
  context.stroke()
}

/**
 * A shape of its own for each group: circle, square, triangle, diamond.
 * @param {CanvasRenderingContext2D} context
 * @param {number} group
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
export function outline(context, group, x, y, size) {
  const corners = group % 4
  if (corners === 0) {
    context.arc(x, y, size, 0, TURN)
    return
  }
  const [count, turned] = /** @type {const} */ ([
    [0, 0],
    [4, 0.125],
    [3, 0],
    [4, 0],
  ])[corners] ?? [4, 0]
  for (let corner = 0; corner < count; corner++) {
    const [dx, dy] = place(corner / count + turned, size * 1.25)
    if (corner === 0) context.moveTo(x + dx, y + dy)
    else context.lineTo(x + dx, y + dy)
  }
  context.closePath()
}
