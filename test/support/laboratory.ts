import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PrivateNetwork } from './private-network.ts'
import { Program, type ProgramOptions } from './program.ts'
import { inTempFolder } from './temp-folder.ts'

/** What an experiment with foreign programs needs: a folder, a network of its own, and programs that are all stopped at its end. */
export class Laboratory {
  readonly folder: string
  readonly #network: PrivateNetwork
  readonly #programs: Program[] = []

  private constructor(folder: string, network: PrivateNetwork) {
    this.folder = folder
    this.#network = network
  }

  /** Runs an experiment; when it fails, the error carries what every program has said. */
  static run<T>(experiment: (lab: Laboratory) => Promise<T>): Promise<T> {
    return inTempFolder(async (folder) => {
      const lab = new Laboratory(folder, await PrivateNetwork.open())
      try {
        return await experiment(lab)
      } catch (error) {
        const logs = lab.#programs.map((program) => program.report()).join('\n')
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs}`, {
          cause: error,
        })
      } finally {
        await Promise.all(lab.#programs.map((program) => program.stop()))
        await lab.#network.close()
      }
    })
  }

  /** Starts a program inside the laboratory's network. */
  start(name: string, command: readonly string[], options: ProgramOptions = {}): Program {
    const program = new Program(name, this.#network.inside(command), options)
    this.#programs.push(program)
    return program
  }

  /** Runs a command inside to its end and gives what it said; rejects unless it ended with 0 in time. */
  async call(command: readonly string[], timeoutMs: number): Promise<string> {
    const program = new Program(command[0] ?? '', this.#network.inside(command))
    try {
      await program.success(timeoutMs)
      return program.output()
    } catch (error) {
      throw new Error(program.report(), { cause: error })
    } finally {
      await program.stop()
    }
  }

  /** Gives the network IPv6 addresses (IPv4 it has by itself). */
  async addAddresses(hosts: readonly string[]): Promise<void> {
    const commands = hosts.map((host) => `ip address add ${host}/64 dev lo nodad`)
    await this.call(['sh', '-c', commands.join(' && ')], 10_000)
  }

  /** A new folder of that name. */
  async room(name: string): Promise<string> {
    const room = join(this.folder, name)
    await mkdir(room, { recursive: true })
    return room
  }
}

/** Resolves once `condition` holds, looked at four times a second; rejects after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
