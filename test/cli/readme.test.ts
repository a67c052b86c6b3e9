import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { COMMANDS } from '../../src/cli/commands.ts'
import { optionName } from '../../src/cli/option-table.ts'

const text: string = readFileSync('README.md', 'utf8')

describe('the README', () => {
  for (const { name, rows } of COMMANDS) {
    it(`names every option of ${name} as the command takes it`, () => {
      assert.match(text, new RegExp(`\`${name}[ \`]`))
      for (const [key, row] of rows) {
        const option = `--${optionName(key)}`
        assert.match(text, new RegExp(`\`${option}[ \`]`), option)
        if (row.alias !== undefined) assert.ok(text.includes(`\`-${row.alias}\``), option)
      }
    })
  }

  it('names no option that no command takes', () => {
    const known = COMMANDS.flatMap(({ rows }) => rows.map(([key]) => optionName(key)))
    const table = text.slice(text.indexOf('| option |'), text.indexOf('| exit code |'))
    const named = [...table.matchAll(/`--([a-z0-9-]+)/g)].map((match) => match[1]!)
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })

  it('shows the example that is run', () => {
    const example = readFileSync('test/examples/download.ts', 'utf8').replace(
      '../../src/index.ts',
      'lodestone',
    )
    const code = example.slice(example.indexOf('import'))
    assert.ok(text.includes(`\`\`\`ts\n${code}\`\`\``))
  })
})
