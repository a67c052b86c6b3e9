import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Member } from './member.ts'
import type { Stage } from './stage.ts'

export interface Ban {
  readonly by: Member
  readonly of: Member
  readonly at: Micros
}

/** Who banned whom, among the members. */
export class Bans {
  readonly all: Ban[] = []

  constructor(stage: Stage<unknown>) {
    const memberAt = new Map(stage.members.map((member) => [member.host.host, member]))
    stage.listen((by, event) => {
      if (event.kind !== 'warning' || event.code !== 'peer/banned') return
      const of = event.address === undefined ? undefined : memberAt.get(event.address.host)
      if (of !== undefined) this.all.push({ by, of, at: stage.now })
    })
  }

  /** Bans of the honest by the honest, or of the hostile. */
  of(kind: 'honest' | 'hostile'): readonly Ban[] {
    return this.all.filter(({ by, of }) => {
      return by.group.isHostile !== true && (of.group.isHostile === true) === (kind === 'hostile')
    })
  }

  /** Seconds from the liar's arrival, or the victim's if that was later, to each ban of the hostile. */
  get secondsToBan(): readonly number[] {
    return this.of('hostile').map(({ by, of, at }) => (at - Math.max(by.arrivedAt!, of.arrivedAt!)) / SECOND)
  }
}
