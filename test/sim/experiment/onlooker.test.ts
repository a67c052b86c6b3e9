import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { PlaybackRecorder } from '../../../sim/experiment/playback.ts'
import { type RunResult, runScenario } from '../../../sim/experiment/run-scenario.ts'
import { randomId } from '../../../src/core/id.ts'
import { SECOND } from '../../../src/core/time.ts'
import { dice } from '../../support/dice.ts'

function ran(name: string, given: Readonly<Record<string, string>>, look: boolean): RunResult {
  const scenario = catalogue.find((one) => one.name === name)!
  return runScenario(scenario, 5, resolveValues(scenario, new Map(Object.entries(given))), { look })
}

const SMALL_DHT = { nodes: '30', lookups: '20', spread: '5', settle: '30' }

describe('looking on while a run goes', () => {
  it('changes nothing in it', () => {
    const [plain, looked] = [ran('bootstrap', SMALL_DHT, false), ran('bootstrap', SMALL_DHT, true)]
    assert.equal(looked.digest, plain.digest)
    assert.deepEqual(looked.metrics, plain.metrics)
    assert.deepEqual([plain.flows, plain.playback], [[], undefined])
  })

  it('tells who talked to whom, every datagram counted once', () => {
    const { flows, metrics } = ran('bootstrap', SMALL_DHT, true)
    const datagrams = flows.reduce((sum, flow) => sum + flow.datagrams, 0)
    // Those that were on their way at the end, or came to a machine that was not yet up.
    assert.ok(datagrams >= metrics['datagrams']! && datagrams < metrics['datagrams']! * 1.05)
    for (const { bytes, datagrams: count } of flows) assert.ok(bytes > 40 * count)
  })

  it('records look-ups as walks whose queries are answered after they were asked', () => {
    const { playback, metrics } = ran('bootstrap', SMALL_DHT, true)
    const { hosts, lives, walks, hops, leftOut } = playback!
    assert.equal(leftOut, 0)
    assert.equal(hosts.length, 30)
    assert.ok(hosts.every(({ ring }) => ring !== null && ring >= 0 && ring < 1))
    assert.equal(new Set(lives.map(([, host]) => host)).size, 30)
    assert.ok(walks.filter(({ ended }) => ended !== null).length >= 20)
    const asked = hops.filter(([, , , , kind]) => kind === 'query')
    const answers = hops.filter(([, , , , kind]) => kind === 'answer')
    assert.ok(asked.length >= 20 * metrics['lookupQueriesMedian']!)
    assert.ok(answers.length > 0.9 * asked.length)
    for (const [at, walk, from, to] of answers) {
      assert.ok(
        asked.some(
          ([begun, same, asker, whom]) => same === walk && asker === to && whom === from && begun <= at,
        ),
      )
    }
  })

  it('records how pieces spread, until everybody has each', () => {
    const { playback } = ran('swarm', { peers: '6', length: '2m', piece: '256k' }, true)
    const { pieceCount, pieces } = playback!
    assert.equal(pieceCount, 8)
    assert.equal(pieces.length, 6 * 8)
    assert.equal(new Set(pieces.map(([, host, piece]) => `${host}/${piece}`)).size, 6 * 8)
    assert.ok(pieces.every(([at], i) => i === 0 || at >= pieces[i - 1]![0]))
  })
})

describe('PlaybackRecorder', () => {
  it('keeps no more than its cap, and counts what it left out', () => {
    const recorder = new PlaybackRecorder(3)
    recorder.host(1, 'all', randomId(dice(1)))
    for (let i = 0; i < 5; i++) recorder.pieceVerified(i * SECOND, 1, i, 5)
    recorder.up(0, 2)
    const { pieces, lives, leftOut } = recorder.playback
    assert.deepEqual([pieces.length, lives.length, leftOut, recorder.isFull], [3, 0, 3, true])
  })
})
