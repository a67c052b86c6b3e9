/** More of one name are not looked at. */
const MOST = 64

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * What stands in each element of this name, as far as gateways' XML is concerned: elements of one name do not nest there, and prefixes are
 * of the envelope alone. In time that is linear in the length, whatever it holds.
 */
export function elements(xml: string, name: string): string[] {
  const found: string[] = []
  const close = `</${name}>`
  for (let at = 0; found.length < MOST; ) {
    const open = xml.indexOf(`<${name}`, at)
    if (open < 0) break
    const head = open + name.length + 1
    const begin = xml.indexOf('>', head)
    if (begin < 0) break
    at = begin + 1
    // Another name that begins with it, or an element without content.
    if (!/[\s>]/.test(xml[head] ?? '') || xml[begin - 1] === '/') continue
    const end = xml.indexOf(close, at)
    if (end < 0) break
    found.push(xml.slice(at, end))
    at = end + close.length
  }
  return found
}

/** The text of the first element of this name; `undefined`: there is none. */
export function textOf(xml: string, name: string): string | undefined {
  return elements(xml, name)[0]
    ?.trim()
    .replace(/&(amp|lt|gt|quot|apos);/g, (_all, entity: string) => ENTITIES[entity]!)
}
