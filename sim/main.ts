#!/usr/bin/env node
/** The program `lodestone-sim`: joins the command line to the process. */
import process from 'node:process'
import { inRoomyProcess } from './commands/roomy-process.ts'

const args = process.argv.slice(2)
// What runs scenarios gets the memory that there is; for the rest a second process would be a waste.
process.exitCode = await ((args[0] === 'run' ? inRoomyProcess() : undefined) ?? here())

async function here(): Promise<number> {
  const { commandLine } = await import('./commands/command-line.ts')
  return commandLine(args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    ...(process.stdout.isTTY ? { screen: process.stdout } : {}),
  })
}
