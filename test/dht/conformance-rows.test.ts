/** Holds the table of rows against the tests that there are: a row without a test can be seen, and no claim is empty. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { RULES } from '../../src/probe/rules.ts'
import { WATCHES } from '../../src/probe/watches.ts'
import { ROWS, UNTESTED, type Way } from '../support/conformance-rows.ts'
import { decoderRows } from '../support/decoder-rows.ts'

const ROOT = join(import.meta.dirname, '..')

/** Rows of the sections 1 to 9. */
const COUNTS = [43, 37, 32, 16, 17, 23, 41, 25, 21]

/** What the tests of a folder show. */
const FOLDERS: Readonly<Record<string, Way>> = {
  ...{ codec: 'decoder', core: 'decoder' },
  ...{ dht: 'virtual', session: 'virtual', peer: 'virtual', swarm: 'virtual', sim: 'virtual' },
  ...{ host: 'loopback', face: 'loopback', cli: 'loopback', interop: 'loopback' },
}

/** Names of tests, and of rows in tables of tests. */
const NAME = /(?:\b(?:it|test)\(\s*|\bid: |\[\s*)(['`])((?:[^'`\\]|\\.)*)\1/g
const ROW = /(?<![\d.])[1-9]\.\d\d(?![\d.])/g

/** Rows that take an address of the open network, or minutes. */
const NOT_ON_LOOPBACK = ['1.18', '1.19', '1.27', '6.13']

function testedWays(): Map<string, Set<Way>> {
  const found = new Map<string, Set<Way>>()
  const add = (row: string, way: Way): void => {
    found.set(row, (found.get(row) ?? new Set()).add(way))
  }
  for (const file of readdirSync(ROOT, { recursive: true, encoding: 'utf8' })) {
    const path = relative(ROOT, join(ROOT, file))
    const way = FOLDERS[path.split('/')[0]!]
    if (way === undefined || !path.endsWith('.test.ts')) continue
    for (const [, , name = ''] of readFileSync(join(ROOT, path), 'utf8').matchAll(NAME)) {
      for (const [row] of name.matchAll(ROW)) add(row, way)
    }
  }
  // The table of the probe is run as a whole (test/probe).
  for (const { id } of [...RULES, ...WATCHES]) {
    add(id, 'virtual')
    if (!NOT_ON_LOOPBACK.includes(id)) add(id, 'loopback')
  }
  for (const { id } of decoderRows()) add(id, 'decoder')
  return found
}

describe('the conformance list', () => {
  it('is covered row by row, or the table says why not', () => {
    const all = COUNTS.flatMap((count, section) =>
      Array.from({ length: count }, (_, i) => `${section + 1}.${String(i + 1).padStart(2, '0')}`),
    )
    assert.deepEqual([...ROWS.keys()], all)
    const bare = all.filter((row) => ROWS.get(row)!.length === 0)
    assert.deepEqual(bare, Object.keys(UNTESTED))
  })

  it('is tested in every way that the table claims', () => {
    const found = testedWays()
    const empty = [...ROWS].flatMap(([row, ways]) =>
      ways.filter((way) => !found.get(row)?.has(way)).map((way) => `${row} ${way}`),
    )
    assert.deepEqual(empty, [])
  })

  it('has no rule in the probe that is no row', () => {
    const strange = [...RULES, ...WATCHES].map(({ id }) => id).filter((id) => !ROWS.has(id))
    assert.deepEqual(strange, ['0.01', '0.02', '0.03'])
  })
})
