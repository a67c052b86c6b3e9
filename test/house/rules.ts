import { dirname, join } from 'node:path/posix'
import {
  CLOCK_WORDS,
  DOORS,
  ENTRIES,
  HOST_WORDS,
  LAYERS,
  layerOf,
  OUTSIDE_VIRTUAL_TIME,
  SOCKET_MODULES,
} from './layers.ts'
import type { Import, Source } from './source-text.ts'
import type { Tree } from './source-tree.ts'

/** Says what is wrong in a tree, one sentence each, the file first. */
export type Rule = (tree: Tree) => string[]

const isRelative = (from: string): boolean => from.startsWith('.')

/** The project file that an import names; `undefined` for packages and Node.js's own modules. */
function target(source: Source, item: Import): string | undefined {
  return isRelative(item.from) ? join(dirname(source.path), item.from) : undefined
}

function eachSource(tree: Tree, look: (source: Source, layer: string | undefined) => string[]): string[] {
  return [...tree.sources.values()].flatMap((source) => {
    return look(source, layerOf(source.path)).map((what) => `${source.path}: ${what}`)
  })
}

const importDirection: Rule = (tree) => {
  return eachSource(tree, (source, layer) => {
    if (layer === undefined) return []
    const { mayImport, mayImportFiles } = LAYERS[layer]!
    return source.imports.flatMap((item) => {
      const path = target(source, item)
      if (path === undefined) return []
      const other = layerOf(path)
      const allowed =
        other !== undefined && (other === layer || mayImport.includes(other) || mayImportFiles.includes(path))
      return allowed ? [] : [`${layer} must not import ${path}`]
    })
  })
}

const importsResolve: Rule = (tree) => {
  return eachSource(tree, (source) => {
    return source.imports.flatMap((item) => {
      const path = target(source, item)
      return path === undefined || tree.sources.has(path)
        ? []
        : [`imports ${item.from}, which is no source file`]
    })
  })
}

const builtinModules: Rule = (tree) => {
  return eachSource(tree, (source, layer) => {
    if (layer === undefined) return []
    const { builtins } = LAYERS[layer]!
    const allowed = (name: string): boolean => {
      if (builtins === 'all') return true
      return builtins === 'all-but-sockets' ? !SOCKET_MODULES.includes(name) : builtins.includes(name)
    }
    return source.imports
      .filter((item) => item.from.startsWith('node:') && !allowed(item.from))
      .map((item) => `${layer} must not import ${item.from}`)
  })
}

const oneDoorPerPackage: Rule = (tree) => {
  const shipped = (path: string): boolean => !path.startsWith('test/')
  return eachSource(tree, (source) => {
    return source.imports.flatMap((item) => {
      if (isRelative(item.from) || item.from.startsWith('node:')) return []
      const name = item.from
        .split('/')
        .slice(0, item.from.startsWith('@') ? 2 : 1)
        .join('/')
      const door = DOORS[name]
      if (door === undefined) return [`the package ${name} has no door`]
      if (!door.test(source.path)) return [`the package ${name} has its door elsewhere`]
      const listed = tree.packages[shipped(source.path) ? 'shipped' : 'development']
      return listed.includes(name) ? [] : [`the package ${name} is not in package.json`]
    })
  })
}

const packagesAreUsed: Rule = (tree) => {
  const imported = new Set(
    [...tree.sources.values()].flatMap((source) => source.imports.map(({ from }) => from)),
  )
  return tree.packages.shipped
    .filter((name) => ![...imported].some((from) => from === name || from.startsWith(`${name}/`)))
    .map((name) => `package.json: nothing imports ${name}`)
}

/** Depth first; a file met again while it is still open closes a cycle. */
const noCycle: Rule = (tree) => {
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (source: Source, trail: readonly string[]): void => {
    state.set(source.path, 'open')
    for (const item of source.imports) {
      const next = tree.sources.get(target(source, item) ?? '')
      if (next === undefined) continue
      const path = [...trail, next.path]
      if (state.get(next.path) === 'open') found.push(path.slice(path.indexOf(next.path)).join(' -> '))
      else if (!state.has(next.path)) visit(next, path)
    }
    state.set(source.path, 'done')
  }
  for (const source of tree.sources.values()) if (!state.has(source.path)) visit(source, [source.path])
  return found
}

