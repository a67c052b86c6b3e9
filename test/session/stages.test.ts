import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

describe('the stages of a torrent', () => {
  it('are those of a download from nothing, in their order, each with its first time', () => {
    const swarm = new VirtualSwarm({ dht: true })
    swarm.join({ mode: 'seed' })
    swarm.pass(20 * SECOND)
    const begun = swarm.world.now
    const leech = swarm.join()
    swarm.pass(SECOND / 10)
    assert.deepEqual(Object.keys(leech.progress.stages), ['added'])
    swarm.until(() => leech.progress.received > 0)
    const early = leech.progress.stages
    // It was added as soon as its sockets were open.
    const late = swarm.world.now - begun - early.firstByte!
    assert.ok(late >= 0 && late < SECOND / 10, `${late}`)
    assert.equal(early.firstPiece, undefined)
    assert.ok(!('complete' in early))
    swarm.until(() => leech.done)
    const whole = swarm.world.now - begun
    swarm.pass(60 * SECOND)
    const { added, node, peer, metadata, checked, firstByte, firstPiece, complete } = leech.progress.stages
    const times = [added, node, peer, metadata, checked, firstByte, firstPiece, complete].map((at) => at!)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.ok(node! > 0 && peer! > node! && firstPiece! > firstByte! && complete! > firstPiece!)
    assert.equal(firstByte, early.firstByte)
    assert.ok(Math.abs(complete! + late - whole) <= 1)
  })

  it('leave out what never was: a seed without DHT that nobody asked', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    swarm.until(() => seed.done)
    assert.deepEqual(Object.keys(seed.progress.stages).sort(), ['added', 'checked', 'complete', 'metadata'])
  })
})
