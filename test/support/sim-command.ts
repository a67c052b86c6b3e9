import { commandLine } from '../../sim/commands/command-line.ts'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The simulator's command line within this process: starting one takes half a second. `told`: each text of standard output as it is said. */
export async function simCommand(
  args: readonly string[],
  told: (text: string) => void = () => {},
): Promise<Ended> {
  let [out, err] = ['', '']
  const code = await commandLine(args, {
    out: (text) => {
      out += text
      told(text)
    },
    err: (text) => {
      err += text
    },
  })
  return { code, out, err }
}
