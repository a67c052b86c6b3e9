import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CLOCK_WORDS, DOORS, ENTRIES, HOST_WORDS, LAYERS, layerOf, OUTSIDE_VIRTUAL_TIME } from './layers.ts'
import { RULES } from './rules.ts'
import { readTree, type Tree, withLines, withSource } from './source-tree.ts'

const tree = readTree()
const paths = [...tree.sources.keys()].filter((path) => !path.endsWith('.d.ts'))

/** What there is to report without any change: nothing, when the house is in order. */
const BEFORE = Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [name, new Set(rule(tree))]))

/** A rule must report this change, by the name of the file concerned, and must not have done so before. */
function bites(rule: string, changed: Tree, path: string): void {
  const after = RULES[rule]!(changed).filter((report) => !BEFORE[rule]!.has(report))
  assert.ok(
    after.some((report) => report.includes(path)),
    `"${rule}" overlooks ${path}: it reports ${JSON.stringify(after)}`,
  )
}

/** Where something can be slipped in: a file of its own, the doors of the layer, and one ordinary file. */
function placesIn(layer: string): string[] {
  const files = paths.filter((path) => layerOf(path) === layer)
  const doors = files.filter((path) => Object.values(DOORS).some((door) => door.test(path)))
  const ordinary =
    files.find((path) => !ENTRIES.includes(path) && !OUTSIDE_VIRTUAL_TIME.test(path)) ?? files[0]!
  return [...new Set([`${LAYERS[layer]!.place}intruder.ts`, ...doors, ordinary])]
}

function put(path: string, lines: string): Tree {
  return tree.sources.has(path) ? withLines(tree, path, lines) : withSource(tree, path, `${lines}\n`)
}

function relativeTo(path: string, other: string): string {
  return '../'.repeat(path.split('/').length - 1) + other
}

const allowed = (layer: string, path: string): boolean => {
  const { mayImport, mayImportFiles } = LAYERS[layer]!
  const other = layerOf(path)!
  return other === layer || mayImport.includes(other) || mayImportFiles.includes(path)
}

for (const [layer, { builtins, pure, place }] of Object.entries(LAYERS)) {
  describe(`in ${layer}`, () => {
    const places = placesIn(layer)
    const ordinary = places.at(-1)!
    const intruder = `${place}intruder.ts`

    it('an import against the arrows is reported, of types too, everywhere', () => {
      const forbidden = [...paths, 'test/house/rules.ts'].filter(
        (path) => layerOf(path) === undefined || !allowed(layer, path),
      )
      // One file of each layer is enough: the rule asks for the layer.
      const samples = new Map(forbidden.map((path) => [layerOf(path), path]))
      if (layer === 'sim') samples.set('host', 'src/host/udp.ts')
      assert.ok(samples.size > 1)
      for (const path of places) {
        for (const sample of samples.values()) {
          const from = relativeTo(path, sample)
          bites('imports go one way', put(path, `import { a } from '${from}'`), path)
          bites('imports go one way', put(path, `import type { A } from '${from}'`), path)
          bites('imports go one way', put(path, `export * from '${from}'`), path)
          bites('imports go one way', put(path, `type A = import('${from}').A`), path)
        }
      }
    })

    it('a package that has its door elsewhere, or none, is reported everywhere', () => {
      for (const path of places) {
        const elsewhere = Object.keys(DOORS).filter((name) => !DOORS[name]!.test(path))
        for (const name of [...elsewhere, 'left-pad', '@scope/left-pad', 'bencode/lib/decode.js']) {
          if (!elsewhere.includes('bencode') && name.startsWith('bencode/')) continue
          bites('every package has one door', put(path, `import '${name}'`), path)
        }
      }
    })

    it('a module of Node.js that is not for it is reported everywhere', () => {
      const rule = 'only the host reaches for sockets, and nothing below the face for Node.js'
      if (builtins === 'all') return
      for (const path of places) {
        for (const name of ['node:net', 'node:dgram', 'node:http']) {
          bites(rule, put(path, `import '${name}'`), path)
        }
        if (builtins !== 'all-but-sockets')
          bites(rule, put(path, `import { readFileSync } from 'node:fs'`), path)
      }
    })

    it('an import that closes a cycle is reported everywhere', () => {
      for (const path of places.filter((path) => path !== intruder)) {
        const back = withSource(tree, intruder, `import '${relativeTo(intruder, path)}'\nexport const a = 1`)
        bites(
          'no import closes a cycle',
          withLines(back, path, `import '${relativeTo(path, intruder)}'`),
          path,
        )
      }
      bites('no import closes a cycle', put(intruder, `import './intruder.ts'`), intruder)
    })

    it('a file to which nothing leads is reported, and one to which only a test leads', () => {
      const dead = withSource(tree, intruder, 'export const a = 1')
      bites('no file is dead', dead, intruder)
      const importing = `import '${relativeTo('test/house/x.test.ts', intruder)}'`
      bites('no file is dead', withSource(dead, 'test/house/x.test.ts', importing), intruder)
    })

    it('an export that nobody uses is reported', () => {
      for (const path of places.filter((path) => !ENTRIES.includes(path))) {
        bites('no export is dead', put(path, 'export const unused = 1'), path)
        bites('no export is dead', put(path, 'export function unused(): void {}'), path)
        bites('no export is dead', put(path, 'export interface Unused {}'), path)
      }
    })

    it('a word of the host is reported everywhere', () => {
      const words = pure ? HOST_WORDS : layer === 'face' || layer === 'sim' ? CLOCK_WORDS : []
      for (const path of places.filter((path) => !OUTSIDE_VIRTUAL_TIME.test(path))) {
        const lines = words.map((word) => (word.includes('ocale') ? `''.${word}()` : `void ${word}`))
        const reports = RULES['no machine knows the words of a host']!(put(path, lines.join('\n')))
        for (const word of words)
          assert.ok(reports.includes(`${path}: ${layer} must not use ${word}`), `${word} in ${path}`)
      }
    })

    it('a file that is too long, or has a bad name, or leaves something for later is reported', () => {
      for (const path of places) {
        bites('no file is longer than 350 lines, and no test than 600', put(path, '//\n'.repeat(351)), path)
        bites('nothing is left for later and no test is left out', put(path, '// TODO: more'), path)
      }
      for (const name of [
        'utils.ts',
        'helpers.ts',
        'common.ts',
        'peer-manager.ts',
        'types.ts',
        'Peer.ts',
        'a_b.ts',
      ]) {
        const path = `${place}${name}`
        bites('every file has a telling name in kebab case', withSource(tree, path, ''), path)
      }
    })

    it('an import that leads nowhere is reported', () => {
      bites('every import leads to a source file', put(ordinary, `import './nowhere.ts'`), ordinary)
    })

    it('a missing or long room note is reported', () => {
      if (layer === 'index') return
      const path = `${place}README.md`
      const without = new Map(tree.notes)
      without.delete(path)
      const rule = 'every room has a note of at most 40 lines'
      const whole = { ...tree, notes: new Map([...tree.notes, [path, '# Room']]) }
      assert.ok(!RULES[rule]!(whole).some((report) => report.includes(path)))
      assert.ok(RULES[rule]!({ ...tree, notes: without }).includes(`${path}: is missing`))
      bites(rule, { ...tree, notes: new Map([...tree.notes, [path, 'line\n'.repeat(41)]]) }, path)
    })
  })
}

