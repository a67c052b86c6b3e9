import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError, type RuleResult, type Score } from '../../src/index.ts'
import { Scene } from './scene.ts'

const PASS: RuleResult = { rule: '1.01', level: 'B', title: 'answers a ping', verdict: 'pass' }
const FAIL: RuleResult = {
  rule: '2.02',
  level: 'C',
  title: 'drops a list',
  verdict: 'fail',
  why: 'it \x1b[2J died',
}
const TALLY = { passed: 1, failed: 0, notApplicable: 0, notReached: 0 }
const GOOD: Score = { required: TALLY, chosen: { ...TALLY, notApplicable: 1 } }
const BAD: Score = { required: TALLY, chosen: { ...TALLY, failed: 2, notReached: 1 } }

describe('probe', () => {
  it('prints a line per rule and a score, and leaves with 0 when every rule holds', async () => {
    const scene = new Scene()
    scene.probing = { results: [PASS], score: Promise.resolve(GOOD) }
    assert.equal(await scene.run('probe', '[2001:db8::1]:6881', '--bind', '::1', '--rate', '5', '--slow'), 0)
    assert.deepEqual(scene.probed, [
      { host: '2001:db8::1', port: 6881, options: { bind: ['::1'], rate: 5, slow: true } },
    ])
    assert.deepEqual(scene.stdout.split('\n'), [
      'Listening on 127.0.0.1:7000',
      'pass B 1.01 answers a ping',
      'required 1 of 1 rule',
      'chosen   1 of 1 rule, 1 not applicable',
      '',
    ])
  })

  it('leaves with 1 when a rule is broken, and tells what is wrong as a script and as a person may read it', async () => {
    const scene = new Scene()
    scene.probing = { results: [PASS, FAIL], score: Promise.resolve(BAD) }
    assert.equal(await scene.run('probe', 'router.example:6881', '--quiet'), 1)
    assert.match(scene.stdout, /^FAIL C 2\.02 drops a list: it \[2J died$/m)
    assert.match(scene.stdout, /^chosen {3}1 of 4 rules, 2 failed, 1 not reached$/m)
    const json = new Scene()
    json.probing = scene.probing
    assert.equal(await json.run('probe', 'router.example:6881', '--json'), 1)
    assert.deepEqual(json.events, [
      { event: 'listening', at: 0, host: '127.0.0.1', port: 7000 },
      { event: 'rule', at: 0, ...PASS },
      { event: 'rule', at: 0, ...FAIL },
      { event: 'score', at: 0, ...BAD },
      { event: 'done', at: 0, host: 'router.example', port: 6881, seconds: 0 },
    ])
  })

  it('leaves with 1 and a sentence when nobody answers, with 2 for wrong use', async () => {
    const scene = new Scene()
    const error = new LodestoneError('timeout', 'probe/no-answer', '127.0.0.1:9 does not answer.')
    scene.probing = { results: [], score: Promise.reject(error) }
    assert.equal(await scene.run('probe', '127.0.0.1:9'), 1)
    assert.equal(scene.stderr, 'lodestone: 127.0.0.1:9 does not answer.\n')
    for (const args of [['127.0.0.1'], ['127.0.0.1:9', '--no-dht'], ['127.0.0.1:9', '--rate', '0']]) {
      assert.equal(await new Scene().run('probe', ...args), 2)
    }
  })
})
