import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { LAYERS } from './layers.ts'
import { ROOT } from './source-tree.ts'

/** What must not even exist below the face. */
const PROBES: Readonly<Record<string, string>> = {
  timer: 'export const probe: unknown = setTimeout(() => {}, 1)',
  buffer: 'export const probe: unknown = Buffer.alloc(1)',
  process: 'export const probe: unknown = process.pid',
  console: `console.log('probe')`,
  performance: 'export const probe: number = performance.now()',
  decoder: 'export const probe: unknown = new TextDecoder()',
  url: `export const probe: unknown = new URL('probe:')`,
  abort: 'export const probe: unknown = new AbortController()',
  microtask: 'queueMicrotask(() => {})',
  builtin: `import { readFileSync } from 'node:fs'\nexport const probe: unknown = readFileSync`,
  events: `import { EventEmitter } from 'node:events'\nexport const probe: unknown = EventEmitter`,
}

/** Importers of packages: a package's own types must not let the host in by the back door. */
const DOOR_FILES = ['src/core/address.ts', 'src/codec/bencode.ts', 'src/dht/table/routing-table.ts']

const machines = Object.entries(LAYERS).filter(([, { pure }]) => pure)

const copy = mkdtempSync(join(tmpdir(), 'lodestone-compiler-'))
after(() => rmSync(copy, { recursive: true, force: true }))

/** A file of each layer, to be imported where it must not be. */
function someFile(place: string): string {
  const name = readdirSync(join(ROOT, place)).find((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  assert.ok(name !== undefined, `${place} is empty`)
  return `../${place.replace('src/', '')}${name}`
}

function forbiddenImports(name: string): Record<string, string> {
  const { mayImport, place } = LAYERS[name]!
  const others = Object.entries(LAYERS).filter(([other]) => {
    return (
      other !== name && other !== 'index' && other !== 'cli' && other !== 'sim' && !mayImport.includes(other)
    )
  })
  assert.ok(others.length > 0, place)
  return Object.fromEntries(
    others.map(([other, layer]) => [
      `import-${other}`,
      `import type * as probe from '${someFile(layer.place)}'\nexport type Probe = typeof probe`,
    ]),
  )
}

/** One build of a copy in which every probe lies in every layer; the files with errors. */
function filesWithErrors(): Set<string> {
  for (const name of ['src', 'tsconfig.json', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  for (const [name, { place }] of machines) {
    for (const [probe, text] of Object.entries({ ...PROBES, ...forbiddenImports(name) })) {
      writeFileSync(join(copy, place, `probe-${probe}.ts`), `${text}\n`)
    }
    writeFileSync(join(copy, place, 'probe-of-nothing.ts'), 'export const probe: number = 1\n')
  }
  for (const door of DOOR_FILES) {
    assert.ok(existsSync(join(copy, door)), `${door} is missing`)
    appendFileSync(
      join(copy, door),
      'export const probe: unknown = Buffer.alloc(setTimeout(() => {}, 1) ? 1 : 0)\n',
    )
  }
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const build = spawnSync(process.execPath, [compiler, '-b', 'src/session', '--pretty', 'false'], {
    cwd: copy,
    encoding: 'utf8',
  })
  assert.notEqual(build.status, 0)
  return new Set(
    build.stdout.split('\n').flatMap((line) => /^([^(\s]+)\(\d+,\d+\): error/.exec(line)?.[1] ?? []),
  )
}

describe('the compiler', () => {
  let wrong = new Set<string>()
  before(() => {
    wrong = filesWithErrors()
  })

  for (const [name, { place }] of machines) {
    it(`refuses in ${name} whatever belongs to a host, and every import against the arrows`, () => {
      const probes = Object.keys({ ...PROBES, ...forbiddenImports(name) })
      assert.deepEqual(
        probes.filter((probe) => !wrong.has(`${place}probe-${probe}.ts`)),
        [],
      )
      assert.ok(!wrong.has(`${place}probe-of-nothing.ts`), 'refuses everything')
    })
  }

  for (const door of DOOR_FILES) {
    it(`is not blinded in ${door} by the types of the package behind it`, () => assert.ok(wrong.has(door)))
  }
})
