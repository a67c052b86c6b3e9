import { execFileSync } from 'node:child_process'
import { Program } from './program.ts'

/**
 * A network namespace that holds a loopback device and nothing else: 127.0.0.0/8, and 10.77.1.0/24 for programs that refuse
 * loopback addresses. Nothing that runs in it can reach any other machine. It is gone when its owner is.
 */
export class PrivateNetwork {
  readonly #holder: Program
  readonly #enter: readonly string[]

  private constructor(holder: Program, asUser: boolean) {
    this.#holder = holder
    const user = asUser ? ['--user', '--preserve-credentials'] : []
    // The last word makes a program die with us even when we are killed.
    this.#enter = [
      ...['nsenter', '--target', String(holder.pid), '--net', ...user, '--'],
      ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ]
  }

  static async open(): Promise<PrivateNetwork> {
    const asUser = process.getuid?.() !== 0
    const script = 'ip link set lo up && ip address add 10.77.1.1/24 dev lo && echo up && exec cat'
    const holder = new Program('network', [...unshare(asUser), 'sh', '-c', script])
    await holder.line('up', (line) => line === 'up', 10_000)
    return new PrivateNetwork(holder, asUser)
  }

  /** Why no such network can be had here; `undefined` when it can. */
  static obstacle(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces (Linux only)'
    try {
      const command = [...unshare(process.getuid?.() !== 0), 'ip', 'link', 'set', 'lo', 'up']
      execFileSync(command[0]!, command.slice(1), { stdio: 'ignore' })
      execFileSync('setpriv', ['--version'], { stdio: 'ignore' })
      return undefined
    } catch {
      return 'network namespaces (root, or unprivileged user namespaces, and the package iproute2)'
    }
  }

  /** The command that runs `command` inside. */
  inside(command: readonly string[]): string[] {
    return [...this.#enter, ...command]
  }

  async close(): Promise<void> {
    await this.#holder.stop()
  }
}

function unshare(asUser: boolean): string[] {
  return asUser ? ['unshare', '--map-root-user', '--net', '--'] : ['unshare', '--net', '--']
}
