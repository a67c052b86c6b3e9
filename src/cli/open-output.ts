import { Display } from './display.ts'
import { JsonLines } from './json-lines.ts'
import type { Output, OutputInit } from './output.ts'
import { Plain } from './plain.ts'

/** The renderer that fits: JSON where asked for, the live view on a terminal that can draw it, else plain lines. */
export function openOutput(
  init: OutputInit,
  json: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Output {
  if (json) return new JsonLines(init)
  const { TERM, NO_COLOR = '' } = env
  if (init.stdout.isTTY !== true || TERM === 'dumb') return new Plain(init)
  return new Display({ ...init, colour: NO_COLOR === '' })
}
