/** `npm run bench -- download [--size 1G] [--runs 7]`. */
import { parseArgs } from 'node:util'
import { obstacle } from '../support/foreign-programs.ts'
import { benchDownload } from './download.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '1G' }, runs: { type: 'string', default: '7' } },
})
const [, digits, unit = ''] = /^(\d+)([kMG]?)$/.exec(values.size) ?? []
const length = Number(digits) * UNITS[unit]!
const runs = Number(values.runs)

if (positionals.join(' ') !== 'download' || !(length > 0) || !(runs > 0)) {
  console.error('Use: npm run bench -- download [--size 1G] [--runs 7]')
  process.exit(2)
}
const found = obstacle()
if (found !== undefined) {
  console.error(`There is nothing to compare with, for ${found.what}. ${found.remedy}`)
  process.exit(1)
}
await benchDownload(length, runs)