/** A declaration file stands beside a door and is found by the compiler alone. */
const isDeclaration = (path: string): boolean => path.endsWith('.d.ts')

function isEntry(path: string): boolean {
  return (
    ENTRIES.includes(path) ||
    /^test\/.*\.test\.ts$/.test(path) ||
    /^test\/(?:bench|examples|mutation|vectors)\/.*\.ts$/.test(path) ||
    // Started by the tests in processes of their own.
    /^test\/support\/[a-z-]+-dht\.ts$/.test(path) ||
    // Called by Node.js as it loads modules.
    path === 'test/sim/planted-hooks.ts' ||
    path === 'test/run.ts'
  )
}

const noDeadFile: Rule = (tree) => {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const source = tree.sources.get(path)
    if (source === undefined || reached.has(path)) return
    reached.add(path)
    for (const item of source.imports) visit(target(source, item) ?? '')
  }
  const reach = (from: (path: string) => boolean): void => {
    for (const path of tree.sources.keys()) if (from(path)) visit(path)
  }
  // What only a test imports is as dead as what nobody imports.
  reach((path) => ENTRIES.includes(path))
  const dead = [...tree.sources.keys()].filter(
    (path) => layerOf(path) !== undefined && !reached.has(path) && !isDeclaration(path),
  )
  reach(isEntry)
  const deadTests = [...tree.sources.keys()].filter(
    (path) => layerOf(path) === undefined && !reached.has(path) && !isDeclaration(path),
  )
  const missing = ENTRIES.filter((path) => !tree.sources.has(path)).map((path) => `${path}: is missing`)
  return [...missing, ...dead.concat(deadTests).map((path) => `${path}: nothing leads here`)]
}

/** An export that no other file takes; one that only tests take must at least be used where it stands. */
const noDeadExport: Rule = (tree) => {
  const taken = { code: new Set<string>(), test: new Set<string>() }
  for (const source of tree.sources.values()) {
    const into = layerOf(source.path) === undefined ? taken.test : taken.code
    for (const item of source.imports) {
      for (const name of item.names) into.add(`${target(source, item)}#${name}`)
    }
  }
  return eachSource(tree, (source) => {
    if (isEntry(source.path) || isDeclaration(source.path)) return []
    return source.exports.flatMap(({ name, type }) => {
      const key = `${source.path}#${name}`
      const everything = `${source.path}#*`
      const isTest = layerOf(source.path) === undefined
      if (taken.code.has(key) || taken.code.has(everything)) return []
      const usedHere =
        source.code.split(new RegExp(`(?<![\\w$])${name.replace('$', '\\$')}(?![\\w$])`)).length > 2
      // An interface may be the shape of another export, and a function may be tested apart from what calls it.
      if (type && usedHere) return []
      if (!taken.test.has(key) && !taken.test.has(everything)) return [`nobody takes the export ${name}`]
      return usedHere || isTest ? [] : [`only tests use the export ${name}`]
    })
  })
}

const WORDS_OF_HOST = wordsPattern(HOST_WORDS)
const WORDS_OF_CLOCK = wordsPattern(CLOCK_WORDS)

function wordsPattern(words: readonly string[]): RegExp {
  const word = (text: string): string => text.replace('.', '\\s*\\.\\s*')
  // A name after a dot is somebody's property, except for the methods that depend on the language of the machine.
  const methods = words.filter((text) => /^(?:locale|toLocale)/.test(text))
  const globals = words.filter((text) => !methods.includes(text)).map(word)
  return new RegExp(
    `(?:(?<![.\\w$#])(?:${globals.join('|')})|\\b(?:${[...methods, '$^'].join('|')}))(?![\\w$])`,
    'g',
  )
}

