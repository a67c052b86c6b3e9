import type { Micros } from '../core/time.ts'

/**
 * Begins something on every node: at once on the first of each family, on each further one when the one before it is through (`next`), so
 * that those of one network do not ask the same nodes at the same time (BEP 45).
 */
export function inTurns<Member extends { readonly family: 4 | 6 }>(
  now: Micros,
  members: readonly Member[],
  begin: (now: Micros, member: Member, next: (now: Micros) => void) => void,
): void {
  for (const family of [4, 6] as const) {
    const waiting = members.filter((member) => member.family === family)
    const next = (at: Micros): void => {
      const member = waiting.shift()
      if (member !== undefined) begin(at, member, next)
    }
    next(now)
  }
}
