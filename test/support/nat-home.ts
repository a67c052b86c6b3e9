import type { Laboratory } from './laboratory.ts'
import type { Program, ProgramOptions } from './program.ts'

/** The network of documentation addresses that all are on: global ones to whoever looks at scopes (RFC 5737). */
const NETWORK = '198.51.100'
const BRIDGE = 'wan'
const INSIDE = '10.99.0'

/**
 * What a box at home does: hides its inside behind its own address, and neither lets in nor answers what nobody inside has asked for. An answer
 * would take the port that the inside is to have towards that remote.
 */
const RULES = `table ip home {
  chain hide { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
  chain through { type filter hook forward priority filter; iifname "wan" ct state new drop; }
  chain itself { type filter hook input priority filter; iifname "wan" ct state new drop; }
}`

/** A host behind a real translator of its own (nftables), in network namespaces inside a laboratory; gone when that is. */
export class NatHome {
  /** Its address inside. */
  readonly host: string = `${INSIDE}.2`
  /** How others see it. */
  readonly outside: string
  readonly #lab: Laboratory
  readonly #enter: readonly string[]

  private constructor(lab: Laboratory, outside: string, pid: number) {
    this.#lab = lab
    this.outside = outside
    this.#enter = enter(pid)
  }

  /** The network outside, where the laboratory's own programs have these addresses, by their last number. */
  static async lay(lab: Laboratory, ...numbers: number[]): Promise<string[]> {
    const hosts = numbers.map((number) => `${NETWORK}.${number}`)
    const commands = [
      `ip link add ${BRIDGE} type bridge`,
      `ip link set ${BRIDGE} up`,
      ...hosts.map((host) => `ip address add ${host}/24 dev ${BRIDGE}`),
    ]
    await lab.call(['sh', '-c', commands.join(' && ')], 10_000)
    return hosts
  }

  /** A box with the outside address of that last number, and a host behind it. */
  static async build(lab: Laboratory, number: number): Promise<NatHome> {
    const outside = `${NETWORK}.${number}`
    const box = await namespace(lab, `box ${number}`)
    const host = await namespace(lab, `host ${number}`)
    await call(lab, undefined, [
      `ip link add port${number} type veth peer name wan netns ${box}`,
      `ip link set port${number} master ${BRIDGE} up`,
    ])
    await call(lab, box, [
      'ip link set lo up',
      `ip address add ${outside}/24 dev wan`,
      'ip link set wan up',
      `ip link add home type veth peer name lan netns ${host}`,
      `ip address add ${INSIDE}.1/24 dev home`,
      'ip link set home up',
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      `nft '${RULES}'`,
    ])
    await call(lab, host, [
      'ip link set lo up',
      `ip address add ${INSIDE}.2/24 dev lan`,
      'ip link set lan up',
      `ip route add default via ${INSIDE}.1`,
    ])
    return new NatHome(lab, outside, host)
  }

  /** Starts a program on the host. */
  start(name: string, command: readonly string[], options: ProgramOptions = {}): Program {
    return this.#lab.start(name, [...this.#enter, ...command], options)
  }
}

/** A network namespace that lives as long as its program, by whose number it is entered. */
async function namespace(lab: Laboratory, name: string): Promise<number> {
  const holder = lab.start(name, ['unshare', '--net', '--', 'sh', '-c', 'echo "pid $$" && exec cat'])
  const line = await holder.line('its number', (said) => said.startsWith('pid '), 10_000)
  return Number(line.slice('pid '.length))
}

function enter(pid: number): string[] {
  return ['nsenter', '--target', String(pid), '--net', '--']
}

/** `pid` undefined: in the laboratory itself. */
async function call(lab: Laboratory, pid: number | undefined, commands: readonly string[]): Promise<void> {
  const script = ['sh', '-c', commands.join(' && ')]
  await lab.call(pid === undefined ? script : [...enter(pid), ...script], 10_000)
}
