#!/usr/bin/env node
/** The program `lodestone-sim`: joins the command line to the process. */
import process from 'node:process'
import { commandLine } from './commands/command-line.ts'

process.exitCode = await commandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ...(process.stdout.isTTY ? { screen: process.stdout } : {}),
})
