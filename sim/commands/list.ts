import { catalogue } from '../experiment/catalogue.ts'
import type { Terminal } from './terminal.ts'

/** The scenarios, a line each, with their parameters and defaults. */
export function list(terminal: Terminal): number {
  for (const { name, description, parameters } of catalogue) {
    const defaults = Object.entries(parameters).map(([key, { fallback }]) => `${key}=${fallback}`)
    terminal.say(`${name}: ${description} (${defaults.join(' ')})`)
    terminal.tell('scenario', { name, description, parameters })
  }
  return 0
}
