import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PathPlan, safeComponent } from '../../src/codec/safe-path.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { encodeUtf8 } from '../../src/core/utf8.ts'

function safe(name: string | Uint8Array, portable = false): string {
  const bytes = typeof name === 'string' ? encodeUtf8(name) : name
  return safeComponent(bytes, 0, bytes.length, portable)
}

describe('a safe component', () => {
  const cases: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['an ordinary name', 'Ünïcode 日本 (1).mkv', 'Ünïcode 日本 (1).mkv'],
    ['a hidden file', '.profile', '.profile'],
    ['TI9 ..', '..', ''],
    ['TI9 .', '.', ''],
    ['TI9 . .', '. .', ''],
    ['TI9 ...', '...', ''],
    ['TI9 ..\\..', '..\\..', ''],
    ['TI9 climbing within one name', 'a/../../b', 'a....b'],
    ['TI9 dots with a zero-width space between', '.\u200b.', ''],
    ['TI10 an absolute path', '/etc/x', 'etcx'],
    ['TI10 a drive', 'C:\\x', 'C:x'],
    ['TI10 a share', '\\\\srv\\x', 'srvx'],
    ['TI10 slashes alone', '//', ''],
    ['TI11 NUL, C0, DEL and C1', 'a\0b\x1bc\x7fd\u0085e', 'a_b_c_d_e'],
    [
      'TI12 bidi and zero-width characters',
      'a\u061c\u200b\u200f\u202a\u202eb\u2060\u2064\u2066\u2069\ufeffc',
      'abc',
    ],
    ['TI12 a disguised extension', 'photo\u202egnp.exe', 'photognp.exe'],
    ['TI15 bytes that are not UTF-8', latin1('a\xff\xfeb\xc3'), 'a__b_'],
    ['TI15 overlong dots', latin1('\xc0\xae\xc0\xae'), '____'],
    ['TI15 an overlong slash', latin1('a\xc0\xafb'), 'a__b'],
    ['TI15 a surrogate', latin1('\xed\xa0\x80'), '___'],
    ['an empty name', '', ''],
  ]
  for (const [name, input, expected] of cases) {
    it(`of ${name} is ${JSON.stringify(expected)}`, () => assert.equal(safe(input), expected))
  }

  const portable: readonly (readonly [string, string])[] = [
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['COM1', '_COM1'],
    ['lpt9.tar.gz', '_lpt9.tar.gz'],
    ['CLOCK$', '_CLOCK$'],
    ['console', 'console'],
    ['a:b', 'a_b'],
    ['*?"<>|', '______'],
    ['name. . ', 'name'],
    ['C:\\x', 'C_x'],
    ['. . .', ''],
  ]
  for (const [input, expected] of portable) {
    it(`TI13 of ${JSON.stringify(input)} is ${JSON.stringify(expected)} where Windows must bear it`, () => {
      assert.equal(safe(input, true), expected)
    })
  }

  it('TI13 keeps such names elsewhere', () => {
    for (const name of ['CON', 'a:b', 'what?', 'name.']) assert.equal(safe(name), name)
  })

  it('TI14 is cut at 240 bytes between code points, a short extension being kept', () => {
    assert.equal(safe(`${'a'.repeat(296)}.mkv`), `${'a'.repeat(236)}.mkv`)
    assert.equal(safe('é'.repeat(300)), 'é'.repeat(120))
    assert.equal(safe(`x${'é'.repeat(300)}`), `x${'é'.repeat(119)}`)
    assert.equal(safe(`${'日'.repeat(100)}.mkv`), `${'日'.repeat(78)}.mkv`)
    assert.equal(safe(`${'a'.repeat(235)}.12345678901`), `${'a'.repeat(235)}.1234`)
    assert.equal(safe('a'.repeat(240)), 'a'.repeat(240))
  })

  it('is one component that cannot lead anywhere, whatever the bytes', () => {
    const nasty = fc
      .array(
        fc.constantFrom('.', '/', '\\', ' ', '\0', '\x1b', 'a', ':', '\xc0', '\xae', '\xe2\x80\xae', '\xff'),
        { maxLength: 12 },
      )
      .map((parts) => latin1(parts.join('')))
    fc.assert(
      fc.property(fc.oneof(nasty, fc.uint8Array({ maxLength: 400 })), fc.boolean(), (bytes, isPortable) => {
        const name = safe(bytes, isPortable)
        assert.doesNotMatch(name, /[/\\\p{Cc}\u200b-\u200f\u202a-\u202e\ufeff]/u)
        assert.ok(!['.', '..'].includes(name))
        assert.ok(encodeUtf8(name).length <= 240)
        assert.equal(safe(name, isPortable), name, 'is stable')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the path plan (TI17)', () => {
  function plan(paths: readonly string[]): (string | undefined)[] {
    const plans = new PathPlan()
    const split = paths.map((path) => path.split('/'))
    const folders = split.map((path) => plans.folderOf(path))
    return split.map((path, i) => plans.place(folders[i]!, path.at(-1)!))
  }

  it('renames what would fall on the same place, in the order of the list', () => {
    assert.deepEqual(plan(['t/a.txt', 't/a.txt', 't/a.txt', 't/.x', 't/.x']), [
      'a.txt',
      'a.1.txt',
      'a.2.txt',
      '.x',
      '.x.1',
    ])
  })

  it('is blind to case and Unicode form, in folders too', () => {
    assert.deepEqual(plan(['t/README', 't/readme', 'T/ReadMe']), ['README', 'readme.1', 'ReadMe.2'])
    assert.deepEqual(plan(['t/\u00e9', 't/e\u0301']), ['\u00e9', 'e\u0301.1'])
  })

  it('renames a file that is named as a folder is, whichever comes first', () => {
    assert.deepEqual(plan(['t/a', 't/a/b']), ['a.1', 'b'])
    assert.deepEqual(plan(['t/a/b', 't/A']), ['b', 'A.1'])
  })

  it('does not fall on a name that was there already', () => {
    assert.deepEqual(plan(['t/a.1', 't/a', 't/a']), ['a.1', 'a', 'a.2'])
  })

  it('leaves equal names in different folders alone', () => {
    assert.deepEqual(plan(['t/x/a', 't/y/a', 't/a']), ['a', 'a', 'a'])
  })

  it('gives up after 500 renames', () => {
    const names = plan(Array.from({ length: 502 }, () => 't/a'))
    assert.equal(names[500], 'a.500')
    assert.equal(names[501], undefined)
  })

  it('gives every file a place of its own', () => {
    const component = fc.constantFrom('a', 'A', 'b', 'a.1', '\u00e9', 'e\u0301', 'c')
    const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => ['t', ...parts].join('/'))
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), (paths) => {
        const names = plan(paths)
        const places = paths.map((whole, i) => [...whole.split('/').slice(0, -1), names[i]].join('/'))
        const folded = places.map((place) => place.normalize('NFC').toLowerCase())
        assert.equal(new Set(folded).size, folded.length)
        for (const file of folded) assert.ok(!folded.some((other) => other.startsWith(`${file}/`)))
        assert.deepEqual(plan(paths), names, 'is stable')
      }),
      { numRuns: 300 },
    )
  })
})
