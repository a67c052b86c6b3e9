import { SECOND } from '../../src/core/time.ts'
import type { DiskFaults } from '../hosts/disk.ts'
import type { Fault } from './faults.ts'
import type { Stage } from './stage.ts'

/** Lets the faults of a scenario begin and end. What is wrong at a moment is a function of the faults that are active then. */
export class FaultSchedule {
  readonly #stage: Stage<unknown>
  readonly #active = new Set<Fault>()
  /** How the disks were that faults have touched, by host. */
  readonly #soundDisks = new Map<number, DiskFaults>()
  #stopped = false

  constructor(stage: Stage<unknown>, faults: readonly Fault[]) {
    this.#stage = stage
    for (const fault of faults) {
      stage.world.at(Math.floor(fault.from * SECOND), () => this.#begin(fault))
      stage.world.at(Math.floor(fault.until * SECOND), () => this.#end(fault))
    }
  }

  /** Ends what is active, and lets nothing begin any more. */
  stop(): void {
    this.#stopped = true
    for (const fault of [...this.#active]) this.#end(fault)
  }

  #begin(fault: Fault): void {
    if (this.#stopped) return
    this.#active.add(fault)
    if (fault.kind === 'crash') {
      const member = this.#stage.members[fault.host - 1]!
      this.#stage.kill(member)
      if (fault.power === true) member.host.disk.crash()
    } else this.#apply(fault)
  }

  #end(fault: Fault): void {
    if (!this.#active.delete(fault)) return
    if (fault.kind === 'crash') {
      const member = this.#stage.members[fault.host - 1]!
      const still = [...this.#active].some((one) => one.kind === 'crash' && one.host === fault.host)
      if (!still && !member.isUp) this.#stage.boot(member)
    } else this.#apply(fault)
  }

  /** Brings what `fault` touches to how it is under all active faults. */
  #apply(fault: Exclude<Fault, { kind: 'crash' }>): void {
    for (const index of fault.hosts) {
      const host = this.#stage.world.hosts[index - 1]!
      if (fault.kind === 'manner') {
        const manners = this.#activeOn(index).flatMap((one) => (one.kind === 'manner' ? [one.manner] : []))
        host.manner = manners.at(-1) ?? 'open'
      } else {
        const sound = this.#soundDisks.get(index) ?? { ...host.disk.faults }
        this.#soundDisks.set(index, sound)
        const disks = this.#activeOn(index).flatMap((one) => (one.kind === 'disk' ? [one.faults] : []))
        Object.assign(host.disk.faults, sound, ...disks)
      }
    }
  }

  #activeOn(index: number): Exclude<Fault, { kind: 'crash' }>[] {
    return [...this.#active]
      .filter((one) => one.kind !== 'crash')
      .filter(({ hosts }) => hosts.includes(index))
  }
}
