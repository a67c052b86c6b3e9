/**
 * What the house rules know of a source file: its text, its code (the text with comments and the insides of literals
 * blanked out, so that words can be looked for), and what it imports and exports.
 */
export interface Source {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly code: string
  readonly comments: string
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
}

export interface Import {
  /** As written: a relative path, a package, or `node:` and a name. */
  readonly from: string
  /** What is taken, by its name in the other file; `*`: everything. */
  readonly names: readonly string[]
  /** `worker`: the entry of a thread or process of its own, named by `new URL(path, import.meta.url)`. */
  readonly kind: 'static' | 'dynamic' | 'worker'
}

export interface Export {
  readonly name: string
  readonly type: boolean
}

export function readSource(path: string, text: string): Source {
  const { code, comments } = split(text)
  return { path, text, code, comments, imports: importsOf(text, code), exports: exportsOf(code) }
}

const REGEX_BEFORE =
  /(?:^|[(,=:[!&|?{};+\-*%~<>^]|=>|\b(?:return|typeof|case|of|in|void|delete|throw|yield))\s*$/

/** Blanks comments and the insides of strings, templates and regular expressions; every offset and line stays where it was. */
function split(text: string): { code: string; comments: string } {
  const code = text.split('')
  const comments: string[] = []
  /** Depth of braces at which each open template's `${` ends. */
  const templates: number[] = []
  let braces = 0
  let at = 0
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (code[i] !== '\n') code[i] = ' '
  }
  const template = (): void => {
    const from = at
    while (at < text.length && text[at] !== '`') {
      if (text[at] === '\\') at++
      else if (text.startsWith('${', at)) {
        blank(from, at)
        at += 2
        templates.push(braces++)
        return
      }
      at++
    }
    blank(from, at)
    at++
  }
  while (at < text.length) {
    const char = text[at]!
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      const close = text.startsWith('//', at) ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2
      const end = close < at + 2 ? text.length : close
      comments.push(text.slice(at, end))
      blank(at, end)
      at = end
    } else if (char === "'" || char === '"') {
      const from = ++at
      while (at < text.length && text[at] !== char && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
      blank(from, at++)
    } else if (char === '`') {
      at++
      template()
    } else if (char === '/' && REGEX_BEFORE.test(code.slice(Math.max(0, at - 20), at).join(''))) {
      const from = ++at
      for (
        let inClass = false;
        at < text.length && (inClass || text[at] !== '/') && text[at] !== '\n';
        at++
      ) {
        if (text[at] === '\\') at++
        else if (text[at] === '[') inClass = true
        else if (text[at] === ']') inClass = false
      }
      blank(from, at++)
    } else {
      if (char === '{') braces++
      if (char === '}') braces--
      at++
      if (char === '}' && templates.at(-1) === braces) {
        templates.pop()
        template()
      }
    }
  }
  return { code: code.join(''), comments: comments.join('\n') }
}

const FROM =
  /(?<![.\w$])(?:import|export)\s+((?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^{}]*\})?)\s*from\s*['"]/g
const BARE = /(?<![.\w$])import\s*['"]/g
const DYNAMIC = /(?<![.\w$])import\s*\(\s*['"]/g
const WORKER = /\bnew\s+URL\(\s*['"`]/g

function importsOf(text: string, code: string): Import[] {
  const found: Import[] = []
  const literal = (match: RegExpMatchArray): string => {
    const start = match.index! + match[0].length
    return text.slice(start, text.indexOf(code[start - 1]!, start))
  }
  for (const match of code.matchAll(FROM)) {
    found.push({ from: literal(match), names: namesIn(match[1] ?? ''), kind: 'static' })
  }
  for (const match of code.matchAll(BARE)) found.push({ from: literal(match), names: [], kind: 'static' })
  for (const match of code.matchAll(DYNAMIC))
    found.push({ from: literal(match), names: ['*'], kind: 'dynamic' })
  for (const match of code.matchAll(WORKER)) {
    const path = literal(match)
    // What lies in the build's output is started as a user would, not led to.
    if (/^\.{1,2}\/(?!.*\bdist\/).*\.[tj]s$/.test(path)) {
      found.push({ from: path.replace(/\.js$/, '.ts'), names: [], kind: 'worker' })
    }
  }
  return found
}

/** The names in an import or export clause, each as the other file calls it. */
function namesIn(clause: string): string[] {
  const names: string[] = []
  const braces = /\{([^}]*)\}/.exec(clause)
  if (clause.includes('*')) names.push('*')
  const before = clause
    .replace(/\{[^}]*\}/, '')
    .replace(/^\s*type\b/, '')
    .replace(/[,\s]/g, '')
  if (before !== '' && !before.includes('*')) names.push('default')
  for (const part of braces?.[1]?.split(',') ?? []) {
    const name = part
      .trim()
      .replace(/^type\s+/, '')
      .split(/\s+as\s+/)[0]
    if (name !== undefined && name !== '') names.push(name)
  }
  return names
}

const DECLARATION =
  /^export\s+(?:declare\s+)?(?:(default)\b|(?:abstract\s+)?(?:async\s+)?(const|let|function\*?|class|interface|type)\s+([\w$]+))/gm

function exportsOf(code: string): Export[] {
  const found: Export[] = []
  for (const [, byDefault, keyword, name] of code.matchAll(DECLARATION)) {
    if (byDefault !== undefined) found.push({ name: 'default', type: false })
    // `export type { A } from` is a clause, handled below.
    else if (name !== undefined) found.push({ name, type: keyword === 'interface' || keyword === 'type' })
  }
  for (const [, clause] of code.matchAll(/^export\s+(?:type\s+)?\{([^}]*)\}/gm)) {
    for (const part of clause!.split(',')) {
      const name = part
        .trim()
        .split(/\s+as\s+/)
        .at(-1)
        ?.replace(/^type\s+/, '')
      if (name !== undefined && name !== '') found.push({ name, type: true })
    }
  }
  return found
}
