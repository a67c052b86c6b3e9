import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EpochDigests } from '../../../sim/engine/epoch-digests.ts'
import type { TracedEvent } from '../../../sim/engine/trace.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import { bisect, type ComparedRun } from '../../../sim/failure/bisect.ts'
import { rerunOf } from '../../../sim/failure/rerun.ts'
import type { World } from '../../../sim/hosts/world.ts'
import { bootstrap } from '../../../sim/scenarios/bootstrap.ts'
import { SECOND } from '../../../src/core/time.ts'

const HORIZON = 10

function play(loss: string, watch: (world: World) => void): void {
  const given = new Map([
    ['nodes', '30'],
    ['loss', loss],
  ])
  runScenario(bootstrap, 1, resolveValues(bootstrap, given, 'small'), { horizon: HORIZON, watch })
}

function runWith(loss: string): ComparedRun {
  const epochs = new EpochDigests()
  play(loss, ({ scheduler }) => (scheduler.epochs = epochs))
  return { digests: epochs.table(), rerun: rerunOf((watch) => play(loss, watch)) }
}

describe('a run that is played again', () => {
  it('shows the events of the time that was asked for, and ends there', () => {
    const all: TracedEvent[] = []
    const some: TracedEvent[] = []
    const { rerun } = runWith('0')
    rerun(0, HORIZON * SECOND, (event) => all.push(event))
    rerun(2 * SECOND, 3 * SECOND, (event) => some.push(event))
    assert.ok(some.length > 0)
    assert.deepEqual(
      some,
      all.filter(({ time }) => time >= 2 * SECOND && time < 3 * SECOND),
    )
  })

  it('hands on what goes wrong in it', () => {
    const rerun = rerunOf(() => {
      throw new Error('no such scenario')
    })
    assert.throws(() => rerun(0, SECOND, () => {}), /no such scenario/)
  })

  it('lets bisect find the first datagram that fared otherwise in a world that loses some', () => {
    assert.equal(bisect(runWith('0'), runWith('0')), undefined)
    const { left, right, agreed } = bisect(runWith('0'), runWith('0.05'))!
    assert.equal(left!.number, right!.number)
    assert.equal(agreed!.number, left!.number - 1)
    assert.notDeepEqual(left, right)
    // The worlds draw for losses from their first datagram on, so that is where they part.
    assert.match(left!.kind, /datagram/)
    assert.match(right!.kind, /datagram/)
  })
})
