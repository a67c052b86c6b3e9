import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { BencodeCursor, type BencodeLimits } from '../../src/codec/bencode-cursor.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { expand } from '../../src/probe/notation.ts'

/** SHA-1 as the crypto port gives it. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(bytes).digest())
}

/** And SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** Both, as torrents ask for them. */
export const HASHES: { readonly sha1: typeof sha1; readonly sha256: typeof sha256 } = { sha1, sha256 }

/** Offset past the one bencoded value at `start`; -1 when it is malformed or beyond a limit. */
export function scanValue(bytes: Uint8Array, start: number, limits: BencodeLimits): number {
  const cursor = new BencodeCursor(bytes, start, limits)
  return cursor.skip() ? cursor.at : -1
}

const MACROS: Readonly<Record<string, string>> = {
  A: '2:id20:abcdefghij0123456789',
  ih: '9:info_hash20:mnopqrstuvwxyz123456',
  tg: '6:target20:mnopqrstuvwxyz123456',
  tok: '5:token8:aoeusnth',
  z: '1:t2:aa1:y1:qe',
}

/** Bytes of a packet in the notation of the conformance rows: Latin-1 text with macros in angle brackets, `{n*x}` repeating x. */
export function packet(notation: string): Uint8Array {
  return expand(notation, (name) => MACROS[name] ?? `<${name}>`)
}

/** Bytes that look like bencode now and then: far more telling than plain noise. */
export const tokenSoup: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.constantFrom(
      ...[
        'd',
        'l',
        'e',
        'i',
        '-',
        '0',
        '1',
        '5',
        '9',
        ':',
        '0:',
        '1:a',
        '1:b',
        '2:id',
        '20:',
        'i0e',
        'i-7e',
        'i07e',
      ],
      ...['de', 'le', 'l-3:', 'd-3:', '9:__proto__', '99999999999:', 'i9223372036854775808e', '\x00', '\xff'],
      ...[
        '1:t2:aa',
        '1:y1:q',
        '1:q4:ping',
        '1:ad2:id20:abcdefghij0123456789e',
        '4:info',
        '4:name',
        '5:files',
      ],
    ),
    { maxLength: 40 },
  )
  .map((parts) => latin1(parts.join('')))

/** `bytes` with a few of them changed, removed or doubled. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(10_000), kind: fc.nat(2), byte: fc.nat(255) })
  return fc.tuple(bytes, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([original, edits]) => {
    const out = [...original]
    for (const { at, kind, byte } of edits) {
      const place = out.length === 0 ? 0 : at % out.length
      if (kind === 0) out[place] = byte
      else if (kind === 1) out.splice(place, 1)
      else out.splice(place, 0, byte)
    }
    return Uint8Array.from(out)
  })
}

/** A buffer of the host's, whose `slice` gives a view: what is kept of it must be copied. */
export function lent(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes)
}

export function text(bytes: Uint8Array): string {
  return toLatin1(bytes)
}
