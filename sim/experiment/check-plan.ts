import type { Fault } from './faults.ts'
import type { Step } from './scenario.ts'

const KINDS: Readonly<Record<Fault['kind'], true>> = {
  crash: true,
  manner: true,
  cut: true,
  clog: true,
  impairment: true,
  disk: true,
}

/** Throws at a step or a fault that would never come, or do nothing: a run that passes without it would tell nothing. */
export function refuseStrangePlan(steps: readonly Step[], faults: readonly Fault[], duration: number): void {
  for (const { at } of steps) {
    if (!(at >= 0 && at <= duration))
      throw new Error(`a step of the timeline is planned for second ${at} of ${duration}`)
  }
  for (const { kind, from, until } of faults) {
    if (!Object.hasOwn(KINDS, kind)) throw new Error(`there is no fault of the kind ${kind}`)
    if (!(from >= 0 && from <= duration && until > from))
      throw new Error(`a ${kind} is planned from second ${from} to ${until} of ${duration}`)
  }
}
