/** A node of ours whose datagrams are altered on the way back: each fault is found, under its row, and no other row of this kind. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { WATCHES } from '../../src/probe/watches.ts'
import { PLACES } from '../support/probe-places.ts'
import { VirtualProbe } from '../support/virtual-probe.ts'

const NEAR = PLACES['on loopback']!
const WATCHED = WATCHES.map(({ id }) => id)

/** By row, what becomes of a datagram as Latin-1; `asker` is the id of who asked last. */
const FAULTS: Readonly<Record<string, (text: string, asker: string) => string>> = {
  '0.01': (text) => text.replace(/1:y1:re$/, `1:y1:r3:zzz1100:${'z'.repeat(1100)}e`),
  '0.02': (text) => text.replace(/1:y1:re$/, '1:y1:r1:a0:e'),
  '1.40': (text) => text.replace(/^d1:eli(\d+)e\d+:[\s\S]*?e2:ip/, 'd1:eli$1eli0eee2:ip'),
  '1.41': (text) => text.replace(/1:v4:[\s\S]{4}1:y/, '1:y'),
  '6.09': (text) => text.replace(/2:ip6:([\s\S]{4})[\s\S]{2}1:r/, '2:ip6:$1\x00\x011:r'),
  '9.03': (text, asker) =>
    text.replace(/5:nodes26:[\s\S]{26}/, () => `5:nodes26:${asker}\x7f\0\0\x01\x1a\xe1`),
}

describe('what a probe sees in passing', () => {
  for (const [row, fault] of Object.entries(FAULTS)) {
    it(`${row} is found broken, and nothing else of the kind`, () => {
      let asker = ''
      const { results } = new VirtualProbe({
        ...NEAR,
        between: (bytes) => {
          asker = /2:id20:([\s\S]{20})e1:q4:ping/.exec(toLatin1(bytes))?.[1] ?? asker
          return bytes
        },
        back: (bytes) => latin1(fault(toLatin1(bytes), asker)),
      })
      const broken = results.filter(({ rule, verdict }) => WATCHED.includes(rule) && verdict === 'fail')
      assert.deepEqual(
        broken.map(({ rule }) => rule),
        [row],
      )
    })
  }
})

/** Rows, and what a node does that breaks them. */
const ANSWERS: readonly [row: string, what: string, from: RegExp, to: string][] = [
  ['1.05', 'nodes of another length', /5:nodes\d+:[\s\S]*?(?=5:token|e1:t)/, '5:nodes3:abc'],
  ['1.09', 'no token', /5:token8:[\s\S]{8}/, ''],
  ['1.10', 'values of another length', /6:valuesl6:([\s\S]{4})/, '6:valuesl4:$1'],
  ['1.32', 'another error', /eli204e/, 'eli203e'],
  ['1.38', 'another error', /eli203e/, 'eli201e'],
  ['4.01', 'nodes6 as well', /(5:nodes26:[\s\S]{26})(e1:t|5:token)/, '$16:nodes60:$2'],
  ['5.04', 'a filter that is too short', /4:BFsd256:\0/, '4:BFsd255:'],
  ['7.02', 'another value', /1:v12:Hello World!/, '1:v12:Hello Worlds'],
  ['7.24', 'a rounded version number', /3:seqi9007199254740993e/, '3:seqi9007199254740992e'],
  ['8.14', 'an interval beyond six hours', /8:intervali\d+e/, '8:intervali99999e'],
]

describe('a rule', () => {
  for (const [row, what, from, to] of ANSWERS) {
    it(`${row} is broken by ${what}`, () => {
      const { results, score } = new VirtualProbe({
        ...NEAR,
        back: (bytes) => latin1(toLatin1(bytes).replace(from, to)),
      })
      assert.equal(results.find(({ rule }) => rule === row)?.verdict, 'fail')
      assert.equal(score!.required.notReached, 0)
    })
  }
})
