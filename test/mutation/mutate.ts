/**
 * `npm run mutate -- <room> [files]`: mutation testing by Stryker of what `rooms.ts` names; of other files of a room against all of
 * its tests, for a look, without a floor.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ROOMS } from './rooms.ts'

const root = join(import.meta.dirname, '..', '..')
const [name = '', ...files] = process.argv.slice(2)
const room = ROOMS[name]
if (room === undefined) {
  console.error(`Use: npm run mutate -- ${Object.keys(ROOMS).join(' or ')} [files]`)
  process.exit(2)
}

const config = {
  mutate: files.length === 0 ? room.files : files,
  // Each test file is a process: what it is started with makes it print TAP, and tells it which mutant it is to meet.
  testRunner: 'tap',
  plugins: ['@stryker-mutator/tap-runner'],
  tap: {
    testFiles: files.length === 0 ? room.tests : [`test/${name}/*.test.ts`],
    nodeArgs: ['-r', '{{hookFile}}', '--import', 'tsx', '--test-reporter=tap', '{{testFile}}'],
  },
  coverageAnalysis: 'perTest',
  // What runs once when a file is loaded cannot be told apart by test, and would be run against all.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 20_000,
  // Stryker 9 reads these files with the compiler's old interface, which TypeScript 7 has not: none is looked for.
  tsconfigFile: 'none',
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false },
  tempDirName: 'tmp/stryker',
  ignorePatterns: ['dist', 'tmp'],
  thresholds: { high: 100, low: room.floor, break: files.length === 0 ? room.floor : null },
}

mkdirSync(join(root, 'tmp'), { recursive: true })
const file = join(root, 'tmp', 'stryker.json')
writeFileSync(file, JSON.stringify(config))
const run = spawnSync('npx', ['stryker', 'run', file], { cwd: root, stdio: 'inherit' })
process.exit(run.status ?? 1)
