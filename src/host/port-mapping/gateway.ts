/** What stands between this machine and the open network, and can hand on what comes to one of its ports. */
export interface Gateway {
  /** Rejects when it does not, or does not answer. */
  map(request: MapRequest): Promise<Mapping>
  /** Resolves when it has answered, or should have. */
  unmap(request: MapRequest): Promise<void>
}

export interface MapRequest {
  readonly protocol: 'tcp' | 'udp'
  /** Ours. */
  readonly port: number
  /** That of the gateway, if it can be had. */
  readonly wanted: number
  /** Ends all waiting. */
  readonly signal: AbortSignal
}

export interface Mapping {
  /** Of the gateway, from 1; its literal address where it tells one. */
  readonly port: number
  readonly host: string | undefined
  /** Seconds; 0: for ever. */
  readonly lifetime: number
}

/** What is asked for: it is renewed in time, and gone soon after a crash. */
export const LIFETIME_SECONDS = 3_600
