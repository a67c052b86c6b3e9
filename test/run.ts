/**
 * Runs the tests: `npm test`, or `npm test -- <part of a file's path> ...` for some of them. One run of Node.js's own test
 * runner, so that one summary ends the output.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { leftOut } from './support/foreign-programs.ts'

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)

const files = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

if (files.length === 0) {
  console.error(`No test file has ${wanted.join(' or ')} in its path.`)
  process.exit(2)
}

for (const line of leftOut()) console.log(line)

// Those with other programs mostly wait for the timers of these: with two at once both cores of a small machine were idle half of the time.
const concurrency = Math.max(3, availableParallelism() - 1)
const flags = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`]
const run = spawnSync(process.execPath, ['--import', 'tsx', ...flags, ...files], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(run.status ?? 1)
