import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import type { Ports } from '../../src/session/ports.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 1 << 20 }
const LENGTH = 4 << 20

describe('a download whose files change under its feet', () => {
  it('DK11 is not done when one was deleted, says so once, and fetches it at the next start', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    swarm.until(() => leech.verified > LENGTH / 2)
    leech.volume.lengths.fill(-1)
    swarm.until(() => leech.of('error').length > 0)
    swarm.pass(10 * SECOND)
    assert.deepEqual([leech.complaints, leech.done], [['storage/missing'], false])
    leech.host.kill()
    leech.boot()
    swarm.until(() => leech.done)
    assert.deepEqual(
      [leech.whole, leech.complaints],
      [true, ['storage/missing', 'storage/lost']],
      'what is gone was fetched again',
    )
  })

  it('DK11 is not done either when it was complete before', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({
      at: SECOND,
      informed: true,
      ports: (ports) => vanishing(ports, () => leech.volume.lengths),
    })
    leech.volume.fill(swarm.payload)
    swarm.until(() => leech.of('error').length > 0)
    assert.deepEqual([leech.of('error')[0]!.code, leech.done], ['storage/missing', false])
  })

  it('DK6 ends with a warning that names what is longer than it should be', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed' })] })
    swarm.until(() => leech.verified > 0)
    leech.volume.lengths[0] = (1 << 20) + 1
    swarm.until(() => leech.done)
    const [warning, ...more] = leech.of('warning')
    assert.deepEqual([warning?.code, more], ['storage/surplus', []])
    assert.match(warning!.message, /payload\.bin.*--overwrite/)
  })

  it('DK6 cuts it when what lies there may be overwritten', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed' })], add: { overwrite: true } })
    swarm.until(() => leech.verified > 0)
    leech.volume.lengths[0] = (1 << 20) + 1
    swarm.until(() => leech.done)
    assert.deepEqual([leech.complaints, leech.volume.lengths[0]], [[], 1 << 20])
  })
})

describe('a session whose state folder cannot be had', () => {
  it('says so once, and goes on', () => {
    const swarm = new VirtualSwarm({ dht: true })
    swarm.join({ mode: 'seed' })
    const leech = swarm.join({ ports: refusing })
    swarm.until(() => leech.done)
    const [warning, ...more] = leech.of('warning')
    assert.deepEqual(
      [warning?.code, warning?.torrent, warning?.message, more],
      ['state/unusable', undefined, 'The store is not open.', []],
    )
  })
})

/** Ports whose files are gone just before they are to be confirmed. */
function vanishing(ports: Ports, lengths: () => number[]): Ports {
  const { storage } = ports
  const confirm = storage.confirm.bind(storage)
  storage.confirm = (ticket, store) => {
    lengths().fill(-1)
    confirm(ticket, store)
  }
  return ports
}

/** Ports that refuse the claim on the state folder, as they refuse what is asked of a store that is not open. */
function refusing(ports: Ports): Ports {
  const state: Ports['state'] = {
    claim: (ticket) => ports.storage.barrier(ticket, -1),
    read: (ticket, name) => ports.state.read(ticket, name),
    replace: (ticket, name, bytes) => ports.state.replace(ticket, name, bytes),
  }
  return { ...ports, state }
}
