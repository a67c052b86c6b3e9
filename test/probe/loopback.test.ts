/** The same table over real sockets. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError, open, type ProbeRun, probe, type RuleResult } from '../../src/index.ts'

async function all(run: ProbeRun): Promise<RuleResult[]> {
  const results: RuleResult[] = []
  for await (const result of run) results.push(result)
  return results
}

for (const [host, unseen] of [
  ['127.0.0.1', ['1.18', '1.19', '1.27', '4.02', '4.08', '6.13']],
  ['::1', ['1.16', '1.18', '1.19', '1.27', '4.01', '4.07', '6.13']],
] as const) {
  describe(`a node of our own at ${host}`, async () => {
    const node = await open({ bind: [host], port: 0, bootstrap: 'none', listen: false, state: false })
    const { port } = node.addresses[0]!
    // Whatever the first leaves behind does not harm the second.
    await all(probe(host, port))
    const run = probe(host, port)
    const results = await all(run)
    await node.close()
    const score = await run.score

    for (const { rule, title, verdict, why } of results) {
      it(`${rule} ${title}`, () => {
        const expected = (unseen as readonly string[]).includes(rule) ? 'not-applicable' : 'pass'
        assert.deepEqual([verdict, verdict === expected ? undefined : why], [expected, undefined])
      })
    }

    it('breaks no rule', () => {
      const { required, chosen } = score
      assert.equal(required.failed + required.notReached + chosen.failed + chosen.notReached, 0)
      assert.ok(required.passed > 80 && chosen.passed > 40)
    })
  })
}

describe('a probe', () => {
  it('rejects in a sentence where nobody answers, and where there is no such place', async () => {
    const node = await open({ bind: ['127.0.0.1'], port: 0, bootstrap: 'none', listen: false, state: false })
    const { port } = node.addresses[0]!
    await node.close()
    await assert.rejects(probe('127.0.0.1', port).score, { code: 'probe/no-answer', kind: 'timeout' })
    await assert.rejects(probe('127.0.0.1', 1, { bind: ['::1'] }).score, { code: 'network/no-address' })
    await assert.rejects(probe('127.0.0.1', 1, { bind: ['203.0.113.9'] }).score, LodestoneError)
    assert.throws(() => probe('127.0.0.1', 0), { code: 'options/port' })
    for (const rate of [0, -1, Number.NaN])
      assert.throws(() => probe('127.0.0.1', 1, { rate }), { code: 'options/rate' })
    assert.throws(() => probe('127.0.0.1', 1, { bind: ['here'] }), { code: 'options/bind' })
  })

  it('ends when its reader leaves or its signal is aborted', async () => {
    const node = await open({ bind: ['127.0.0.1'], port: 0, bootstrap: 'none', listen: false, state: false })
    const { port } = node.addresses[0]!
    const left = probe('127.0.0.1', port)
    for await (const { rule } of left) if (rule === '1.03') break
    await assert.rejects(left.score, { code: 'probe/closed' })
    const stop = new AbortController()
    const aborted = probe('127.0.0.1', port, { signal: stop.signal })
    stop.abort()
    assert.deepEqual(await all(aborted), [])
    await assert.rejects(aborted.score, { code: 'probe/closed' })
    await node.close()
  })
})
