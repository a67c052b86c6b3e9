/** Whole swarms of torrents of version 2, and of both (BEP 52). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { poisoner } from '../../sim/adversaries/poisoner.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { secondVersion } from './second-version.ts'
import type { MemberSetup, SwarmSetup } from './virtual-swarm.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const MIB = 1 << 20
const KINDS = ['v2', 'hybrid'] as const

/** A swarm with a seed that is ready. */
function seeded(
  setup: SwarmSetup,
  seeding: MemberSetup = {},
): { readonly swarm: VirtualSwarm; readonly seed: ReturnType<VirtualSwarm['join']> } {
  const swarm = new VirtualSwarm(setup)
  const seed = swarm.join({ mode: 'seed', ...seeding })
  swarm.until(() => seed.of('seeding').length > 0)
  return { swarm, seed }
}

describe('a torrent of version 2, or of both', () => {
  for (const kind of KINDS) {
    it(`${kind} spreads from one seed to several, who serve each other`, () => {
      const { swarm, seed } = seeded({ info: secondVersion(kind), length: 4 * MIB })
      const leeches: ReturnType<VirtualSwarm['join']>[] = []
      for (let nth = 0; nth < 3; nth++)
        leeches.push(swarm.join({ informed: true, peers: [seed, ...leeches], rates: { up: MIB, down: MIB } }))
      swarm.until(() => leeches.every(({ done }) => done))
      assert.ok(leeches.every(({ whole, complaints }) => whole && complaints.length === 0))
      assert.ok(leeches.some(({ progress }) => progress.uploaded > 0))
    })

    it(`${kind}, of which a run has got a part, goes on from that in the next`, () => {
      const { swarm, seed } = seeded({ info: secondVersion(kind), length: 4 * MIB })
      const leech = swarm.join({ informed: true, peers: [seed], rates: { up: MIB, down: MIB } })
      swarm.until(() => leech.verified >= MIB)
      const before = leech.progress.received
      leech.host.kill()
      leech.boot()
      swarm.until(() => leech.done)
      assert.ok(leech.whole)
      assert.ok(before + leech.progress.received < 4 * MIB + MIB / 2, 'little comes twice')
    })

    for (const pieceLength of [MIB, 8 * MIB]) {
      it(`V10: ${kind}, of a wrong piece of ${pieceLength / MIB} MiB the wrong blocks alone come again, and who sent them is banned`, () => {
        const rates = { up: MIB, down: 4 * MIB }
        const setup = { info: secondVersion(kind), length: 2 * pieceLength, pieceLength }
        const { swarm, seed } = seeded(setup, { rates })
        const liar = swarm.join({ mode: 'seed', rates, policies: poisoner({ share: 0.03 }) })
        swarm.until(() => liar.of('seeding').length > 0)
        const leech = swarm.join({ informed: true, peers: [seed, liar], rates })
        swarm.until(() => leech.done)
        assert.deepEqual([leech.whole, leech.banned], [true, [liar.host.host]])
        // A piece that was wrong costs 64 blocks, or 512, where all of it comes again.
        assert.ok(leech.progress.wasted >= BLOCK_LENGTH)
        assert.ok(leech.progress.wasted <= 20 * BLOCK_LENGTH, `${leech.progress.wasted} bytes in vain`)
      })
    }
  }

  for (const speaks of [false, true]) {
    it(`V10: comes whole again where nobody ${speaks ? 'answers' : 'knows of'} hash requests, and the liar is found all the same`, () => {
      const swarm = new VirtualSwarm({ info: secondVersion('hybrid'), length: 2 * MIB, pieceLength: MIB })
      const { payload, infoHash, v2Hash, world } = swarm
      const seeds = Array.from({ length: 4 }, (_seed, nth) => {
        let served = 0
        return ScriptedPeer.join(world, {
          ...{ infoHash, geometry: payload.geometry, pieces: Bitfield.all(payload.geometry.pieceCount) },
          ...(speaks ? { v2Hash: v2Hash!.subarray(0, 20) } : {}),
          peerId: latin1(`-XX0001-${String(nth).padStart(12, '0')}`),
          on: {
            interest: (peer, now) => peer.unchoke(now),
            serve: (peer, now, piece, begin, length) => {
              served += 1
              const isFalse = nth === 0 && served === 3
              const block = payload.block(piece, begin / BLOCK_LENGTH)
              peer.deliver(now, piece, begin, length, isFalse ? new Uint8Array(length) : block)
            },
          },
        })
      })
      const leech = swarm.join({ informed: true, peers: seeds.map(({ host }) => host) })
      const begun = world.now
      swarm.until(() => leech.done)
      assert.deepEqual([leech.whole, leech.banned], [true, [seeds[0]!.host.host]])
      assert.ok(leech.progress.wasted >= MIB)
      assert.equal(world.now - begun > 15 * SECOND, speaks)
    })
  }

  it('TI20: is not taken for a contradiction for its padding, which is in no hash of version 2, whoever lies', () => {
    const swarm = new VirtualSwarm({ info: secondVersion('v2'), length: 50_000, pieceLength: 64 * 1024 })
    const { payload, infoHash, world } = swarm
    const liars = Array.from({ length: 4 }, (_liar, nth) =>
      ScriptedPeer.join(world, {
        ...{ infoHash, v2Hash: infoHash, geometry: payload.geometry, pieces: Bitfield.all(1) },
        peerId: latin1(`-XX0001-${String(nth).padStart(12, '0')}`),
        on: {
          interest: (peer, now) => peer.unchoke(now),
          serve: (peer, now, piece, begin, length) =>
            peer.deliver(now, piece, begin, length, new Uint8Array(length).fill(nth)),
        },
      }),
    )
    const honest = swarm.join({ mode: 'seed', at: 200 * SECOND })
    const leech = swarm.join({ informed: true, peers: [...liars.map(({ host }) => host), honest] })
    swarm.until(() => leech.done)
    assert.equal(leech.whole, true)
    assert.equal(leech.of('error').length, 0)
    assert.equal(leech.banned.length, 4)
  })
})

