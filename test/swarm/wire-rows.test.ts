/** Holds the list of the wire and storage rules against the names of the tests: each rule has a test, or a reason why not. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

/** How many rows each part of the list has. */
const COUNTS = {
  ...{
    HS: 22,
    FR: 13,
    BF: 15,
    FX: 16,
    SV: 17,
    CL: 26,
    EX: 17,
    MD: 26,
    PX: 12,
    MG: 23,
    TI: 26,
    DK: 28,
    RS: 12,
    V: 10,
  },
} as const

const NOT_BUILT = 'not built'

const UNTESTED: Readonly<Record<string, string>> = {
  EX11: 'not followed: they name a peer that we are connected with already, and nothing vouches for them',
  DK21: 'files have their names from the start',
  DK24: 'no such volume to test on',
  DK28: NOT_BUILT,
  RS11: 'rows are tested in one of both ways',
}

const NAME = /(?:\b(?:it|test|describe)\(\s*|\[\s*|name: )(['`])((?:[^'`\\]|\\.)*)\1/g
const ROW = /\b([A-Z]{1,2})(\d+)(?: to \1(\d+))?\b/g

it('each rule of the wire and of the storage has a test, or a reason why not', () => {
  const all = Object.entries(COUNTS).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, i) => `${part}${i + 1}`),
  )
  const tested = new Set<string>()
  const root = join(import.meta.dirname, '..')
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts')) continue
    for (const [, , name = ''] of readFileSync(join(root, file), 'utf8').matchAll(NAME)) {
      for (const [, part, first, last] of name.matchAll(ROW))
        for (let row = Number(first); row <= Number(last ?? first); row++) tested.add(`${part}${row}`)
    }
  }
  assert.deepEqual(
    all.filter((row) => !tested.has(row)),
    Object.keys(UNTESTED),
  )
})
