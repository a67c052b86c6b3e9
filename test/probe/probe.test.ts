import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { Probe } from '../../src/probe/probe.ts'
import type { RuleResult, Score } from '../../src/probe/score.ts'
import { SOURCE_NAMES } from '../../src/probe/sources.ts'
import { dice } from '../support/dice.ts'
import { PLACES } from '../support/probe-places.ts'
import { VirtualProbe } from '../support/virtual-probe.ts'

const NEAR = PLACES['on loopback']!
const FAR = PLACES['in the open network over IPv4']!

const of = (results: readonly RuleResult[], rule: string): RuleResult =>
  results.find((result) => result.rule === rule)!

/** Whether that datagram is the one that a node is to die of. */
const isDeadly = (bytes: Uint8Array): boolean => toLatin1(bytes).includes('6:targeti5ee1:q9:find_node')

describe('a probe of a node', () => {
  it('that dies names the rule of which it died, and those that were not reached', () => {
    let dead = false
    const { results, score, now } = new VirtualProbe({
      ...NEAR,
      between: (bytes) => {
        dead ||= isDeadly(bytes)
        return dead ? undefined : bytes
      },
    })
    const died = of(results, '1.38')
    assert.equal(died.verdict, 'fail')
    assert.match(died.why!, /^it stopped answering after "d1:ad<A>6:targeti5ee1:q9:find_node<z>"$/)
    assert.equal(of(results, '1.39').verdict, 'not-reached')
    assert.equal(of(results, '1.39').why, 'it had stopped answering at 1.38')
    assert.equal(of(results, '1.37').verdict, 'pass')
    assert.ok(score!.required.notReached >= 3)
    assert.ok(now < 60 * SECOND)
  })

  it('that dies and comes back tells so, and goes on', () => {
    for (const pause of [2 * SECOND, 8 * SECOND]) {
      let asleepUntil = 0
      const probe: VirtualProbe = new VirtualProbe({
        ...NEAR,
        between: (bytes, now) => {
          if (isDeadly(bytes)) asleepUntil = now + pause
          return now < asleepUntil ? undefined : bytes
        },
      })
      const { verdict, why } = of(probe.results, '1.38')
      assert.equal(verdict, 'fail')
      assert.match(why!, /^it stopped answering after "d1:ad<A>6:targeti5ee1:q9:find_node<z>".* back/)
      assert.deepEqual([probe.score!.required.failed, probe.score!.required.notReached], [1, 0])
    }
  })

  it('that changes its id for what a stranger says is told from one that dies', () => {
    let isAnother = false
    const { results, score } = new VirtualProbe({
      ...NEAR,
      between: (bytes) => {
        isAnother ||= toLatin1(bytes).startsWith('d2:ip')
        return bytes
      },
      back: (bytes) => {
        const text = toLatin1(bytes)
        return isAnother ? latin1(text.replace('N'.repeat(20), 'M'.repeat(20))) : bytes
      },
    })
    assert.match(of(results, '2.29').why!, /^after "d2:ip.*" it goes by another id$/)
    assert.ok(score!.required.passed > 70)
  })

  it('that shuts out who asks too much is not said to be dead', () => {
    let count = 0
    const { results, score } = new VirtualProbe({
      ...NEAR,
      between: (bytes, _now, source) => {
        count += 1
        return count > 100 && NEAR.sources[source].host === '127.0.0.1' ? undefined : bytes
      },
    })
    assert.equal(score!.required.failed, 0)
    assert.ok(score!.required.notReached > 50)
    const last = results.find(({ verdict }) => verdict === 'not-reached')!
    assert.match(last.why!, /^it answers other addresses but no longer 127\.0\.0\.1: .*--rate/)
  })

  it('tells silence about one datagram from death', () => {
    const { results, score } = new VirtualProbe({
      ...NEAR,
      between: (bytes) => (isDeadly(bytes) ? undefined : bytes),
    })
    assert.match(of(results, '1.38').why!, /it did not answer, instead of error 203$/)
    assert.equal(score!.required.failed, 1)
  })

  it('that never answers comes to no score', () => {
    const { results, score, now } = new VirtualProbe({ ...FAR, between: () => undefined })
    assert.deepEqual([results, score], [[], undefined])
    assert.ok(now < 20 * SECOND)
  })

  it('asks a node of the open network twice a second at most after its burst', () => {
    let count = 0
    const { now, score } = new VirtualProbe({
      ...FAR,
      between: (bytes) => {
        count += 1
        return bytes
      },
    })
    assert.ok(count < 12 + (2 * now) / SECOND, `${count} datagrams`)
    assert.equal(score!.required.failed, 0)
  })

  it('bears that some datagrams are lost on a long way', () => {
    let count = 0
    const { results } = new VirtualProbe({
      ...FAR,
      between: (bytes) => (count++ % 9 === 5 ? undefined : bytes),
    })
    assert.deepEqual(
      results.filter(({ verdict }) => verdict === 'fail'),
      [],
    )
  })

  it('survives whatever comes back', () => {
    const rng = dice(5)
    const texts = [
      'd1:rd2:id20:{id}e1:t{t}1:y1:re',
      'd1:rd2:id20:{id}5:token8:abcdefgh6:valuesl6:abcdefee1:t{t}1:y1:re',
      'd1:rd2:id20:{id}1:v12:Hello World!3:seqi99999999999999999999ee1:t{t}1:y1:re',
      'd1:eli203e3:Bade1:t{t}1:y1:ee',
      'd1:ad2:id20:{id}e1:q4:ping1:t{t}1:y1:qe',
      'd1:rle1:t{t}1:y1:re',
      '',
      'l',
    ]
    for (let run = 0; run < 30; run++) {
      const results: RuleResult[] = []
      let score: Score | undefined | 'none' = 'none'
      const replies: { source: (typeof SOURCE_NAMES)[number]; bytes: Uint8Array }[] = []
      const probe = new Probe({
        now: 0,
        target: NEAR.target,
        sources: new Map(SOURCE_NAMES.map((name) => [name, NEAR.sources[name]])),
        rng: dice(run),
        crypto: nodeCrypto,
        effects: {
          send: (source, bytes) => {
            const transaction = /1:t(\d+):/.exec(toLatin1(bytes))
            const length = Number(transaction?.[1] ?? 0)
            const from = transaction === null ? 0 : transaction.index + transaction[0].length
            const t = `${length}:${toLatin1(bytes.subarray(from, from + length))}`
            const text = texts[rng.u32() % (run % 2 === 0 ? 2 : texts.length)]!
            const reply = latin1(text.replace('{t}', () => t).replace('{id}', () => 'i'.repeat(20)))
            for (let n = rng.u32() % 3; run % 2 === 1 && n > 0 && reply.length > 0; n--) {
              reply[rng.u32() % reply.length] = rng.u32() & 255
            }
            replies.push({ source, bytes: reply })
          },
          result: (result) => results.push(result),
          done: (given) => {
            score = given
          },
        },
      })
      let now = 0
      for (let turns = 0; score === 'none'; turns++) {
        assert.ok(turns < 200_000, 'it ends')
        now += MILLISECOND
        const reply = replies.shift()
        if (reply !== undefined) probe.receive(now, reply.source, NEAR.target, reply.bytes)
        else {
          now = Math.max(now, probe.nextDeadline())
          probe.tick(now)
        }
      }
      assert.equal(probe.nextDeadline(), Number.POSITIVE_INFINITY)
      if (score !== undefined) assert.equal(new Set(results.map(({ rule }) => rule)).size, results.length)
    }
  })
})