describe('a link to a torrent of version 2', () => {
  for (const [length, pieceLength] of [
    [MIB, 64 * 1024],
    // More hashes than fit into an answer, so that each is proven by others.
    [1_100 * BLOCK_LENGTH, BLOCK_LENGTH],
    [50_000, 64 * 1024],
  ] as const) {
    it(`MD22: by its SHA-256 leads to ${length} bytes in pieces of ${pieceLength}, whose hashes come of peers too`, () => {
      const { swarm, seed } = seeded({ info: secondVersion('v2'), length, pieceLength })
      const leech = swarm.join({ peers: [seed] })
      swarm.until(() => leech.done)
      assert.deepEqual([leech.whole, leech.complaints], [true, []])
      assert.deepEqual(leech.of('metadata')[0]!.bytes, swarm.info)
      assert.deepEqual(leech.of('metadata')[0]!.layers, swarm.layers)
    })
  }

  it('MD22, MD24: needs nobody for them in the next run', () => {
    const { swarm, seed } = seeded({ info: secondVersion('v2'), length: 4 * MIB })
    const leech = swarm.join({ peers: [seed], rates: { up: MIB, down: MIB } })
    swarm.until(() => leech.verified >= MIB)
    leech.host.kill()
    seed.host.kill()
    leech.boot()
    swarm.pass(MINUTE)
    assert.deepEqual(leech.of('metadata')[1]!.layers, swarm.layers)
    assert.ok(leech.verified >= MIB)
  })

  it('MD21: that is private parts with whom it was found by, before it has the hashes of its pieces', () => {
    const swarm = new VirtualSwarm({ info: secondVersion('v2', 'private'), dht: true })
    // It serves its metadata all the same, as no good peer does.
    const seed = ScriptedPeer.join(swarm.world, {
      ...{ infoHash: swarm.infoHash, v2Hash: swarm.infoHash, metadataSize: swarm.info.length },
      peerId: latin1('-XX0001-000000000000'),
      on: {
        metadataRequested: (peer, now, piece) => peer.sendMetadata(now, piece, swarm.info.length, swarm.info),
      },
    })
    const leech = swarm.join({ peers: [seed.host] })
    swarm.until(() => leech.complaints.length > 0)
    swarm.pass(MINUTE)
    assert.equal(leech.complaints[0], 'swarm/private')
    assert.equal(leech.complaints.filter((code) => code === 'swarm/private').length, 1)
    assert.equal(leech.of('metadata').length, 0)
    // Who was named by the user may be met again.
    assert.notEqual(seed.firstHeard('closed'), undefined)
  })

  it('is told of the metadata alone where no more is asked for, with the hashes', () => {
    for (const kind of KINDS) {
      const { swarm, seed } = seeded({ info: secondVersion(kind), length: 4 * MIB })
      const curious = swarm.join({ peers: [seed], mode: 'metadata' })
      swarm.until(() => curious.done, MINUTE)
      assert.deepEqual(curious.of('metadata')[0]!.layers, swarm.layers)
    }
  })

  it('HS17: of both by the hash of version 1 alone is upgraded, and has the hashes of version 2 soon', () => {
    const { swarm, seed } = seeded({ info: secondVersion('hybrid'), length: 4 * MIB })
    const leech = swarm.join({ peers: [seed], source: { v2Hash: undefined } })
    swarm.until(() => leech.done)
    assert.ok(leech.whole)
    // Its first connection was made before it knew the other hash.
    const later = swarm.join({ peers: [seed], informed: true, source: { layers: undefined } })
    swarm.until(() => later.done)
    assert.deepEqual(later.of('layers')[0]!.bytes, swarm.layers)
  })

  it('of both by the hash of version 2 alone is found in the DHT by it, and by the other', () => {
    const { swarm, seed } = seeded({ info: secondVersion('hybrid'), dht: true })
    const short = swarm.v2Hash!.subarray(0, 20)
    const second = swarm.join({ source: { infoHash: short } })
    const first = swarm.join({ source: { v2Hash: undefined } })
    swarm.until(() => second.done && first.done)
    assert.ok(second.whole && first.whole && seed.progress.uploaded > 0)
  })

  it('MD23: by two hashes of which the new one is of something else ends in an error, and nothing is written', () => {
    const { swarm, seed } = seeded({})
    const leech = swarm.join({ peers: [seed], source: { v2Hash: nodeCrypto.sha256(swarm.infoHash) } })
    swarm.until(() => leech.complaints.length > 0)
    assert.deepEqual([leech.complaints, leech.volume.used], [['metainfo/hashes-disagree'], 0])
  })

  it('MD23: by two hashes of which the old one is of something else does so, too, once it was asked for by the other', () => {
    const { swarm, seed } = seeded({ info: secondVersion('hybrid') })
    const leech = swarm.join({ peers: [seed], source: { infoHash: nodeCrypto.sha1(swarm.info.subarray(1)) } })
    swarm.until(() => leech.of('error').length > 0)
    assert.deepEqual([leech.of('error')[0]!.code, leech.volume.used], ['metainfo/hashes-disagree', 0])
  })

  it('MD23: of which the info dictionary that is given fits one hash alone ends in an error', () => {
    const { swarm } = seeded({ info: secondVersion('hybrid') })
    const infoHash = nodeCrypto.sha1(swarm.info.subarray(1))
    const leech = swarm.join({ informed: true, source: { infoHash } })
    swarm.until(() => leech.complaints.length > 0, SECOND)
    assert.deepEqual(leech.complaints, ['metainfo/hashes-disagree'])
  })
})

