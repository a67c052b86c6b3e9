import { SECOND } from '../../src/core/time.ts'
import type { DiskFaults } from '../hosts/disk.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import { impairment } from '../network/impairment.ts'
import type { Manner } from '../network/site.ts'
import type { Fault } from './faults.ts'
import type { Stage } from './stage.ts'

type Of<K extends Fault['kind']> = Extract<Fault, { readonly kind: K }>

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
    this.#stage.world.network.heal()
  }

  #begin(fault: Fault): void {
    if (this.#stopped) return
    this.#active.add(fault)
    this.#apply(fault, true)
  }

  #end(fault: Fault): void {
    if (this.#active.delete(fault)) this.#apply(fault, false)
  }

  /** Brings what `fault` touches to how it is under all active faults. */
  #apply(fault: Fault, begins: boolean): void {
    switch (fault.kind) {
      case 'crash':
        if (begins) this.#crash(fault)
        else this.#restart(fault.host)
        break
      case 'cut':
      case 'clog':
        // The network ends it by itself.
        if (begins) this.#between(fault)
        break
      case 'impairment':
        this.#impair()
        break
      case 'manner':
        for (const index of fault.hosts) this.#hostOf(index).manner = this.#mannerOf(index)
        break
      case 'disk':
        for (const index of fault.hosts) this.#spoilDisk(index)
        break
    }
  }

  #crash({ host, power = false, torn = 0 }: Of<'crash'>): void {
    const member = this.#stage.members[host - 1]!
    this.#stage.kill(member)
    if (power) member.host.disk.crash(torn)
  }

  #restart(host: number): void {
    const member = this.#stage.members[host - 1]!
    const isDown = this.#activeOf('crash').some((one) => one.host === host)
    if (!isDown && !member.isUp) this.#stage.boot(member)
  }

  #between(fault: Of<'cut'> | Of<'clog'>): void {
    const span = { from: fault.senders, to: fault.receivers, end: Math.floor(fault.until * SECOND) }
    const { network } = this.#stage.world
    if (fault.kind === 'cut') network.cut(span)
    else
      network.clog({
        ...span,
        delay: fault.delay ?? 0,
        ...(fault.rate === undefined ? {} : { rate: fault.rate }),
      })
  }

  #impair(): void {
    const { network } = this.#stage.world
    const shares = this.#activeOf('impairment').map((one) => one.shares)
    network.impairment = impairment(Object.assign({}, network.options, ...shares))
  }

  #mannerOf(index: number): Manner {
    return this.#activeOf('manner').findLast(({ hosts }) => hosts.includes(index))?.manner ?? 'open'
  }

  #spoilDisk(index: number): void {
    const { faults } = this.#hostOf(index).disk
    const sound = this.#soundDisks.get(index) ?? { ...faults }
    this.#soundDisks.set(index, sound)
    const own = this.#activeOf('disk').filter(({ hosts }) => hosts.includes(index))
    Object.assign(faults, sound, ...own.map((one) => one.faults))
  }

  #activeOf<K extends Fault['kind']>(kind: K): Of<K>[] {
    return [...this.#active].filter((one): one is Of<K> => one.kind === kind)
  }

  #hostOf(index: number): SimHost {
    return this.#stage.world.hosts[index - 1]!
  }
}
