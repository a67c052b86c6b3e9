import { latin1 } from '../core/bytes.ts'

/** The Latin-1 text that a macro such as `<ih>` stands for; throws for a name that it does not know. */
export type Macros = (name: string) => string

const PIECE = /\{(\d+)\*([^}]*)\}|<([A-Za-z][A-Za-z0-9:.-]*)>/g

/**
 * A packet in the notation of the conformance list: `<name>` is a macro, `{n*x}` is x repeated n times, every other
 * character is the byte of its code (Latin-1). What a macro gives is not looked into again: it may be any bytes.
 */
export function expand(text: string, macros: Macros): Uint8Array {
  return latin1(
    text.replace(PIECE, (_, count: string | undefined, piece: string, name: string) => {
      return count === undefined ? macros(name) : piece.repeat(Number(count))
    }),
  )
}

/** A bencoded string of these Latin-1 characters. */
export function bencoded(text: string): string {
  return `${text.length}:${text}`
}