describe('elsewhere', () => {
  it('a test that is left out is reported', () => {
    const rule = 'nothing is left for later and no test is left out'
    for (const text of [
      'test.only(() => {})',
      'it.skip(() => {})',
      'describe.todo()',
      'it(name, { only: true })',
    ]) {
      bites(rule, withSource(tree, 'test/core/x.test.ts', text), 'test/core/x.test.ts')
    }
  })

  it('a support file that no test uses is reported', () => {
    bites('no file is dead', withSource(tree, 'test/support/x.ts', 'export const a = 1'), 'test/support/x.ts')
  })

  it('a package that nothing imports is reported', () => {
    const shipped = [...tree.packages.shipped, 'left-pad']
    bites('every package is used', { ...tree, packages: { ...tree.packages, shipped } }, 'left-pad')
  })

  it('a room without tests is reported', () => {
    const sources = new Map([...tree.sources].filter(([path]) => !path.startsWith('test/core/')))
    bites('every room has its tests', { ...tree, sources }, 'test/core')
  })
})

describe('words are looked for in code alone', () => {
  const quiet = [
    ['in a comment', '// setTimeout and Buffer\n/* process */'],
    ['in a string', `const a = 'setTimeout'; const b = "Buffer"`],
    ['in a template', 'const a = `process $' + '{1 + 1} Promise`'],
    ['in a regular expression', 'const a = /console[/"]Promise/.test(b)'],
    ['as a property', 'const a = b.process(c.console)'],
    ['as a part of another word', 'const updateDate = mydate + Dateline'],
  ] as const
  for (const [where, text] of quiet) {
    it(`a word ${where} is none`, () => {
      const rule = 'no machine knows the words of a host'
      const changed = withLines(tree, 'src/core/id.ts', text)
      assert.deepEqual(
        RULES[rule]!(changed).filter((report) => report.includes('src/core/id.ts')),
        [],
      )
    })
  }

  it('code after each of these, and inside a template, is still read', () => {
    for (const [, text] of quiet) {
      bites(
        'no machine knows the words of a host',
        withLines(tree, 'src/core/id.ts', `${text}\nBuffer`),
        'src/core/id.ts',
      )
    }
    const inside = 'const a = `$' + '{`$' + '{Buffer}`}`'
    bites('no machine knows the words of a host', withLines(tree, 'src/core/id.ts', inside), 'src/core/id.ts')
  })
})
