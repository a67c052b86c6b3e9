import process from 'node:process'
import type { PlantedLine } from '../sim/planted-hooks.ts'

const REGISTER = new URL('./plant-register.ts', import.meta.url)
const TSX = import.meta.resolve('tsx')

/** The environment of a process of Node.js that loads the source, TypeScript or built, with this line in the place of another. */
export function planted(line: PlantedLine): NodeJS.ProcessEnv {
  const env = unplanted()
  const flags = `${env['NODE_OPTIONS']} --import ${REGISTER.href}`
  return { ...env, NODE_OPTIONS: flags, PLANTED: JSON.stringify(line) }
}

/** The same without anything planted. */
export function unplanted(): NodeJS.ProcessEnv {
  // A test runner that finds itself below another leaves its verdict to that one.
  const { NODE_TEST_CONTEXT: _above, ...env } = process.env
  // With a heap of a given size, the simulator needs no second process.
  return { ...env, NODE_OPTIONS: `--import ${TSX} --max-old-space-size=2048` }
}
