#!/usr/bin/env node
/** The program: joins `run` to the process. */
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import {
  createTorrent,
  followTorrent,
  open,
  parseItemLink,
  parseMagnet,
  parseTorrent,
  planDownload,
  probe,
  readTorrent,
  saveTorrent,
} from '../index.ts'
import { COMMANDS } from './commands.ts'
import { tuneEngine } from './engine.ts'
import { explain, run } from './run.ts'
import { Stopped, watchSignals } from './stopping.ts'
import { clean } from './text.ts'

function version(): string {
  const require = createRequire(import.meta.url)
  return (require('lodestone/package.json') as { version: string }).version
}

function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms)
  return () => clearInterval(timer)
}

/** Leaves once standard output has taken everything; a success of which the result was lost is none. */
function leave(code: number): void {
  process.stdout.write('', (error) => {
    // What just failed is told here before it is an event.
    if (error) noteFailure(error)
    if (code === 0 && lost !== undefined) crash(lost)
    process.exit(code)
  })
}

/** Standard output failed: `EPIPE` when its reader has seen enough, else what was to be there is lost. */
function noteFailure({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') lost ??= new Stopped('output')
  stop.abort(lost ?? new Stopped('pipe'))
}

function crash(error: unknown): void {
  const { message, status } = explain(error)
  process.stderr.write(`lodestone: ${clean(message)}\n`)
  process.exit(status)
}

tuneEngine()
const stop = new AbortController()
let lost: Stopped | undefined
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
process.stdout.on('error', noteFailure)
process.stderr.on('error', () => {})
watchSignals(process, stop, (code) => process.exit(code))

const code = await run(process.argv.slice(2), COMMANDS, {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => performance.now(),
  every,
  stop: stop.signal,
  library: {
    open,
    createTorrent,
    readTorrent,
    saveTorrent,
    parseMagnet,
    followTorrent,
    parseItemLink,
    parseTorrent,
    planDownload,
    probe,
  },
  version: version(),
})
leave(code)
