import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { planted, unplanted } from '../../support/plant.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import type { PlantedLine } from '../planted-hooks.ts'

const MAIN = fileURLToPath(new URL('../../../sim/main.ts', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))

interface Bug extends PlantedLine {
  readonly scenario: string
  readonly invariant: string
}

const BUGS: Readonly<Record<string, Bug>> = {
  'announcements are taken with any token': {
    scenario: 'token-and-flood',
    file: 'src/dht/answering/responder.ts',
    find: '!tokens\\.accepts\\(now,\\s*from,\\s*infoHash,\\s*query\\.token\\)',
    replacement: 'false',
    invariant: 'stored only with a valid token',
  },
  'a piece is recorded whatever its hash is': {
    scenario: 'poisoned-pieces',
    file: 'src/swarm/piece-check.ts',
    find: 'equalBytes\\(digest,\\s*this\\.#hashes\\.subarray\\([^)]*\\)\\)',
    replacement: 'true',
    invariant: 'recorded only when verified',
  },
  'who names contacts forgets one each time': {
    scenario: 'bootstrap',
    file: 'src/dht/table/routing-table.ts',
    find: 'nearestGood\\(now,\\s*target,\\s*asker\\)\\s*\\{',
    replacement: '$& if (this.#book.size > 3) this.#drop(0);',
    invariant: 'routing table',
  },
}

/** After an unclean end, what the journal is not sure of is believed. */
const BELIEVED = {
  find: 'for\\s*\\(const piece of trusted\\)\\s*this\\.#have\\.add\\(piece\\)',
  replacement:
    '$&; for (const piece of journal.doubtful) this.#have.add(piece); journal = { ...journal, doubtful: [] }',
} as const

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function node(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args],
      { env, ...(cwd === undefined ? {} : { cwd }) },
      (error, out, err) => {
        resolve({ code: Number(error?.code ?? 0), out, err })
      },
    )
  })
}

function objects(out: string, event: string): Record<string, unknown>[] {
  const all = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return all.filter((object) => object['event'] === event)
}

describe('a planted bug', { concurrency: 2 }, () => {
  for (const [what, { scenario, invariant, ...line }] of Object.entries(BUGS)) {
    it(`is found by an invariant, and again by the command that is printed: ${what}`, async () => {
      const env = planted(line)
      const first = await node([MAIN, 'run', scenario, '--size', 'small', '--json'], env)
      assert.equal(first.code, 1, first.err)
      const [failure] = objects(first.out, 'failure')
      const violation = failure?.['violation'] as { invariant: string; event: number; hosts: number[] }
      assert.equal(violation.invariant, invariant)
      const events = failure!['events'] as { source: number; destination: number }[]
      assert.ok(events.length > 0 && events.length <= 20)
      for (const { source, destination } of events) {
        assert.ok(violation.hosts.includes(source) || violation.hosts.includes(destination))
      }

      const command = failure!['command'] as string
      assert.ok(first.err.includes(`Run it again with: ${command}\n`))
      const [program, ...args] = command.split(' ')
      assert.equal(program, 'lodestone-sim')
      const again = await node([MAIN, ...args, '--json'], env)
      assert.equal(again.code, 1)
      assert.deepEqual(objects(again.out, 'failure')[0]!['violation'], violation)
      assert.equal(objects(again.out, 'result')[0]!['events'], violation.event)
      assert.deepEqual(
        objects(again.out, 'node').map(({ host }) => host),
        violation.hosts,
      )
    })
  }

  it('that a power cut brings out is shrunk to that, and written as a test that tells it from none', () => {
    return inTempFolder(async (folder) => {
      mkdirSync(join(folder, 'node_modules'))
      symlinkSync(PACKAGE, join(folder, 'node_modules', 'lodestone'))
      const settings = ['--size', 'small', '--set', 'peers=7', '--json', '--shrink', 'found.test.mjs']
      const source = { ...BELIEVED, file: 'src/session/resume-check.ts' }
      const found = await node([MAIN, 'run', 'disk-faults', ...settings], planted(source), folder)
      assert.equal(found.code, 1, found.err)
      const [shrunk] = objects(found.out, 'shrunk')
      const faults = shrunk?.['faults'] as { kind: string; power?: boolean }[]
      assert.deepEqual(
        faults.map(({ kind, power }) => [kind, power]),
        [['crash', true]],
      )

      const built = { ...BELIEVED, file: 'dist/src/session/resume-check.js' }
      const [spoilt, sound] = await Promise.all([
        node(['--test', 'found.test.mjs'], planted(built), folder),
        node(['--test', 'found.test.mjs'], unplanted(), folder),
      ])
      assert.equal(spoilt.code, 1, spoilt.out)
      assert.match(spoilt.out, /recorded only when verified/)
      assert.equal(sound.code, 0, sound.out)
      assert.match(sound.out, /pass 1/)
    })
  })
})