describe('a hybrid torrent that contradicts itself', () => {
  for (const lie of ['first', 'second'] as const) {
    it(`CL26: by its hash of version ${lie === 'first' ? 1 : 2} ends in an error, and blames nobody`, () => {
      const swarm = new VirtualSwarm({ info: secondVersion('hybrid', lie) })
      const honest = swarm.join({ informed: true })
      honest.volume.fill(swarm.payload)
      swarm.pass(SECOND)
      assert.deepEqual(honest.complaints, ['torrent/inconsistent'])
      assert.match(String(honest.of('error')[0]!.message), /version 1 and of version 2/)
    })
  }

  it('CL26: ends a download as soon as such a piece has come', () => {
    const swarm = new VirtualSwarm({ info: secondVersion('hybrid', 'second') })
    const { infoHash, info } = swarm
    // Who knows no version 2 takes it for whole.
    const old = swarm.join({
      mode: 'seed',
      policies: {},
      source: { infoHash, metadata: info, layers: undefined, v2Hash: undefined },
    })
    swarm.until(() => old.events.length > 2)
    const leech = swarm.join({ informed: true, peers: [old] })
    swarm.until(() => leech.complaints.length > 0, MINUTE)
    assert.deepEqual([leech.complaints, leech.banned, leech.done], [['torrent/inconsistent'], [], false])
  })
})
