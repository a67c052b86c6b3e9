import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseInfo } from '../../src/codec/metainfo.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { plannedFiles } from '../../src/face/plan-files.ts'
import { codeOf, file, H, info, multi, pathsOf } from './dictionaries.ts'
import { HASHES } from './vectors.ts'

describe('the file list', () => {
  it('has paths below the name and offsets in order', () => {
    const found = info(multi([file('a', 2), file('d/e/b', 0), file('d/c', 3)]))
    assert.deepEqual(pathsOf(found), ['t/a', 't/d/e/b', 't/d/c'])
    assert.deepEqual(
      found.files.map((entry) => entry.offset),
      [0, 2, 2],
    )
    assert.equal(found.length, 5)
  })

  it('TI9, TI10 never leads out of its folder', () => {
    const hostile = [
      ['..'],
      ['..', '..', 'x'],
      ['/etc/passwd'],
      ['C:\\x'],
      ['\\\\srv\\x'],
      ['.'],
      [''],
      ['a', '', 'b'],
      ['.. '],
      ['\u200b..'],
    ]
    const found = info(
      multi(
        hostile.map((path) => ({ length: 1, path })),
        { length: undefined, pieces: latin1(H) },
      ),
    )
    for (const entry of found.files) {
      assert.equal(entry.path[0], 't')
      for (const part of entry.path) assert.doesNotMatch(part, /^\.*$|[/\\]/)
    }
    assert.equal(pathsOf(found)[1], 't/_/_/x')
  })

  it('TI12 shows how a file was named beside how it will be', () => {
    const [entry] = info(multi([file('a\x1b\u202eb/../c', 5)])).files
    assert.deepEqual([entry!.path.join('/'), entry!.rawPath], ['t/a_b/_/c', 'ab/../c'])
  })

  it('TI13 is safe on Windows when asked to be', () => {
    const bytes = multi([file('con/a:b', 5)])
    assert.deepEqual(pathsOf(parseInfo(bytes, HASHES, { portable: true })), ['t/_con/a_b'])
    assert.deepEqual(pathsOf(info(bytes)), ['t/con/a:b'])
  })

  it('TI17 gives every file a place of its own, the same each time', () => {
    const bytes = multi([
      file('a', 1),
      file('A', 1),
      file('a/b', 1),
      file('a', 1),
      file('x.txt', 0),
      file('X.TXT', 1),
    ])
    assert.deepEqual(pathsOf(info(bytes)), ['t/a.1', 't/A.2', 't/a/b', 't/a.3', 't/x.txt', 't/X.1.TXT'])
    assert.deepEqual(pathsOf(info(bytes)), pathsOf(info(bytes)))
    const many = multi(Array.from({ length: 502 }, () => file('a')))
    assert.equal(
      codeOf(() => info(many)),
      'metainfo/same-names',
    )
  })

  it('TI18 marks symbolic links, which have no bytes, and warns of them', () => {
    const link = { attr: 'l', path: ['link'], 'symlink path': ['..', '..', 'etc'] }
    const found = info(
      multi([link, { ...link, length: 0 }, file('link', 5), { ...link, length: 5, path: ['real'] }], {
        pieces: latin1(H),
      }),
    )
    assert.deepEqual(
      found.files.map((entry) => [entry.path[1], entry.symlink, entry.length]),
      [
        ['link', true, 0],
        ['link', true, 0],
        ['link', false, 5],
        ['real', false, 5],
      ],
    )
    assert.equal(found.warnings.length, 1)
  })

  it('TI18 gives a symbolic link no place: a folder of its name may stand there', () => {
    const link = { attr: 'l', path: ['d'], 'symlink path': ['x'] }
    const found = info(multi([link, file('d/x', 5)], { pieces: latin1(H) }))
    assert.deepEqual(
      plannedFiles(found, 'out').map(({ index, path }) => [index, path]),
      [[1, 'out/t/d/x']],
    )
  })

  it('TI19 marks pads, with and without path, by attribute and by name', () => {
    const files = [
      file('a', 1),
      { attr: 'p', length: 1 },
      file('.pad/7', 1, { attr: 'xp' }),
      file('.pad/123', 1),
      file('_____padding_file_0_if you see this', 1),
      file('.pad/x', 0),
      file('b', 0, { attr: 'zxh' }),
    ]
    const found = info(multi(files))
    assert.deepEqual(
      found.files.map((entry) => entry.pad),
      [false, true, true, true, true, false, false],
    )
    assert.deepEqual(found.files[1]!.path, ['t', '.pad', '1'])
  })

  it('TI21 takes no mode from attributes or names: what is executable or hidden is a file like any other', () => {
    const [plain, marked] = ['', 'xh'].map(
      (attr) => info(multi([file('run.sh', 1, { attr }), file('4755', 1)])).files,
    )
    assert.deepEqual(marked, plain)
  })

  it('TI23 of 300,000 files is read, of one more refused', () => {
    const lines = Array.from(
      { length: 300_001 },
      (_, i) => `d6:lengthi1e4:pathl1:${i % 10}${String(i).length}:${i}ee`,
    )
    const write = (count: number): Uint8Array =>
      latin1(
        `d5:filesl${lines.slice(0, count).join('')}e4:name1:t12:piece lengthi${2 ** 20}e6:pieces20:${H}e`,
      )
    assert.equal(info(write(300_000)).files.length, 300_000)
    assert.equal(
      codeOf(() => info(write(300_001))),
      'metainfo/too-many-files',
    )
  })

  it('TI23 with more than 300,000 folders is refused', () => {
    const deep = Array.from({ length: 98 }, () => '1:x').join('')
    const lines = Array.from({ length: 3_100 }, (_, i) => `d6:lengthi1e4:pathl5:${10_000 + i}${deep}1:fee`)
    const bytes = latin1(`d5:filesl${lines.join('')}e4:name1:t12:piece lengthi16384e6:pieces20:${H}e`)
    assert.equal(
      codeOf(() => info(bytes)),
      'metainfo/too-many-files',
    )
  })
})
