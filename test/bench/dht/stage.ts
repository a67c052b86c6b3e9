import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OUR_COMMAND } from '../../support/lodestone.ts'
import { Program } from '../../support/program.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { pinned, python, pythonWith } from '../commands.ts'

const HERE = import.meta.dirname
const FOREIGN = fileURLToPath(new URL('../../support/foreign-dht.ts', import.meta.url))
/** Taken by nobody else at the addresses that are used here. */
const PORT = 20_017
const ENTRY = `127.61.0.2:${PORT}`
/** Of the nodes that are measured, and of all that measures them. */
const NODE_CORE = '0'
const OTHER_CORE = '1'

/** A place where a node, or what stands for one, is asked. */
export interface Place {
  readonly name: string
  readonly host: string
  readonly port: number
  /** It sends back what comes. */
  readonly echo: boolean
}

/** What is measured and what measures it, each program on the core that is meant for it, all of them gone at the end. */
export class Stage {
  readonly #folder: string
  readonly #programs: Program[] = []
  #places = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static run<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
    return inTempFolder(async (folder) => {
      const stage = new Stage(folder)
      try {
        return await play(stage)
      } catch (error) {
        const logs = stage.#programs.map((program) => program.report()).join('\n')
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs}`, {
          cause: error,
        })
      } finally {
        await Promise.all(stage.#programs.map((program) => program.stop()))
      }
    })
  }

  /** A network of our own nodes that the others join. */
  async population(nodes: number): Promise<void> {
    const program = this.start(
      'population',
      OTHER_CORE,
      script(join(HERE, 'population-job.ts'), [nodes, PORT]),
    )
    await program.line('ready', isReady, 120_000)
  }

  /** The built command `node`. */
  async ours(...options: readonly string[]): Promise<{ readonly place: Place; readonly program: Program }> {
    const place = this.#place('ours')
    const state = join(this.#folder, place.host)
    await mkdir(state)
    const where = ['--bind', place.host, '--port', String(PORT), '--bootstrap', ENTRY, '--state', state]
    const command = [process.execPath, OUR_COMMAND, 'node', ...where, ...options, '--json']
    const program = this.start('ours', NODE_CORE, command)
    await program.line('event ready', (line) => line.startsWith('{"event":"ready"'), 60_000)
    return { place, program }
  }

  async foreign(): Promise<Place> {
    const place = this.#place('bittorrent-dht')
    const [prefix, last] = [place.host.replace(/\d+$/, ''), place.host.split('.').at(-1)!]
    const program = this.start(place.name, NODE_CORE, script(FOREIGN, [prefix, last, 1, PORT, ENTRY]))
    await program.line('ready', isReady, 60_000)
    return place
  }

  /** A sentence instead of a place says what is missing. */
  async libtorrent(): Promise<Place | string> {
    const found = pythonWith('libtorrent')
    if (found === undefined) {
      return 'libtorrent is left out, for want of its Python module. To have it: sudo apt-get install python3-libtorrent'
    }
    const place = this.#place('libtorrent')
    const command = [found, join(HERE, 'libtorrent-node.py'), place.host, String(PORT), ...ENTRY.split(':')]
    const program = this.start(place.name, NODE_CORE, command)
    await program.line('ready', isReady, 60_000)
    return place
  }

  /** A bare echo on Node.js. */
  async echo(): Promise<Place> {
    const place: Place = { ...this.#place('bare echo'), echo: true }
    const program = this.start(place.name, NODE_CORE, script(join(HERE, 'echo-job.ts'), [place.host, PORT]))
    await program.line('ready', isReady, 20_000)
    return place
  }

  /** What sends back in batches: the load's own limit. */
  async sink(): Promise<Place> {
    const place: Place = { ...this.#place('sink'), echo: true }
    const command = [python(), join(HERE, 'load.py'), 'reflect', place.host, String(PORT)]
    const program = this.start(place.name, NODE_CORE, command)
    await program.line('ready', isReady, 20_000)
    return place
  }

  /** Python beside what is measured, with lines to read and to write. */
  load(file: string, ...args: readonly string[]): Program {
    return this.start('load', OTHER_CORE, [python(), join(HERE, file), ...args])
  }

  start(name: string, core: string, command: readonly string[]): Program {
    const program = new Program(name, pinned(core, command))
    this.#programs.push(program)
    return program
  }

  #place(name: string): Place {
    this.#places += 1
    return { name, host: `127.60.0.${this.#places}`, port: PORT, echo: false }
  }
}

const isReady = (line: string): boolean => line === 'ready' || line.startsWith('ready ')

function script(file: string, args: readonly (string | number)[]): string[] {
  return [process.execPath, '--import', 'tsx', file, ...args.map(String)]
}
