import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { type Script, ScriptedPeer } from './scripted-peer.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const idOf = (name: string): Id => latin1(`-XX0001-${name.padEnd(12, '.')}`)

/** A remote that has everything, with the right metadata, and serves neither. */
function seedScript(swarm: VirtualSwarm, name: string, more: Partial<Script> = {}): Script {
  const pieces = new Bitfield(swarm.payload.geometry.pieceCount)
  pieces.fill()
  return {
    infoHash: swarm.infoHash,
    peerId: idOf(name),
    geometry: swarm.payload.geometry,
    pieces,
    metadataSize: swarm.info.length,
    ...more,
  }
}

describe('a session and its peers', () => {
  it('a seed unchokes who becomes interested at once, and serves it', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    swarm.pass(3 * SECOND)
    const started = swarm.world.now
    const leech = ScriptedPeer.join(swarm.world, {
      infoHash: swarm.infoHash,
      peerId: idOf('leech'),
      geometry: swarm.payload.geometry,
      pieces: new Bitfield(swarm.payload.geometry.pieceCount),
      dials: [seed.address],
      on: {
        piecesReplaced: (peer, now) => peer.setInterested(now, true),
        refill: (peer, now) => void peer.request(now, 0, 0, 16_384),
      },
    })
    swarm.pass(2 * SECOND)
    const after = (leech.firstHeard('unchoked') ?? Number.POSITIVE_INFINITY) - started
    assert.ok(after < SECOND / 2, `unchoked after ${after / SECOND} s`)
    assert.ok((leech.firstHeard('block') ?? Number.POSITIVE_INFINITY) - started < SECOND)
  })

  it('a seed unchokes at once who becomes interested late, and again after a pause', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const leech = ScriptedPeer.join(
      swarm.world,
      {
        infoHash: swarm.infoHash,
        peerId: idOf('leech'),
        geometry: swarm.payload.geometry,
        pieces: new Bitfield(swarm.payload.geometry.pieceCount),
        dials: [seed.address],
      },
      SECOND,
    )
    swarm.pass(14 * SECOND)
    for (const interested of [true, false, true]) {
      const peer = leech.peers[0]!
      const { now } = swarm.world
      leech.heard.length = 0
      peer.setInterested(now, interested)
      leech.timer(now)
      swarm.pass(SECOND)
      assert.equal(peer.choking, !interested)
    }
  })

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`HS11: two that dial each other at the same moment keep one connection (seed ${seed})`, () => {
      const swarm = new VirtualSwarm({ seed, length: 8 << 20 })
      const one = swarm.join({ mode: 'seed', rates: { up: 1 << 20, down: 1 << 20 } })
      swarm.until(() => one.of('seeding').length > 0)
      const two = swarm.join({ peers: [one] })
      one.host.command({ kind: 'add-peer', torrent: 1, host: two.host.host, port: 6881 })
      swarm.pass(3 * SECOND)
      assert.equal(swarm.world.streams.opened, 2)
      assert.deepEqual([one.progress.peers, two.progress.peers], [1, 1])
      swarm.until(() => two.done, 30 * SECOND)
      assert.deepEqual([one.complaints, two.complaints, two.whole], [[], [], true])
    })
  }

  it('HS12: a second connection with a peer id that is here already is closed, and nobody is banned', () => {
    const swarm = new VirtualSwarm()
    const member = swarm.join({ informed: true })
    const twins = [1, 2].map(() =>
      ScriptedPeer.join(swarm.world, seedScript(swarm, 'twin', { dials: [member.address] }), SECOND),
    )
    swarm.pass(5 * SECOND)
    assert.equal(member.progress.peers, 1)
    assert.deepEqual(twins.map(({ peers }) => peers.length).sort(), [0, 1])
    assert.deepEqual(member.complaints, [])
    const other = ScriptedPeer.join(swarm.world, seedScript(swarm, 'other', { dials: [member.address] }))
    swarm.pass(5 * SECOND)
    assert.deepEqual([member.progress.peers, other.peers.length], [2, 1])
  })

  it('HS10: a session that is told its own address does not talk to itself, and does not try for ever', () => {
    const swarm = new VirtualSwarm()
    const member = swarm.join({ informed: true })
    for (let minute = 0; minute < 10; minute++) {
      member.host.command({ kind: 'add-peer', torrent: 1, host: member.host.host, port: 6881 })
      swarm.pass(60 * SECOND)
      assert.equal(member.progress.peers, 0)
    }
    assert.ok(swarm.world.streams.opened <= 1, `${swarm.world.streams.opened} dials`)
    assert.deepEqual(member.banned, [])
  })

  it('FX11, FX13: who grants pieces and serves none of them is asked for each once', () => {
    const swarm = new VirtualSwarm()
    const granter = ScriptedPeer.join(
      swarm.world,
      seedScript(swarm, 'granter', { on: { serve: (peer, now, ...block) => peer.refuse(now, ...block) } }),
    )
    const leech = swarm.join({ informed: true, peers: [granter.host] })
    swarm.pass(60 * SECOND)
    const asked = granter.heard.filter(({ name }) => name === 'serve').map(({ details }) => details[0])
    assert.ok(asked.length > 0 && asked.length <= 64, `${asked.length} requests`)
    assert.deepEqual([leech.progress.peers, leech.progress.received], [1, 0])
  })

  it('FX13: a piece that a seed refuses comes from another, and is not asked of the first over and over', () => {
    const swarm = new VirtualSwarm()
    const { payload } = swarm
    const picky = ScriptedPeer.join(
      swarm.world,
      seedScript(swarm, 'picky', {
        on: {
          interest: (peer, now) => peer.unchoke(now),
          serve(peer, now, piece, begin, length) {
            if (piece === 5) peer.refuse(now, piece, begin, length)
            else peer.deliver(now, piece, begin, length, payload.block(piece, begin / 16_384))
          },
        },
      }),
    )
    const leech = swarm.join({ informed: true, peers: [picky.host] })
    swarm.pass(120 * SECOND)
    const lacking = payload.geometry.lengthOf(5)
    assert.equal(leech.progress.verified, payload.geometry.length - lacking)
    const refused = picky.heard.filter(({ name, details }) => name === 'serve' && details[0] === 5).length
    assert.ok(refused >= 4 && refused < 60, `asked ${refused} times in two minutes`)
    const seed = swarm.join({ mode: 'seed', peers: [leech] })
    swarm.until(() => leech.done, 60 * SECOND)
    assert.deepEqual([leech.whole, seed.progress.uploaded < 2 * lacking], [true, true])
  })

  it('HS10: a session that does not know its own address notices by the peer id, and does not dial it again', () => {
    const swarm = new VirtualSwarm()
    const member = swarm.join({ informed: true, session: { bind: ['0.0.0.0'] } })
    for (let minute = 0; minute < 10; minute++) {
      member.host.command({ kind: 'add-peer', torrent: 1, host: member.host.host, port: 6881 })
      swarm.pass(60 * SECOND)
      assert.deepEqual([swarm.world.streams.opened, member.progress.peers], [1, 0])
    }
    assert.deepEqual(member.banned, [])
  })

  for (const seed of [1, 2, 3]) {
    it(`MD14, MD15: one liar about the content and nine about the size of the metadata do not stop it (seed ${seed})`, () => {
      const swarm = new VirtualSwarm({ length: 32 << 20, pieceLength: 16_384, seed })
      assert.ok(swarm.info.length > 2 * 16_384, 'metadata of three pieces')
      const liar = (name: string, size: number): ScriptedPeer =>
        ScriptedPeer.join(
          swarm.world,
          seedScript(swarm, name, {
            metadataSize: size,
            on: {
              metadataRequested: (peer, now, piece) => {
                const length = Math.min(16_384, size - 16_384 * piece)
                peer.sendMetadata(now, piece, size, new Uint8Array(length).fill(0x2e))
              },
            },
          }),
        )
      const one = liar('content', swarm.info.length)
      const nine = Array.from({ length: 9 }, (_, i) => liar(`size${i}`, 50_000))
      const honest = [1, 2].map(() => swarm.join({ mode: 'seed' }))
      const peers = [one, ...nine].map(({ host }) => host)
      const leech = swarm.join({ at: SECOND, mode: 'metadata', peers: [...peers, ...honest] })
      swarm.until(() => leech.done, 120 * SECOND)
      assert.deepEqual(leech.of('metadata')[0]!.bytes, swarm.info)
      const liars = peers.map(({ host }) => host)
      assert.deepEqual(
        leech.banned.filter((host) => !liars.includes(host)),
        [],
      )
    })
  }

  /** `count` remotes that dial `member`, have nothing and do nothing but say that they are interested, if they do. */
  function idlers(
    swarm: VirtualSwarm,
    member: ReturnType<VirtualSwarm['join']>,
    count: number,
    interested: boolean,
  ) {
    return Array.from({ length: count }, (_, i) =>
      ScriptedPeer.join(
        swarm.world,
        {
          infoHash: swarm.infoHash,
          peerId: idOf(`idle${i}`),
          geometry: swarm.payload.geometry,
          pieces: new Bitfield(swarm.payload.geometry.pieceCount),
          dials: [member.address],
          on: { ready: (peer, now) => interested && peer.setInterested(now, true) },
        },
        swarm.world.now + (2 + i / 20) * SECOND,
      ),
    )
  }

  it('RS2: idle peers that dial it do not take the places of those that it is to dial', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ informed: true, add: { maxPeers: 20 } })
    const idle = idlers(swarm, leech, 30, true)
    swarm.pass(10 * SECOND)
    assert.equal(leech.progress.peers, 14)
    assert.equal(idle.filter(({ peers }) => peers.length > 0).length, 14)
    leech.host.command({ kind: 'add-peer', torrent: 1, host: seed.host.host, port: 6881 })
    swarm.until(() => leech.done, 5 * SECOND)
  })

  for (const interested of [false, true]) {
    it(`RS2: a seed full of ${interested ? 'interested' : 'silent'} idle peers lets a newcomer in and serves it`, () => {
      const swarm = new VirtualSwarm()
      const seed = swarm.join({ mode: 'seed', add: { maxPeers: 20 } })
      idlers(swarm, seed, 60, interested)
      swarm.pass(10 * SECOND)
      assert.equal(seed.progress.peers, 19)
      const leech = swarm.join({ informed: true, peers: [seed] })
      swarm.until(() => leech.done, 70 * SECOND)
      assert.deepEqual(seed.complaints, [])
    })
  }

  it('BF11: two that both have everything part, and nobody is banned', () => {
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
    let served = 0
    let letting = true
    const owner = ScriptedPeer.join(
      world,
      seedScript(swarm, 'owner', {
        on: {
          interest: (peer, now) => peer.unchoke(now),
          serve(peer, now, piece, begin, length) {
            if (!letting) return peer.refuse(now, piece, begin, length)
            served += 1
            peer.deliver(now, piece, begin, length, payload.block(piece, begin / 16_384))
            if (served < 60) return
            letting = false
            peer.choke(now)
          },
        },
      }),
    )
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
    served = -64
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
      peerId: idOf('scripted'),
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
      peerId: idOf('scripted'),
      dials: [leech.address],
    })
    swarm.pass(5 * SECOND)
    assert.ok(caller.firstHeard('extended') !== undefined)
    assert.equal(leech.progress.peers, 1)
  })
})
