/** Why nothing moves: the first cause that holds, in the order in which a download meets them. */
export interface Circumstances {
  readonly trouble: string | undefined
  readonly waitingForFolder: boolean
  readonly moving: boolean
  readonly dht: boolean
  readonly contacts: number
  readonly candidates: number
  readonly connected: number
  /** Connected peers that have pieces which we lack (before the metadata: that have the metadata). */
  readonly useful: number
  /** Of those, the ones that let us request. */
  readonly unchoking: number
  readonly metadata: boolean
}

/** One phrase, empty while data moves. */
export function whyNothingMoves(now: Circumstances): string {
  if (now.trouble !== undefined) return now.trouble
  if (now.waitingForFolder) return 'the folder is not there'
  if (now.moving) return ''
  if (now.connected === 0 && now.candidates === 0) {
    if (now.dht && now.contacts === 0) return 'no DHT node answers'
    return 'no peers found yet'
  }
  if (now.connected === 0) return 'none of the peers answers'
  if (now.useful === 0) {
    return now.metadata ? 'no connected peer has the missing pieces' : 'no connected peer has the metadata'
  }
  if (!now.metadata) return ''
  if (now.unchoking === 0) return 'all peers are choking'
  return 'the peers send nothing'
}
