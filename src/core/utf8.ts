/** UTF-8 without the host's TextDecoder, which does not exist below the face. */

import { toLatin1 } from './bytes.ts'

const REPLACEMENT = 0xfffd

/** The length of the well-formed sequence at `at` and its code point packed as `point * 8 + length`; 0 when ill-formed. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return first * 8 + 1
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (length === 0 || first >= 0xf5 || at + length > bytes.length) return 0
  let point = first & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]!
    if ((next & 0xc0) !== 0x80) return 0
    point = (point << 6) | (next & 0x3f)
  }
  if (length === 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return 0
  if (length === 4 && (point < 0x10000 || point > 0x10ffff)) return 0
  return point * 8 + length
}

/** Offset past the ASCII characters that begin at `at`. */
function asciiEnd(bytes: Uint8Array, at: number): number {
  let end = at
  while (end < bytes.length && bytes[end]! < 0x80) end += 1
  return end
}

/** Text of `bytes`; each ill-formed byte becomes `replacement` (U+FFFD unless told). */
export function decodeUtf8(
  bytes: Uint8Array,
  replacement: string = String.fromCodePoint(REPLACEMENT),
): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const plain = asciiEnd(bytes, at)
    if (plain > at) {
      text += toLatin1(bytes, at, plain)
      at = plain
      continue
    }
    const packed = sequenceAt(bytes, at)
    if (packed === 0) {
      text += replacement
      at += 1
    } else {
      text += String.fromCodePoint((packed - (packed % 8)) / 8)
      at += packed % 8
    }
  }
  return text
}

/** UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = []
  for (const character of text) {
    let point = character.codePointAt(0)!
    if (point >= 0xd800 && point <= 0xdfff) point = REPLACEMENT
    if (point < 0x80) out.push(point)
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63))
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
    else {
      out.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      )
    }
  }
  return Uint8Array.from(out)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** Text from a stranger, fit for a terminal: no control, bidi or zero-width characters, at most `limit` long. */
export function printable(text: string, limit = 64): string {
  const clean = text.replace(UNPRINTABLE, '')
  if (clean.length <= limit) return clean
  // A code point takes at most two units, so this part is enough to tell.
  const points = [...clean.slice(0, 2 * limit + 2)]
  return points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : clean
}
