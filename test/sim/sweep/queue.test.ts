import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { codeVersion } from '../../../sim/sweep/code-version.ts'
import { openRedis, queueName } from '../../../sim/sweep/redis-queue.ts'
import { skipRedis } from '../../support/foreign-programs.ts'
import { Program } from '../../support/program.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { simCommand } from '../../support/sim-command.ts'
import { CountedModule, SOURCE_FLAGS, TINY } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const MAIN = fileURLToPath(new URL('../../../sim/main.ts', import.meta.url))

interface Line {
  readonly event: string
  readonly [key: string]: unknown
}

/** A worker machine: one job at a time, taken from it after so many seconds of silence. */
function worker(name: string, url: string, ...more: readonly string[]): Program {
  const queue = ['--queue', url, '--workers', '1', '--silence', '3s', '--json']
  return new Program(name, [process.execPath, ...SOURCE_FLAGS, MAIN, 'work', ...queue, ...more])
}

/** `sweep` in this process; `told` of each line as it is said. */
async function sweep(
  args: readonly string[],
  told: (line: Line) => void = () => {},
): Promise<{ code: number; err: string; last: Line }> {
  let last: Line = { event: 'none' }
  const { code, err } = await simCommand(['sweep', ...args, '--json'], (text) => {
    last = JSON.parse(text) as Line
    told(last)
  })
  return { code, err, last }
}

function recordsIn(folder: string): { identity: string; copy: number; seed: number; outcome: string }[] {
  const text = readFileSync(join(folder, 'results.ndjson'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const settings = TINY.filter(([key]) => key !== 'nodes').flatMap(([key, value]) => [
  '--set',
  `${key}=${value}`,
])
const vary = ['--vary', 'nodes=8,12']

describe('a sweep over a queue', { skip: skipRedis }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lodestone-redis-'))
  let redis: RedisServer
  before(async () => {
    redis = await RedisServer.start(folder)
  })
  after(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true })
  })

  it('of 200 jobs loses none and does none twice when one of three workers is killed half way', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(folder)
      const report = join(folder, 'report')
      const ours = [
        module.path,
        '--seeds',
        '1-100',
        ...vary,
        ...settings,
        '--queue',
        redis.url,
        '--workers',
        '0',
      ]
      const workers = ['one', 'two', 'three'].map((name) => worker(name, redis.url, '--modules', folder))
      const [doomed, ...others] = workers
      try {
        let jobs = 0
        const { code, err, last } = await sweep([...ours, '--report', report], ({ event }) => {
          if (event === 'job' && ++jobs === 100) doomed!.signal('SIGKILL')
        })
        assert.equal(code, 0, err)
        assert.equal((await doomed!.exited).signal, 'SIGKILL')
        assert.deepEqual([last.event, last['passed'], last['failed'], last['found']], ['summary', 200, 0, 0])
        assert.deepEqual([last['crashed'], last['contradictions']], [[], []])

        const records = recordsIn(report)
        const again = records.filter(({ copy }) => copy === 1).length
        assert.equal(records.length, 200 + again)
        assert.equal(new Set(records.map(({ identity }) => identity)).size, 200)
        assert.equal(new Set(records.map(({ identity, copy }) => `${identity}/${copy}`)).size, records.length)
        // What the dead worker was at is begun again elsewhere, and nothing else.
        const begun = module.runs.length
        assert.ok(
          begun === records.length || begun === records.length + 1,
          `${begun} runs of ${records.length}`,
        )

        const resumed = await sweep([...ours, '--report', report])
        assert.deepEqual([resumed.code, resumed.last['ran'], resumed.last['found']], [0, 0, records.length])
        const elsewhere = await sweep([...ours, '--report', join(folder, 'lost')])
        assert.deepEqual([elsewhere.code, elsewhere.last['settings']], [0, last['settings']])
        assert.equal(module.runs.length, begun, 'a folder that is lost costs no run')

        for (const program of others) program.signal('SIGINT')
        for (const program of others) assert.equal((await program.end(10_000)).code, 130)
        const done = others.map((program) => program.linesMatching((line) => line.includes('"job"')).length)
        assert.ok(
          done.every((count) => count > 0),
          `${done}`,
        )
      } catch (error) {
        throw new Error(workers.map((program) => program.report()).join('\n'), { cause: error })
      } finally {
        for (const program of workers) await program.stop()
      }
    })
  })

  it('tries a job that crashes twice, takes a failed check as a result, and goes on', async () => {
    await inTempFolder(async (folder) => {
      const body = `
        if (seed === 2) throw new Error('no such luck')
        if (seed === 3 && before === 0) process.kill(process.pid, 'SIGKILL')`
      const module = new CountedModule(folder, body)
      const hard = ['--set', 'nodes=12', '--set', 'lookups=1', '--set', 'settle=1', '--set', 'spread=0.1']
      const { code, last } = await sweep([
        ...[module.path, '--seeds', '1-4', ...hard, '--queue', redis.url, '--workers', '1'],
        ...['--silence', '3s'],
      ])
      assert.equal(code, 1)
      const crashed = last['crashed'] as { seed: number; error: string }[]
      assert.deepEqual([...new Set(crashed.map(({ seed, error }) => `${seed} ${error}`))], ['2 no such luck'])
      assert.equal((last['passed'] as number) + (last['failed'] as number), 3)
      const begun = (seed: number): number => module.runs.filter((line) => line.startsWith(`${seed} `)).length
      assert.equal(begun(2), 2 * crashed.length)
      assert.ok(begun(3) >= 2)
    })
  })

  it('believes nothing in the queue: a job that is none crashes, a module is not run without its folder', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(folder)
      const { bullmq, options } = await openRedis(redis.url)
      const queue = new bullmq.Queue(queueName(codeVersion(), false), options)
      const events = new bullmq.QueueEvents(queueName(codeVersion(), false), options)
      const program = worker('one', redis.url)
      try {
        await events.waitUntilReady()
        const wild = { scenario: module.path, values: {}, seed: 1, copy: 0, identity: 'ab'.repeat(32) }
        const jobs = [{ frob: 1 }, wild, { ...wild, module: { file: module.file, sha256: 'cd'.repeat(32) } }]
        for (const data of jobs) {
          const job = await queue.add('wild', data)
          await assert.rejects(job.waitUntilFinished(events, 20_000), /is none|another version/)
        }
        assert.deepEqual(module.runs, [])
      } finally {
        await Promise.all([queue.close(), events.close()])
        await program.stop()
      }
    })
  })

  it('says in one sentence that no Redis answers, and which eviction policy loses jobs', async () => {
    const tiny = ['--set', 'nodes=8', ...settings]
    const args = ['bootstrap', '--seeds', '1', ...tiny, '--workers', '1']
    const nobody = await sweep([...args, '--queue', 'redis://:secret@127.0.0.1:1'])
    assert.equal(nobody.code, 1)
    assert.match(nobody.err, /^lodestone-sim: No Redis answers at redis:\/\/[^\n]*127\.0\.0\.1:1[^\n]*\.\n$/)
    assert.doesNotMatch(nobody.err, /secret/)
    const wrong = await sweep([...args, '--queue', 'http://127.0.0.1:1'])
    assert.deepEqual([wrong.code, wrong.err.split('\n').length], [2, 2])
    await inTempFolder(async (folder) => {
      const forgetful = await RedisServer.start(folder, 'allkeys-lru')
      try {
        const { err } = await sweep([...args, '--queue', forgetful.url, '--silence', '3s'])
        assert.match(err, /maxmemory-policy allkeys-lru\); set it to noeviction/)
      } finally {
        await forgetful.stop()
      }
    })
  })
})
