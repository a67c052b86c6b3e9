import { fileURLToPath } from 'node:url'
import type { Laboratory } from './laboratory.ts'
import type { Program, ProgramOptions } from './program.ts'

/** As `npm run build` leaves it: what a user starts. */
export const OUR_COMMAND: string = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))

export type JsonLine = { readonly event: string; readonly at: number } & Readonly<Record<string, unknown>>

/** Our own command line inside a laboratory, speaking JSON lines. */
export class LodestoneProgram {
  readonly program: Program

  private constructor(program: Program) {
    this.program = program
  }

  /** `at`: where it runs. */
  static start(
    at: Pick<Laboratory, 'start'>,
    name: string,
    args: readonly string[],
    options: ProgramOptions = {},
  ): LodestoneProgram {
    const command = [process.execPath, OUR_COMMAND, ...args, '--json']
    return new LodestoneProgram(at.start(`lodestone ${name}`, command, options))
  }

  /** The first line of that event, already said or still to come. */
  async event(event: string, timeoutMs: number): Promise<JsonLine> {
    const line = await this.program.line(`event ${event}`, (text) => parse(text)?.event === event, timeoutMs)
    return parse(line)!
  }

  /** The first line that tells of the peer of that host, already said or still to come. */
  async peer(host: string, timeoutMs: number): Promise<JsonLine> {
    const matches = (text: string): boolean => {
      const line = parse(text)
      return line?.event === 'peer' && line['host'] === host
    }
    return parse(await this.program.line(`peer ${host}`, matches, timeoutMs))!
  }

  /** Resolves once a figure of its progress is so high. */
  async progress(figure: 'peers' | 'punched', least: number, timeoutMs: number): Promise<void> {
    const matches = (text: string): boolean => {
      const line = parse(text)
      return line?.event === 'progress' && Number(line[figure]) >= least
    }
    await this.program.line(`${figure} ${least}`, matches, timeoutMs)
  }

  /** Every line of that event so far. */
  events(event: string): JsonLine[] {
    const lines = this.program.linesMatching((text) => parse(text)?.event === event)
    return lines.map((text) => parse(text)!)
  }
}

function parse(line: string): JsonLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as JsonLine
  } catch {
    return undefined
  }
}
