/**
 * `npm run mutate -- <room> [files]`: mutation testing by Stryker of what `rooms.ts` names, or of some of it; of other files of a room,
 * or of some lines (`src/peer/framer.ts:40-90`), for a look, without a floor.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { type Mutated, ROOMS } from './rooms.ts'

const root = join(import.meta.dirname, '..', '..')
const [name = '', ...files] = process.argv.slice(2)
const room = ROOMS[name]
if (room === undefined) {
  console.error(`Use: npm run mutate -- ${Object.keys(ROOMS).join(' or ')} [files]`)
  process.exit(2)
}

/** Whether it passed. */
function mutate(what: string, tests: readonly string[], floor: number | undefined): boolean {
  const config = {
    mutate: [what],
    // Each test file is a process: what it is started with makes it print TAP, and tells it which mutant it is to meet.
    testRunner: 'tap',
    plugins: ['@stryker-mutator/tap-runner'],
    tap: {
      testFiles: tests,
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
    thresholds: { high: 100, low: floor ?? 0, break: floor ?? null },
  }
  mkdirSync(join(root, 'tmp'), { recursive: true })
  const file = join(root, 'tmp', 'stryker.json')
  writeFileSync(file, JSON.stringify(config))
  return spawnSync('npx', ['stryker', 'run', file], { cwd: root, stdio: 'inherit' }).status === 0
}

/** A whole file that is named has a floor; part of it has its tests; any other file all tests of the room. */
function chosen(wanted: string): [what: string, tests: readonly string[], floor: number | undefined] {
  const known: Mutated | undefined = room!.find(({ file }) => file === wanted.split(':')[0])
  return [
    wanted,
    known?.tests ?? [`test/${name}/*.test.ts`],
    known?.file === wanted ? known.floor : undefined,
  ]
}

const wanted = files.length === 0 ? room.map(({ file }) => file) : files
const passed = wanted.map((file) => mutate(...chosen(file)))
process.exit(passed.every(Boolean) ? 0 : 1)
