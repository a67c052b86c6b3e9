import process from 'node:process'
import type { PlantedLine } from '../sim/planted-hooks.ts'

const REGISTER = new URL('./plant-register.ts', import.meta.url)
const TSX = import.meta.resolve('tsx')

/** The environment of a process of Node.js that loads the source, TypeScript or built, with this line in the place of another. */
export function planted(line: PlantedLine): NodeJS.ProcessEnv {
  const flags = `--import ${TSX} --import ${REGISTER.href}`
  return { ...process.env, NODE_OPTIONS: flags, PLANTED: JSON.stringify(line) }
}

/** The same without anything planted. */
export function unplanted(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: `--import ${TSX}` }
}
