import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Terminal } from '../../../sim/commands/terminal.ts'
import { chosenRows, validate } from '../../../sim/commands/validate.ts'
import { near, type Row } from '../../../sim/validation/row.ts'
import { SCOREBOARD } from '../../../sim/validation/scoreboard.ts'

interface Line {
  readonly event: string
  readonly [key: string]: unknown
}

async function validated(rows: readonly Row[], json: boolean) {
  let out = ''
  let err = ''
  const streams = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
  }
  const code = await validate('quick', new Terminal(json, streams), rows)
  return { code, out, err }
}

function rowOf(measured: number, change: Partial<Row> = {}): Row {
  return {
    name: 'a-row',
    claim: 'it is so',
    source: 'somebody',
    isQuick: true,
    measure: () => [near('figure', measured, 1, 0.1)],
    ...change,
  }
}

describe('the scoreboard', () => {
  it('has rows of different names, each with a source, and every pending one names what it needs', () => {
    assert.equal(new Set(SCOREBOARD.map(({ name }) => name)).size, SCOREBOARD.length)
    for (const { name, claim, source, waitsFor } of SCOREBOARD) {
      assert.match(name, /^[a-z-]+$/)
      assert.ok(claim.length > 10 && source.length > 5, name)
      assert.notEqual(waitsFor, '', name)
    }
  })
})

describe('lodestone-sim validate --quick', () => {
  let code: number
  let lines: Line[]

  before(async () => {
    const result = await validated(chosenRows(), true)
    code = result.code
    lines = result.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  })

  it('ends well, with a line for each row and one for all', () => {
    assert.equal(code, 0)
    const rows = lines.filter(({ event }) => event === 'row')
    assert.deepEqual(
      rows.map(({ name }) => name),
      SCOREBOARD.map(({ name }) => name),
    )
    const { event, missed, leftOut, wallMs } = lines.at(-1)!
    assert.deepEqual([event, missed, typeof wallMs], ['validated', 0, 'number'])
    assert.equal(leftOut, SCOREBOARD.filter(({ isQuick }) => !isQuick).length)
  })

  it('says of each figure what it is held against, what was measured, and by how much it misses', () => {
    const row = lines.find(({ name }) => name === 'session-fits')!
    assert.equal(row['status'], 'reproduced')
    for (const figure of row['figures'] as Record<string, unknown>[]) {
      assert.deepEqual(figure['target'], { kind: 'atMost', value: 0.02 })
      assert.ok((figure['measured'] as number) > 0)
      assert.equal(figure['miss'], 0)
    }
  })
})

describe('lodestone-sim validate --row', () => {
  it('takes the rows of these names, in the order of the scoreboard, and refuses others', () => {
    const names = chosenRows(['round-trips', 'lookup-hops']).map(({ name }) => name)
    assert.deepEqual(names, ['lookup-hops', 'round-trips'])
    assert.throws(() => chosenRows(['nothing']), /There is no row nothing; there are lookup-hops, /)
  })
})

describe('what validate ends with', () => {
  it('is 0 for rows that are reproduced, pending or left out', async () => {
    const rows = [rowOf(1), rowOf(9, { waitsFor: 'The DHT' }), rowOf(9, { isQuick: false })]
    const { code, out, err } = await validated(rows, false)
    assert.equal(code, 0)
    assert.equal(err, '')
    assert.match(out, /REPRODUCED: a-row/)
    assert.match(out, /PENDING \(needs: The DHT\): a-row/)
    assert.match(out, /LEFT OUT: a-row/)
    assert.match(out, /1 of 3 rows reproduced, 0 explained, 0 missed, 1 pending, 1 left out/)
  })

  it('is 0 for a miss that is explained, which is told with the reason', async () => {
    const explanations = [{ text: 'it is known', about: ['figure'], upTo: 0.6 }]
    const { code, out } = await validated([rowOf(1.5, { explanations })], false)
    assert.equal(code, 0)
    assert.match(out, /EXPLAINED: a-row/)
    assert.match(out, /figure: 1\.5 \(1 within 10 %\), misses by 50\.0 %/)
    assert.match(out, /because: it is known/)
  })

  it('is 1 for a miss that nobody explains, and names it', async () => {
    const { code, out, err } = await validated([rowOf(1), rowOf(1.5, { name: 'another' })], false)
    assert.equal(code, 1)
    assert.match(out, /MISSED: another/)
    assert.match(err, /another/)
    assert.doesNotMatch(err, /a-row/)
  })

  it('is 1 for a row that cannot be measured, which says why, and the others are measured all the same', async () => {
    const broken = rowOf(1, {
      name: 'broken',
      measure: () => {
        throw new Error('the table of host 7 is wrong')
      },
    })
    const { code, out } = await validated([broken, rowOf(1)], false)
    assert.equal(code, 1)
    assert.match(out, /MISSED: broken.*\n.*the table of host 7 is wrong/)
    assert.match(out, /REPRODUCED: a-row/)
  })
})
