import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { optionName } from '../../src/cli/option-table.ts'
import { clean, formatBytes, formatDuration } from '../../src/cli/text.ts'
import {
  BadValue,
  formatEndpoint,
  readAddress,
  readBootstrap,
  readDuration,
  readEndpoint,
  readFiles,
  readInteger,
  readPieceLength,
  readQueryLimit,
  readRatio,
  readSize,
} from '../../src/cli/values.ts'

const GOOD: readonly [read: (text: string) => unknown, text: string, value: unknown][] = [
  [readSize, '1000', 1000],
  [readSize, '512k', 524288],
  [readSize, '4M', 4194304],
  [readSize, '1G', 1073741824],
  [readSize, '1.5m', 1572864],
  [readDuration, '90s', 90_000],
  [readDuration, '5m', 300_000],
  [readDuration, '2h', 7_200_000],
  [readDuration, '30', 30_000],
  [readDuration, '0.5s', 500],
  [readRatio, '1.5', 1.5],
  [readFiles, '0,2,4-6', '0,2,4-6'],
  [readRatio, '0', 0],
  [readRatio, '2', 2],
  [readQueryLimit, 'off', 'off'],
  [readQueryLimit, '50', 50],
  [readPieceLength, '16k', 16384],
  [readPieceLength, '4M', 4194304],
  [readBootstrap, 'none', 'none'],
  [readBootstrap, 'dht.example.org:6881', 'dht.example.org:6881'],
  [readAddress, '127.0.0.1', '127.0.0.1'],
  [readAddress, '[::1]', '::1'],
  [readEndpoint, 'localhost:1', { host: 'localhost', port: 1 }],
  [readEndpoint, '[2001:db8::1]:65535', { host: '2001:db8::1', port: 65535 }],
]

const BAD: readonly [read: (text: string) => unknown, texts: readonly string[]][] = [
  [readSize, ['', '0', '-1', '1e6', '4 M', '4MB', '4Mi', 'k', '.5k', '0x10', 'NaN', '999999999T']],
  [readDuration, ['', '0', '0s', '5 m', '1d', '-1s', '5ms', 'forever', '700h']],
  [readFiles, ['', 'a', '1,', ',1', '1-', '-1', '1 2', '1-2-3', '1.5', '12345678901']],
  [readRatio, ['', '-1', '.5', '1.', '1e3', '1,5', '2x', 'Infinity', '9'.repeat(400)]],
  [readQueryLimit, ['', '0', 'Off', '1.5', '-1']],
  [readPieceLength, ['15k', '100k', '8k', '512M', '0']],
  [readAddress, ['', 'localhost', '127.0.0.1:80', '1.2.3', '[::1']],
  [
    readEndpoint,
    [
      '',
      'a',
      ':1',
      'a:',
      'a:0',
      'a:65536',
      '::1:80',
      '[::1]',
      '[a]:1',
      '1.2.3:4',
      '300.1.1.1:4',
      'a b:1',
      'a:+1',
    ],
  ],
  [readInteger(0, 10), ['', '11', '-0', '1.0', ' 1', '1_0']],
]

describe('values', () => {
  for (const [read, text, value] of GOOD) {
    it(`${read.name} takes ${text}`, () => assert.deepEqual(read(text), value))
  }

  for (const [read, texts] of BAD) {
    it(`${read.name || 'readInteger'} refuses ${texts.map((text) => `"${text}"`).join(' ')}`, () => {
      for (const text of texts) assert.throws(() => read(text), BadValue, text)
    })
  }

  it('readers give a value or refuse, whatever the text', () => {
    const readers = [readSize, readDuration, readQueryLimit, readPieceLength, readAddress, readEndpoint]
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const read of readers) {
          try {
            const value: unknown = read(text)
            assert.ok(typeof value !== 'number' || Number.isSafeInteger(value))
          } catch (error) {
            assert.ok(error instanceof BadValue)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('an endpoint reads back as it was written', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
        fc.integer({ min: 1, max: 65535 }),
        (host, port) => assert.deepEqual(readEndpoint(formatEndpoint({ host, port })), { host, port }),
      ),
      { numRuns: 200 },
    )
  })
})

describe('text', () => {
  it('from strangers loses escape sequences, line ends and marks that reorder it', () => {
    assert.equal(clean('a\u001b[2Jb\r\nc\u202ed\u009be\u200bf ü 漢'), 'a[2Jbcdef ü 漢')
  })

  it('gives durations in the two largest units that count', () => {
    assert.deepEqual(
      [0, 0.4, 59.6, 61, 3600, 7325, 90000, -5].map((seconds) => formatDuration(seconds)),
      ['0 s', '0 s', '1 min', '1 min 1 s', '1 h', '2 h 2 min', '1 d 1 h', '0 s'],
    )
  })

  it('counts bytes as options do, in powers of 1024', () => {
    assert.equal(formatBytes(readSize('1.5M')), '1.5 MiB')
  })

  it('names options in kebab case', () => {
    assert.equal(optionName('downloadLimit'), 'download-limit')
  })
})
