import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scriptText } from './html.ts'

/** Below what imports them. */
const MODULES = ['theme', 'charts', 'ring', 'piece-grid', 'player', 'main']

/** The plotting library for a page, as one script that makes `Chart` known; `page/chart-library.d.ts` has its types. */
export function libraryScript(): string {
  // The package names only its modules; the file for pages lies beside them.
  const folder = dirname(createRequire(import.meta.url).resolve('chart.js'))
  const text = readFileSync(join(folder, 'chart.umd.min.js'), 'utf8')
  return scriptText(text.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
}

/** The page's own modules as one: they import nothing but each other, and no name is in two of them. */
export function pageScript(): string {
  const folder = fileURLToPath(new URL('./page', import.meta.url))
  const texts = MODULES.map((name) => readFileSync(join(folder, `${name}.js`), 'utf8'))
  return scriptText(
    texts.map((text) => text.replace(/^import .*$/gm, '').replace(/^export /gm, '')).join('\n'),
  )
}