function bannedWords(path: string, layer: string): RegExp | undefined {
  if (LAYERS[layer]!.pure) return WORDS_OF_HOST
  return layer === 'face' || (layer === 'sim' && !OUTSIDE_VIRTUAL_TIME.test(path))
    ? WORDS_OF_CLOCK
    : undefined
}

const noBannedGlobal: Rule = (tree) => {
  return eachSource(tree, (source, layer) => {
    const pattern = layer === undefined ? undefined : bannedWords(source.path, layer)
    if (pattern === undefined) return []
    const found = source.code.match(pattern) ?? []
    return [...new Set(found)].map((word) => `${layer} must not use ${word}`)
  })
}

const MOST_LINES = 350
/** Tables of cases may be longer than code. */
const MOST_TEST_LINES = 600

const fileLength: Rule = (tree) => {
  return eachSource(tree, (source, layer) => {
    const most = layer === undefined ? MOST_TEST_LINES : MOST_LINES
    const lines = source.text.trimEnd().split('\n').length
    return lines > most ? [`has ${lines} lines, more than ${most}`] : []
  })
}

const BANNED_NAMES = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'types', 'misc', 'lib']

const fileNames: Rule = (tree) => {
  return eachSource(tree, ({ path }) => {
    const name = path
      .split('/')
      .at(-1)!
      .replace(/(?:\.(?:test|d))?\.ts$/, '')
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) return ['is not named in kebab case']
    return BANNED_NAMES.includes(name.split('-').at(-1)!) ? ['says nothing by its name'] : []
  })
}

const MOST_NOTE_LINES = 40

const roomNotes: Rule = (tree) => {
  return Object.entries(LAYERS).flatMap(([name, { place }]) => {
    if (name === 'index') return []
    const path = `${place}README.md`
    const note = tree.notes.get(path)
    if (note === undefined) return [`${path}: is missing`]
    const lines = note.trimEnd().split('\n').length
    return lines > MOST_NOTE_LINES ? [`${path}: has ${lines} lines, more than ${MOST_NOTE_LINES}`] : []
  })
}

const noLooseEnd: Rule = (tree) => {
  return eachSource(tree, (source) => {
    const word = /\b(?:TODO|FIXME|XXX|HACK)\b/.exec(source.comments)?.[0]
    const wrong = word === undefined ? [] : [`a comment says ${word}`]
    if (/@ts-(?:ignore|nocheck|expect-error)/.test(source.comments)) wrong.push('silences the compiler')
    if (!source.path.startsWith('test/')) return wrong
    const loose = /\b(?:test|it|describe|suite|t)\s*\.\s*(?:only|skip|todo)\b|\b(?:only|todo|skip): true\b/
    return loose.test(source.code) ? [...wrong, 'leaves tests out'] : wrong
  })
}

const roomsAreTested: Rule = (tree) => {
  const tested = (name: string): boolean => {
    const folder = name === 'index' ? 'test/face/' : `test/${name}/`
    return [...tree.sources.keys()].some((path) => path.startsWith(folder) && path.endsWith('.test.ts'))
  }
  return Object.keys(LAYERS)
    .filter((name) => !tested(name))
    .map((name) => `test/${name}: holds no test`)
}

export const RULES: Readonly<Record<string, Rule>> = {
  'imports go one way': importDirection,
  'every import leads to a source file': importsResolve,
  'only the host reaches for sockets, and nothing below the face for Node.js': builtinModules,
  'every package has one door': oneDoorPerPackage,
  'every package is used': packagesAreUsed,
  'no import closes a cycle': noCycle,
  'no file is dead': noDeadFile,
  'no export is dead': noDeadExport,
  'no machine knows the words of a host': noBannedGlobal,
  'no file is longer than 350 lines, and no test than 600': fileLength,
  'every file has a telling name in kebab case': fileNames,
  'every room has a note of at most 40 lines': roomNotes,
  'nothing is left for later and no test is left out': noLooseEnd,
  'every room has its tests': roomsAreTested,
}
