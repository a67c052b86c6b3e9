import type { Laboratory } from './laboratory.ts'

/** What the kernel itself says on each link, whoever runs there: where it is, and which groups it is in. */
const OWN_WORDS =
  'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report }'

/** Counts what leaves the laboratory's network, or goes round within it: what `rule` (of nftables) matches, and all else. */
export class TrafficCount {
  readonly #lab: Laboratory

  private constructor(lab: Laboratory) {
    this.#lab = lab
  }

  static async start(lab: Laboratory, rule: string): Promise<TrafficCount> {
    const rules = `table inet count {
      counter matched {}
      counter other {}
      chain out {
        type filter hook output priority 0;
        ${OWN_WORDS} accept
        ${rule} counter name matched accept
        counter name other
      }
    }`
    await lab.call(['nft', rules], 10_000)
    return new TrafficCount(lab)
  }

  /** Packets so far. */
  async read(): Promise<{ readonly matched: number; readonly other: number }> {
    const of = async (name: string): Promise<number> => {
      const told = await this.#lab.call(['nft', 'list', 'counter', 'inet', 'count', name], 10_000)
      return Number(/packets (\d+)/.exec(told)![1])
    }
    return { matched: await of('matched'), other: await of('other') }
  }
}
