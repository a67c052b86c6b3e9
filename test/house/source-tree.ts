import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSource, type Source } from './source-text.ts'

/** What the house rules look at. */
export interface Tree {
  /** By path from the project's root, with slashes. */
  readonly sources: ReadonlyMap<string, Source>
  /** The room notes, by path. */
  readonly notes: ReadonlyMap<string, string>
  readonly packages: { readonly shipped: readonly string[]; readonly development: readonly string[] }
}

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

export function readTree(root: string = ROOT): Tree {
  const sources = new Map<string, Source>()
  const notes = new Map<string, string>()
  for (const folder of ['src', 'sim', 'test']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      const path = relative(root, file).split(sep).join('/')
      if (path.endsWith('.ts')) sources.set(path, readSource(path, readFileSync(file, 'utf8')))
      if (path.endsWith('/README.md')) notes.set(path, readFileSync(file, 'utf8'))
    }
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
  return {
    sources,
    notes,
    packages: { shipped, development: [...shipped, ...Object.keys(manifest.devDependencies)] },
  }
}

/** The tree with a file put in, or put in another's place. */
export function withSource(tree: Tree, path: string, text: string): Tree {
  return { ...tree, sources: new Map([...tree.sources, [path, readSource(path, text)]]) }
}

/** The tree with lines put at the end of a file that it has. */
export function withLines(tree: Tree, path: string, lines: string): Tree {
  return withSource(tree, path, `${tree.sources.get(path)!.text}\n${lines}\n`)
}
