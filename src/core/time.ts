/** Below the face, time is a whole number of microseconds on a monotonic clock. */
export type Micros = number

export const MILLISECOND = 1_000
export const SECOND = 1_000_000
export const MINUTE: number = 60 * SECOND
/** No deadline. */
export const NEVER: number = Number.POSITIVE_INFINITY
