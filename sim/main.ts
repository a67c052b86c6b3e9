#!/usr/bin/env node
/** The program `lodestone-sim`: joins the command line to the process. */
import process from 'node:process'
import { commandLine } from './commands/command-line.ts'
import { inRoomyProcess } from './commands/roomy-process.ts'

/** As a program is ended that writes to a reader who has left (128 + SIGPIPE). */
const NOBODY_READS = 141

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`lodestone-sim: ${error.message}\n`)
  process.exit(error.code === 'EPIPE' ? NOBODY_READS : 1)
})

// A module of the user's may end the process; that must not pass for a run whose checks hold.
let isOver = false
process.on('exit', (code) => {
  if (isOver || code !== 0) return
  process.stderr.write('lodestone-sim: Something ended the process before there was a result.\n')
  process.exitCode = 1
})

const args = process.argv.slice(2)
// What plays a scenario in its own process gets the memory that there is; for the rest a second process would be a waste.
const plays = ['run', 'bisect'].includes(args[0] ?? '')
process.exitCode = await ((plays ? inRoomyProcess() : undefined) ?? here())
isOver = true

function here(): Promise<number> {
  return commandLine(args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    ...(process.stdout.isTTY ? { screen: process.stdout } : {}),
  })
}
