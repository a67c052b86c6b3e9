/** Text that is HTML already. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | readonly Html[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A piece of a page: what is put in is text and escaped, except what is `Html` itself. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const written = parts.map((part, i) => `${htmlOf(part)}${fixed[i + 1]!}`)
  return new Html(`${fixed[0]!}${written.join('')}`)
}

function htmlOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(({ text }: Html) => text).join('\n')
  return String(part).replace(/[&<>"']/g, (char) => ENTITIES[char]!)
}

/** Data for a script of the page. Nothing in it can end the element that holds it, or begin a comment there. */
export function jsonFor(data: unknown): Html {
  return new Html(JSON.stringify(data).replaceAll('<', '\\u003c'))
}

/** A script for the page: `text` is code of ours or of a library, whose strings may speak of elements. */
export function scriptText(text: string): string {
  return text.replaceAll(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--')
}
