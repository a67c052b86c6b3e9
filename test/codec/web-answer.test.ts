import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseContentRange, parseRetryAfter } from '../../src/codec/web-answer.ts'

describe('the head of a web server', () => {
  it('says which part of which length comes', () => {
    assert.deepEqual(parseContentRange('bytes 0-0/1'), { begin: 0, end: 1, total: 1 })
    assert.deepEqual(parseContentRange(' Bytes 10-19/* '), { begin: 10, end: 20, total: undefined })
    for (const text of [
      '',
      'bytes */5',
      'bytes 5-4/9',
      'bytes -1-4/9',
      'items 0-1/2',
      'bytes 0-1',
      `bytes 0-${'9'.repeat(16)}/*`,
    ])
      assert.equal(parseContentRange(text), undefined, text)
  })

  it('says in seconds when to come back', () => {
    const read = [
      undefined,
      '',
      '7',
      ' 120 ',
      '-1',
      '1.5',
      'Fri, 31 Dec 1999 23:59:59 GMT',
      '9'.repeat(10),
    ].map(parseRetryAfter)
    assert.deepEqual(read, [undefined, undefined, 7, 120, undefined, undefined, undefined, undefined])
  })
})
