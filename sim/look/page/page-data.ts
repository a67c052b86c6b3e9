/** What the page's own scripts are given; all words and figures are chosen before. */
export interface PageData {
  readonly plots: readonly Plot[]
  readonly playbacks: readonly PagePlayback[]
}

export interface Plot {
  /** Of the canvas in the page. */
  readonly id: string
  /** `line`: straight from point to point; `step`: a value holds until the next; `scatter`: points alone. */
  readonly kind: 'line' | 'step' | 'scatter'
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

export interface Axis {
  readonly label: string
  readonly logarithmic?: boolean
  /** Both ends fixed. */
  readonly range?: readonly [number, number]
}

export interface Line {
  readonly label: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A recorded run for the player. Hosts are numbers into `hosts`, times seconds, places on the ring 0 to 1. */
export interface PagePlayback {
  /** Of the element in the page. */
  readonly id: string
  readonly end: number
  readonly groups: readonly string[]
  readonly hosts: readonly { readonly name: string; readonly ring: number; readonly group: number }[]
  readonly lives: readonly (readonly [at: number, host: number, up: boolean])[]
  /** In the order in which they began. */
  readonly walks: readonly PageWalk[]
  readonly pieceCount: number
  /** In the order of time. */
  readonly pieces: readonly (readonly [at: number, host: number, piece: number])[]
}

export interface PageWalk {
  readonly asker: number
  readonly target: number
  readonly begun: number
  readonly ended: number
  readonly hops: readonly (readonly [
    at: number,
    from: number,
    to: number,
    kind: 'query' | 'answer' | 'timeout',
  ])[]
}
