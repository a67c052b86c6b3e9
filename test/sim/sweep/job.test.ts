import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { codeVersion } from '../../../sim/sweep/code-version.ts'
import { identityOf, type Job, keyOf, readJob } from '../../../sim/sweep/job.ts'
import { runJob } from '../../../sim/sweep/run-job.ts'
import { tinyJobs } from '../../support/sweep-jobs.ts'

const code = { digest: 'ab'.repeat(32), node: 20 }
const sha256 = 'cd'.repeat(32)
const head = { scenario: 'some', module: { file: 'a.mjs', sha256 }, seed: 3, copy: 0 } as const
const base: Omit<Job, 'identity'> = { ...head, values: { nodes: 8, loss: 0.25 } }

describe('the identity of a job', () => {
  it('does not depend on the order of the values, the place of the module, or which of two runs it is', () => {
    const values = fc.dictionary(fc.string(), fc.double({ noNaN: true }))
    fc.assert(
      fc.property(values, fc.maxSafeNat(), (values, seed) => {
        const turned = Object.fromEntries(Object.entries(values).toReversed())
        const one = identityOf({ ...base, values, seed }, code)
        const moved = { ...base, values: turned, seed, copy: 1, module: { file: 'b/c.mjs', sha256 } } as const
        assert.equal(identityOf(moved, code), one)
        assert.match(one, /^[0-9a-f]{64}$/)
      }),
      { numRuns: 50 },
    )
  })

  it('is another for another scenario, module, value, seed, code or Node.js', () => {
    const { module: _module, ...catalogued } = base
    const others = [
      identityOf(base, code),
      identityOf({ ...base, scenario: 'other' }, code),
      identityOf({ ...base, module: { file: 'a.mjs', sha256: 'ce'.repeat(32) } }, code),
      identityOf(catalogued, code),
      identityOf({ ...base, values: { nodes: 8, loss: 0.5 } }, code),
      identityOf({ ...base, values: { nodes: 8 } }, code),
      identityOf({ ...base, seed: 4 }, code),
      identityOf(base, { ...code, digest: 'ac'.repeat(32) }),
      identityOf(base, { ...code, node: 22 }),
    ]
    assert.equal(new Set(others).size, others.length)
  })

  it('tells the two runs of a job that is run twice apart by their keys', () => {
    const identity = identityOf(base, code)
    assert.notEqual(keyOf({ identity, copy: 0 }), keyOf({ identity, copy: 1 }))
  })
})

describe('a job from a queue', () => {
  const job: Job = { ...base, identity: identityOf(base, code) }

  it('is read as it was sent', () => {
    assert.deepEqual(readJob(JSON.parse(JSON.stringify(job)), code), job)
  })

  it('is refused when it is none, and when this program would give it another identity', () => {
    const broken: unknown[] = [
      null,
      'job',
      [],
      {},
      { ...job, seed: -1 },
      { ...job, seed: 1.5 },
      { ...job, seed: '3' },
      { ...job, copy: 2 },
      { ...job, values: { nodes: '8' } },
      { ...job, values: [8] },
      { ...job, scenario: 7 },
      { ...job, module: '../../etc/passwd' },
      { ...job, module: { file: 'a.mjs', sha256: 'short' } },
    ]
    for (const value of broken) assert.throws(() => readJob(value, code), { code: 'sim/bad-job' })
    const strange: unknown[] = [
      { ...job, values: { nodes: 9, loss: 0.25 } },
      { ...job, identity: identityOf({ ...base, seed: 4 }, code) },
    ]
    for (const value of strange) assert.throws(() => readJob(value, code), { code: 'sim/other-code' })
    assert.throws(() => readJob(job, { ...code, digest: 'ac'.repeat(32) }), { code: 'sim/other-code' })
  })

  it('is not run with values that the scenario does not have or allow', async () => {
    const [tiny] = tinyJobs(1)
    const run = (values: Record<string, number>): Promise<unknown> =>
      runJob({ ...tiny!, values: { ...tiny!.values, ...values } }, undefined)
    for (const values of [
      { nodes: 1e9 },
      { nodes: 8.5 },
      { loss: -1 },
      { frob: 1 },
      { settle: Number.NaN },
    ]) {
      await assert.rejects(run(values), { code: 'sim/job-refused' }, JSON.stringify(values))
    }
    const { nodes: _nodes, ...lacking } = tiny!.values
    await assert.rejects(runJob({ ...tiny!, values: lacking }, undefined), { code: 'sim/job-refused' })
  })

  it('never names a file by its scenario', async () => {
    const [tiny] = tinyJobs(1)
    for (const scenario of ['./x.mjs', '/tmp/x.mjs', 'x.mjs', '..\\x.js']) {
      await assert.rejects(runJob({ ...tiny!, scenario }, undefined), { code: 'sim/job-refused' })
    }
  })
})

describe('the version of the code', () => {
  it('is a digest that stays the same, with the major version of Node.js', () => {
    assert.deepEqual(codeVersion(), codeVersion())
    assert.match(codeVersion().digest, /^[0-9a-f]{64}$/)
    assert.equal(codeVersion().node, Number.parseInt(process.versions.node, 10))
  })
})
