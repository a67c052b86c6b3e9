import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

/** A link between both networks: the laboratory's end and its address, and the addresses of the other end, all of one /24. */
export interface Cable {
  readonly name: string
  readonly inside: string
  readonly outside: readonly string[]
}

/** Where a network is joined. */
export interface Place {
  /** To another one than the laboratory's. */
  readonly from?: Outside
  /** Its way to everywhere else leads through that, and not the other way round. */
  readonly behind?: boolean
}

/** A network beside the laboratory's, joined to it by cables alone: what the laboratory sends, goes through one of them. */
export class Outside {
  readonly #lab: Laboratory
  readonly #enter: readonly string[]

  private constructor(lab: Laboratory, holder: Program) {
    this.#lab = lab
    this.#enter = ['nsenter', '--target', String(holder.pid), '--net', '--']
  }

  /** The first cable is the way to everywhere else: to who is not there, and to whoever answers names. */
  static async join(lab: Laboratory, cables: readonly Cable[], place: Place = {}): Promise<Outside> {
    const script = 'ip link set lo up && echo up && exec cat'
    const holder = lab.start('outside', ['unshare', '--net', '--', 'sh', '-c', script])
    await holder.line('up', (line) => line === 'up', 10_000)
    const outside = new Outside(lab, holder)
    const near = place.from?.inside ?? ((command: readonly string[]): readonly string[] => command)
    const call = (command: readonly string[]): Promise<string> => lab.call(command, 10_000)
    for (const { name, inside, outside: others } of cables) {
      const far = ['peer', name, 'netns', String(holder.pid)]
      await call(near(['ip', 'link', 'add', name, 'type', 'veth', ...far]))
      await call(near(['sh', '-c', up(name, [inside])]))
      await call(outside.inside(['sh', '-c', up(name, others)]))
    }
    const [first] = cables
    const route = (via: string): string[] => ['ip', 'route', 'add', 'default', 'via', via]
    await call(place.behind ? outside.inside(route(first!.inside)) : near(route(first!.outside[0]!)))
    return outside
  }

  /** Hands on what is for others, behind its own address where that leaves by `wan`. */
  async route(wan?: string): Promise<void> {
    await this.#lab.call(this.inside(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']), 10_000)
    if (wan === undefined) return
    const rules = `table ip nat {
      chain out {
        type nat hook postrouting priority 100;
        oifname "${wan}" masquerade
      }
    }`
    await this.#lab.call(this.inside(['nft', rules]), 10_000)
  }

  /** The command that runs `command` there. */
  readonly inside = (command: readonly string[]): readonly string[] => [...this.#enter, ...command]

  start(name: string, command: readonly string[]): Program {
    return this.#lab.start(name, this.inside(command))
  }
}

function up(name: string, addresses: readonly string[]): string {
  const each = addresses.map((address) => `ip address add ${address}/24 dev ${name}`)
  return [...each, `ip link set ${name} up`].join(' && ')
}
