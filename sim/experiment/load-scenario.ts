import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { usageError } from '../../src/core/errors.ts'
import { catalogue } from './catalogue.ts'
import { faultOf } from './check-scenario.ts'
import type { Scenario } from './scenario.ts'

/**
 * The scenario of this name in the catalogue, or the default export of the module at this path. A module is code of whoever
 * names it: it runs with all rights of the process. Throws a usage error.
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const known = catalogue.find(({ name }) => name === nameOrPath)
  if (known !== undefined) return known
  if (!/\.(?:mjs|js|mts|ts)$/.test(nameOrPath)) {
    const names = catalogue.map(({ name }) => name).join(', ')
    throw usageError('sim/no-scenario', `There is no scenario ${nameOrPath}; there are ${names}.`)
  }
  const path = resolve(nameOrPath)
  if (!existsSync(path)) throw usageError('sim/no-file', `There is no file ${nameOrPath}.`)
  let module: { readonly default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw usageError('sim/bad-module', `The module ${nameOrPath} cannot be loaded: ${why}.`)
  }
  const fault = faultOf(module.default)
  if (fault !== undefined) {
    throw usageError(
      'sim/bad-module',
      `The module ${nameOrPath} exports no scenario as its default: ${fault}.`,
    )
  }
  return module.default as Scenario
}
