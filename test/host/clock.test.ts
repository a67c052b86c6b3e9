import assert from 'node:assert/strict'
import { test } from 'node:test'
import { now } from '../../src/host/now.ts'
import { Rig } from './rig.ts'

test('time is a whole number of microseconds and never goes back', () => {
  let last = now()
  for (let i = 0; i < 10_000; i++) {
    const next = now()
    assert.ok(Number.isSafeInteger(next) && next >= last)
    last = next
  }
})

test('the timer comes once, not before the time that was asked for last', async (t) => {
  const rig = new Rig(t)
  const { clock } = rig.host.ports
  const at = now() + 20_000
  rig.call(() => clock.wakeAt(now() + 5_000))
  rig.call(() => clock.wakeAt(at))
  const { args } = await rig.first('timer')
  assert.ok((args[0] as number) >= at)
  rig.call(() => clock.wakeAt(now() + 1_000))
  await rig.until(() => rig.all('timer').length === 2)
})

test('an earlier time replaces a later one', async (t) => {
  const rig = new Rig(t)
  rig.host.ports.clock.wakeAt(now() + 3_600_000_000)
  rig.host.ports.clock.wakeAt(now() + 2_000)
  await rig.first('timer')
})

test('neither no deadline nor one in years fires', async (t) => {
  const rig = new Rig(t)
  rig.host.ports.clock.wakeAt(now() + 1e15)
  rig.host.ports.clock.wakeAt(Number.POSITIVE_INFINITY)
  const other = new Rig(t)
  other.host.ports.clock.wakeAt(now() + 10_000)
  await other.first('timer')
  assert.deepEqual(rig.heard, [])
})
