import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LAYERS } from './layers.ts'
import { RULES } from './rules.ts'
import { ROOT, readTree } from './source-tree.ts'

const tree = readTree()

describe('the house', () => {
  it('is read whole: every layer has files, and they import one another', () => {
    for (const { place } of Object.values(LAYERS)) {
      assert.ok(
        [...tree.sources.keys()].some((path) => path.startsWith(place)),
        `${place} is empty`,
      )
    }
    const imports = [...tree.sources.values()].reduce((sum, source) => sum + source.imports.length, 0)
    assert.ok(imports > 2 * tree.sources.size, `${imports} imports in ${tree.sources.size} files`)
  })

  for (const [name, rule] of Object.entries(RULES)) {
    it(name, () => assert.deepEqual(rule(tree), []))
  }

  it('is drawn for the compiler by the same arrows', () => {
    for (const [name, { place, mayImport, pure }] of Object.entries(LAYERS)) {
      if (name === 'index' || name === 'cli' || name === 'sim') continue
      const config = JSON.parse(readFileSync(join(ROOT, place, 'tsconfig.json'), 'utf8'))
      const references = config.references.map(({ path }: { path: string }) => path.replace('../../src/', ''))
      assert.deepEqual(references, mayImport, name)
      assert.equal(config.compilerOptions.types, pure ? undefined : config.compilerOptions.types, name)
      assert.equal(config.compilerOptions.lib, undefined, name)
    }
  })
})
