import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The program that a run's outcome depends on. */
export interface CodeVersion {
  /** SHA-256 in hex of the simulator's and the nodes' files, and of the versions of the packages they use. */
  readonly digest: string
  /** The major version of Node.js. */
  readonly node: number
}

/** What only starts, spreads, shows or judges runs: a change there makes no run another. */
const OUTSIDE_THE_RUN = /^(?:src\/cli|sim\/(?:commands|look|sweep|validation))\//

let known: CodeVersion | undefined

/** The version of this very program, from its files; read once. Built and from source it is not the same. */
export function codeVersion(): CodeVersion {
  known ??= { digest: digestOfFiles(), node: Number.parseInt(process.versions.node, 10) }
  return known
}

function digestOfFiles(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const manifest = fileURLToPath(
    new URL(suffix === '.js' ? '../../../package.json' : '../../package.json', import.meta.url),
  )
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: object }
  const digest = createHash('sha256').update(JSON.stringify(dependencies))
  for (const folder of ['src', 'sim']) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(suffix) && !entry.name.endsWith('.d.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
    const byName = files.map((file) => ({ file, name: relative(root, file).split(sep).join('/') }))
    for (const { file, name } of byName.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (OUTSIDE_THE_RUN.test(name)) continue
      digest.update(`\n${name}\n`).update(readFileSync(file))
    }
  }
  return digest.digest('hex')
}
