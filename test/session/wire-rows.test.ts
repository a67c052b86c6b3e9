import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const PEER_ID = latin1('-XX0001-scripted....')

describe('whole sessions, by the rows of the wire list', () => {
  it('BF11: who has become complete says that it wants nothing more of a peer, and two seeds part', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ informed: true, peers: [seed] })
    swarm.until(() => leech.done, 30 * SECOND)
    swarm.pass(5 * SECOND)
    assert.deepEqual([seed.progress.peers, leech.progress.peers], [0, 0])
    assert.deepEqual([seed.banned, leech.banned], [[], []])
  })

  it('CL19: the only peer with the last piece chokes: interest stays, nothing spins, and it goes on at the unchoke', () => {
    const swarm = new VirtualSwarm()
    const { payload, world } = swarm
    const pieces = new Bitfield(payload.geometry.pieceCount)
    pieces.fill()
    let served = 0
    let letting = true
    const owner = ScriptedPeer.join(world, {
      infoHash: swarm.infoHash,
      peerId: PEER_ID,
      geometry: payload.geometry,
      pieces,
      on: {
        interest: (peer, now) => peer.unchoke(now),
        serve(peer, now, piece, begin, length) {
          if (!letting) return peer.refuse(now, piece, begin, length)
          served += 1
          peer.deliver(now, piece, begin, length, payload.block(piece, begin / 16_384))
          if (served < 40) return
          letting = false
          peer.choke(now)
        },
      },
    })
    const leech = swarm.join({ informed: true, peers: [owner.host] })
    swarm.pass(10 * SECOND)
    assert.ok(!leech.done && leech.verified > 0)
    const heard = owner.heard.length
    swarm.pass(300 * SECOND)
    const said = owner.heard.length - heard
    assert.ok(said < 10, `${said} messages while choked for five minutes`)
    const [peer] = owner.peers
    assert.equal(peer?.interested, true)
    letting = true
    served = -1_000
    peer!.unchoke(world.now)
    owner.timer(world.now)
    swarm.until(() => leech.done, 30 * SECOND)
    assert.ok(leech.whole)
  })

  it('MD20: metadata whose hash is right and which is no torrent ends it with one clear error, and nobody is blamed', () => {
    // One byte too few in the hashes of the pieces.
    const bytes = concatBytes([
      latin1('d6:lengthi5e4:name5:hello12:piece lengthi16384e6:pieces19:'),
      new Uint8Array(19),
      latin1('e'),
    ])
    const swarm = new VirtualSwarm({ info: () => ({ bytes, infoHash: nodeCrypto.sha1(bytes) }) })
    const server = ScriptedPeer.join(swarm.world, {
      infoHash: swarm.infoHash,
      peerId: PEER_ID,
      metadataSize: bytes.length,
      on: { metadataRequested: (peer, now, piece) => peer.sendMetadata(now, piece, bytes.length, bytes) },
    })
    const leech = swarm.join({ peers: [server.host] })
    swarm.pass(120 * SECOND)
    const asked = server.heard.filter(({ name }) => name === 'metadataRequested').length
    assert.equal(asked, 1)
    assert.deepEqual(leech.banned, [])
    assert.equal(leech.of('error').length, 1)
    assert.match(leech.of('error')[0]!.message, /pieces/)
  })

  it('HS18: who has no metadata yet accepts a peer and exchanges extended handshakes with it', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join()
    const caller = ScriptedPeer.join(swarm.world, {
      infoHash: swarm.infoHash,
      peerId: PEER_ID,
      dials: [leech.address],
    })
    swarm.pass(5 * SECOND)
    assert.ok(caller.firstHeard('extended') !== undefined)
    assert.equal(leech.progress.peers, 1)
  })
})
