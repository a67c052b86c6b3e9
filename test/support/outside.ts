import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

/** A link between both networks: the laboratory's end and its address, and the addresses of the other end, all of one /24. */
export interface Cable {
  readonly name: string
  readonly inside: string
  readonly outside: readonly string[]
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
  static async join(lab: Laboratory, cables: readonly Cable[]): Promise<Outside> {
    const script = 'ip link set lo up && echo up && exec cat'
    const holder = lab.start('outside', ['unshare', '--net', '--', 'sh', '-c', script])
    await holder.line('up', (line) => line === 'up', 10_000)
    const outside = new Outside(lab, holder)
    for (const { name, inside, outside: others } of cables) {
      await lab.call(
        ['ip', 'link', 'add', name, 'type', 'veth', 'peer', name, 'netns', String(holder.pid)],
        10_000,
      )
      await lab.call(['sh', '-c', up(name, [inside])], 10_000)
      await lab.call([...outside.#enter, 'sh', '-c', up(name, others)], 10_000)
    }
    await lab.call(['ip', 'route', 'add', 'default', 'via', cables[0]!.outside[0]!], 10_000)
    return outside
  }

  start(name: string, command: readonly string[]): Program {
    return this.#lab.start(name, [...this.#enter, ...command])
  }
}

function up(name: string, addresses: readonly string[]): string {
  const each = addresses.map((address) => `ip address add ${address}/24 dev ${name}`)
  return [...each, `ip link set ${name} up`].join(' && ')
}
