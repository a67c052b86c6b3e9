import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeSeed } from '../../sim/adversaries/fake-seed.ts'
import { metadataLiar } from '../../sim/adversaries/metadata-liar.ts'
import { poisoner } from '../../sim/adversaries/poisoner.ts'
import { slowLoris } from '../../sim/adversaries/slow-loris.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Mapped } from '../../src/session/port-mapping.ts'
import type { Session } from '../../src/session/session.ts'
import type { TorrentView } from '../../src/session/torrent-view.ts'
import type { Facts } from '../../src/session/why/facts.ts'
import type { Finding } from '../../src/session/why/finding.ts'
import { FINDINGS, type FindingCode } from '../../src/session/why/finding-table.ts'
import { gatherFacts } from '../../src/session/why/gather-facts.ts'
import { LoneTorrent } from '../swarm/lone-torrent.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { secondVersion } from './second-version.ts'
import { privately, type SwarmSetup, VirtualSwarm } from './virtual-swarm.ts'
import { contentOf, honest, type Reply, VirtualWeb } from './virtual-web.ts'

type Member = ReturnType<VirtualSwarm['join']>
type Evidence = Finding['evidence']

interface Case {
  readonly code: FindingCode
  readonly what: string
  readonly swarm?: SwarmSetup
  /** Who is asked why. */
  readonly member: (swarm: VirtualSwarm) => Member
  /** For how long the swarm runs before; by default 20 s. */
  readonly after?: Micros
  /** How it is told, where that depends. */
  readonly phrase?: RegExp
  readonly evidence: (figures: Evidence) => boolean
  /** Of the last warning that nothing moves; absent: there is none. */
  readonly warning?: string
}

const SLOW = { up: 64 * 1024, down: 1 << 20 }
const LONG = { length: 64 << 20 }

/** A seed's host that stops answering, in mid-air, to whoever is there. */
function vanished(swarm: VirtualSwarm): Member {
  const seed = swarm.join({ mode: 'seed' })
  swarm.pass(SECOND)
  swarm.world.network.cut({ from: 'all', to: [seed.host.index] })
  return seed
}

/** A host whose dials fail as those through a proxy do that has rules against them. */
function forbidding(session: Session): Session {
  return new Proxy(session, {
    get: (target, key: keyof Session) => {
      if (key === 'streamClosed')
        return (now: Micros, stream: number) => target.streamClosed(now, stream, 'network/proxy-forbidden')
      const part = target[key]
      return typeof part === 'function' ? part.bind(target) : part
    },
  })
}

/** Knows nobody but a web server that answers so. */
function webLeech(swarm: VirtualSwarm, reply: Reply): Member {
  const content = contentOf(swarm)
  const web = new VirtualWeb(swarm.world, (ask) => ({ ...honest(content, ask), ...reply }))
  return swarm.join({
    informed: true,
    source: { webSeeds: ['http://9.9.9.9/payload.bin'] },
    ports: (ports) => web.ports(ports),
    around: (session) => (web.inputs = session),
  })
}

/** Has the first half of the pieces, and serves it. */
function halfSeed(swarm: VirtualSwarm): ScriptedPeer {
  const { geometry } = swarm.payload
  const pieces = new Bitfield(geometry.pieceCount)
  for (let piece = 0; piece < geometry.pieceCount / 2; piece++) pieces.add(piece)
  return ScriptedPeer.join(swarm.world, {
    infoHash: swarm.infoHash,
    peerId: latin1('-XX0001-half........'),
    geometry,
    pieces,
    on: {
      interest: (peer, now) => peer.unchoke(now),
      serve: (peer, now, piece, begin, length) =>
        peer.deliver(now, piece, begin, length, swarm.payload.block(piece, begin / 16_384)),
    },
  })
}

const CASES: readonly Case[] = [
  {
    code: 'starting',
    what: 'the state folder does not answer',
    member: (swarm) =>
      swarm.join({ ports: (ports) => ({ ...ports, state: { ...ports.state, read: () => {} } }) }),
    evidence: ({ seconds }) => seconds === 10,
  },
  {
    code: 'folder-missing',
    what: 'the folder of a download that had begun is gone',
    member: (swarm) => {
      const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: SLOW })] })
      swarm.until(() => leech.verified > 0)
      swarm.pass(6 * SECOND)
      leech.host.kill()
      leech.host.disk.faults.gone = true
      leech.boot()
      return leech
    },
    evidence: ({ seconds }) => seconds === 10,
  },
  {
    code: 'checking',
    what: 'much is on disk, and hashing is slow',
    member: (swarm) => {
      const seed = swarm.join({ mode: 'seed' })
      seed.host.disk.faults.hashRate = 20_000
      return seed
    },
    evidence: ({ checked }) => checked! > 0.2 && checked! < 0.5,
  },
  {
    code: 'disk-refuses',
    what: 'the disk is full',
    swarm: { length: 4 << 20 },
    member: (swarm) => {
      const leech = swarm.join({
        peers: [swarm.join({ mode: 'seed', rates: { up: 1 << 20, down: 1 << 20 } })],
      })
      leech.host.disk.faults.capacity = 1 << 20
      return leech
    },
    evidence: ({ writing, down }) => writing! > 0 && down === 0,
  },
  {
    code: 'liar-isolated',
    what: 'the only seed spoils what it sends',
    member: (swarm) =>
      swarm.join({ peers: [swarm.join({ mode: 'seed', policies: poisoner({ share: 1 }) })] }),
    evidence: ({ liars, spoiled, received, connected }) =>
      liars === 1 && spoiled! > 0 && spoiled === received && connected === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'liar-isolated',
    what: 'the only peer with the metadata makes it up',
    member: (swarm) => {
      const policies = metadataLiar({ lie: 'wrong-bytes', trueSize: swarm.info.length })
      return swarm.join({ peers: [swarm.join({ mode: 'seed', policies })] })
    },
    evidence: ({ liars, received }) => liars === 1 && received === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'liar-isolated',
    what: 'all peers send metadata of a wrong length',
    member: (swarm) => {
      const policies = metadataLiar({ lie: 'wrong-length', trueSize: swarm.info.length })
      return swarm.join({ peers: [1, 2, 3].map(() => swarm.join({ mode: 'seed', policies })) })
    },
    evidence: ({ liars, received }) => liars === 3 && received === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'private',
    what: 'a private torrent, and no peer was named',
    swarm: { info: privately },
    member: (swarm) => swarm.join({ informed: true }),
    evidence: ({ candidates }) => candidates === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'no-nodes',
    what: 'nobody is at the entry point of the DHT',
    member: (swarm) => {
      const bootstrap = [{ host: swarm.world.addHost().host, port: 6881 }]
      return swarm.join({ session: { dht: true, bootstrap } })
    },
    evidence: ({ contacts, candidates }) => contacts === 0 && candidates === 0,
    warning: 'dht/no-nodes',
  },
  {
    code: 'no-peers',
    what: 'a DHT in which nobody has announced it',
    swarm: { dht: true },
    member: (swarm) => swarm.join(),
    evidence: ({ contacts, candidates }) => contacts! > 0 && candidates === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'proxy',
    what: 'the proxy lets nobody through',
    member: (swarm) => {
      const dead = swarm.world.addHost()
      return swarm.join({ peers: [dead], around: (session) => forbidding(session) })
    },
    evidence: (figures) =>
      figures['stream/proxy-forbidden']! > 0 && figures['unanswered'] === figures['stream/proxy-forbidden'],
    warning: 'swarm/no-peers',
  },
  {
    code: 'connecting',
    what: 'the first dial has not been answered',
    member: (swarm) => swarm.join({ peers: [vanished(swarm)] }),
    after: 8 * SECOND,
    evidence: ({ dialling, unanswered, declined }) => dialling === 1 && unanswered === 0 && declined === 0,
  },
  {
    code: 'peers-full',
    what: 'the only seed has its places taken',
    member: (swarm) => {
      const seed = swarm.join({ mode: 'seed', add: { maxPeers: 1 } })
      swarm.join({ peers: [seed], session: { downloadLimit: 2_000 } })
      swarm.pass(5 * SECOND)
      return swarm.join({ peers: [seed] })
    },
    evidence: ({ declined, unanswered }) => declined! > 1 && unanswered === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'peers-full',
    what: 'the only peer has another torrent',
    member: (swarm) => {
      const infoHash = new Uint8Array(20)
      const other = swarm.join({ mode: 'download', source: { infoHash } })
      return swarm.join({ peers: [other] })
    },
    phrase: /hang up before they shake hands: they lack this torrent or have no place/,
    evidence: ({ declined, outgoing }) => declined! > 1 && outgoing === 0,
    warning: 'swarm/no-peers',
  },
  {
    code: 'unreachable',
    what: 'nothing listens at the peers that are known',
    member: (swarm) => swarm.join({ peers: [swarm.world.addHost(), swarm.world.addHost()] }),
    evidence: (figures) =>
      figures['candidates'] === 2 &&
      figures['unanswered']! > 2 &&
      figures['stream/refused'] === figures['unanswered'],
    warning: 'swarm/no-peers',
  },
  {
    code: 'unreachable',
    what: 'no dial is answered',
    member: (swarm) => swarm.join({ peers: [vanished(swarm)] }),
    after: 80 * SECOND,
    evidence: (figures) => figures['unanswered']! > 1 && figures['stream/timeout'] === figures['unanswered'],
    warning: 'swarm/no-peers',
  },
  {
    code: 'no-metadata',
    what: 'the only peer knows no more than we do',
    member: (swarm) => swarm.join({ peers: [swarm.join()] }),
    evidence: ({ connected, suppliers }) => connected === 1 && suppliers === 0,
    warning: 'swarm/stuck',
  },
  {
    code: 'metadata',
    what: 'the only peer with the metadata keeps it to itself',
    member: (swarm) => {
      const policies = metadataLiar({ lie: 'silence', trueSize: swarm.info.length })
      return swarm.join({ peers: [swarm.join({ mode: 'seed', policies })] })
    },
    evidence: ({ suppliers, claims, liars }) => suppliers === 1 && claims === 1 && liars === 0,
    warning: 'swarm/stuck',
  },
  {
    code: 'metadata',
    what: 'the only peer tells no hashes of a torrent of version 2',
    swarm: { info: secondVersion('v2') },
    member: (swarm) => {
      const { geometry } = swarm.payload
      const pieces = new Bitfield(geometry.pieceCount)
      pieces.fill()
      const peerId = latin1('-XX0001-hashless....')
      const peer = ScriptedPeer.join(swarm.world, { infoHash: swarm.infoHash, peerId, geometry, pieces })
      return swarm.join({ informed: true, source: { layers: undefined }, peers: [peer.host] })
    },
    phrase: /has come, but not the hashes of its pieces/,
    evidence: ({ connected }) => connected === 1,
    warning: 'swarm/stuck',
  },
  {
    code: 'piece-nobody-has',
    what: 'the only peer has half of the pieces',
    member: (swarm) => swarm.join({ informed: true, peers: [halfSeed(swarm).host] }),
    evidence: ({ nowhere, lacking, connected }) => nowhere === 8 && lacking === 8 && connected === 1,
    warning: 'swarm/stuck',
  },
  {
    code: 'all-choking',
    what: 'all that have it choke us',
    member: (swarm) => {
      const peers = [1, 2].map(() => swarm.join({ informed: true, policies: fakeSeed('choke') }))
      return swarm.join({ informed: true, peers })
    },
    evidence: ({ useful, choking, outstanding }) => useful === 2 && choking === 2 && outstanding === 0,
    warning: 'swarm/stuck',
  },
  {
    code: 'rate-limit',
    what: 'a limit far below what the seed gives',
    swarm: LONG,
    member: (swarm) =>
      swarm.join({ peers: [swarm.join({ mode: 'seed' })], session: { downloadLimit: 100_000 } }),
    evidence: ({ limit, down, rateHeld }) =>
      limit === 100_000 && down! > 90_000 && down! < 110_000 && rateHeld === 1,
  },
  {
    code: 'memory',
    what: 'twenty slow seeds, and one piece may be open',
    swarm: LONG,
    member: (swarm) => {
      const peers = Array.from({ length: 20 }, () =>
        swarm.join({ mode: 'seed', rates: { up: 4096, down: 1 << 20 } }),
      )
      return swarm.join({ informed: true, peers, policies: { swarm: { options: { openPieces: 1 } } } })
    },
    after: 30 * SECOND,
    evidence: ({ open, starved, hashing, writing }) =>
      open === 1 && starved! > 4 && hashing! + writing! === 0,
  },
  {
    code: 'hash',
    what: 'hashing is slower than the seed',
    swarm: LONG,
    member: (swarm) => {
      const leech = swarm.join({ peers: [swarm.join({ mode: 'seed' })], session: { memory: 1 << 20 } })
      leech.host.disk.faults.hashRate = 200_000
      return leech
    },
    evidence: ({ open, hashing, writing, down }) => 2 * hashing! > open! && writing! <= 1 && down! < 250_000,
  },
  {
    code: 'disk',
    what: 'the disk is slower than the seed',
    swarm: LONG,
    member: (swarm) => {
      const leech = swarm.join({ peers: [swarm.join({ mode: 'seed' })], session: { memory: 1 << 20 } })
      leech.host.disk.faults.rate = 200_000
      return leech
    },
    evidence: ({ open, hashing, writing, down }) => 2 * writing! > open! && hashing! <= 1 && down! < 250_000,
  },
  {
    code: 'peers-silent',
    what: 'the only seed lets us ask and never sends',
    member: (swarm) => swarm.join({ peers: [swarm.join({ mode: 'seed', policies: slowLoris('silent') })] }),
    evidence: ({ silent, outstanding, down }) => silent === 1 && outstanding! > 0 && down === 0,
    warning: 'swarm/stuck',
  },
  ...[{ stopsAfter: 0 }, { chunk: 1, pause: SECOND / 10 }].map(
    (reply): Case => ({
      code: 'peers-silent',
      what: `the only web server ${'chunk' in reply ? 'sends a byte at a time' : 'sends nothing'}`,
      member: (swarm) => webLeech(swarm, reply),
      phrase: /^the web servers send next to nothing$/,
      evidence: ({ silent, down }) => silent === 1 && down! < 100,
      ...('chunk' in reply ? {} : { warning: 'swarm/stuck' }),
    }),
  ),
  {
    code: 'as-fast-as-peers',
    what: 'a web server with a slow line',
    swarm: LONG,
    member: (swarm) => webLeech(swarm, { chunk: 6400, pause: SECOND / 10 }),
    phrase: /^it is as fast as the web servers send$/,
    evidence: ({ asked, down }) => asked === 1 && down! > 50_000,
  },
  {
    code: 'as-fast-as-peers',
    what: 'a seed with a slow line, and nothing else',
    swarm: LONG,
    member: (swarm) => swarm.join({ peers: [swarm.join({ mode: 'seed', rates: SLOW })] }),
    evidence: ({ asked, useful, outstanding, down, limit, seconds, window }) =>
      asked === 1 &&
      useful === 1 &&
      outstanding! > 0 &&
      down! > 60_000 &&
      limit === undefined &&
      seconds! / window! > 0.9,
  },
]

describe('why a torrent is no faster', () => {
  for (const {
    code,
    what,
    swarm: setup,
    member: made,
    after = 20 * SECOND,
    phrase = /./,
    evidence,
    warning,
  } of CASES) {
    it(`is ${code} above all where ${what}`, () => {
      const swarm = new VirtualSwarm(setup)
      const member = made(swarm)
      swarm.pass(after)
      const { findings, why } = member.progress
      const [top] = findings
      assert.equal(top?.code, code)
      assert.equal(why, top.phrase)
      assert.match(why, phrase)
      assert.ok(top.share > 0.9, `${top.share} of the time`)
      assert.ok(evidence(top.evidence), JSON.stringify(top.evidence))
      assert.ok(Object.values(top.evidence).every(Number.isFinite), 'plain numbers')
      assert.match(top.message, /^[A-Z].*; .*\.$/)
      const told = member.of('warning').filter(({ message }) => message.startsWith('Nothing moves'))
      const last = told.at(-1)
      assert.deepEqual(
        [last?.code, last?.reason],
        warning === undefined ? [undefined, undefined] : [warning, code],
      )
    })
  }

  it('has a case for each of its codes', () => {
    assert.deepEqual(
      FINDINGS.map((row) => row.code).filter((code) => !CASES.some((one) => one.code === code)),
      [],
    )
  })

  it('tells of a liar that was sent away while others go on, without any time to it', () => {
    const swarm = new VirtualSwarm(LONG)
    const liar = swarm.join({ mode: 'seed', policies: poisoner({ share: 1 }) })
    const honest = swarm.join({ mode: 'seed', rates: SLOW })
    const leech = swarm.join({ peers: [liar, honest] })
    swarm.until(() => leech.banned.length > 0)
    const early = leech.progress.findings.find(({ code }) => code === 'liar-isolated')
    assert.ok(early !== undefined && early.evidence['liars'] === 1)
    swarm.pass(15 * SECOND)
    const { findings, spent } = leech.progress
    assert.deepEqual(
      findings.map(({ code, share }) => [code, share > 0]),
      [
        ['as-fast-as-peers', true],
        ['liar-isolated', false],
      ],
    )
    assert.ok(spent.some(({ code, seconds }) => code === 'liar-isolated' && seconds > 0))
  })

  it('knows what a gateway does for us, where one was asked', () => {
    const mapped = (at: Mapped | undefined): number | undefined =>
      gatherFacts(0, {
        ...{
          phase: 'active',
          torrent: new LoneTorrent().torrent,
          total: 1,
          opener: undefined,
          trouble: undefined,
        },
        init: { dht: undefined, mapped: () => at, limits: { down: { rate: 1 } } },
      } as unknown as TorrentView).mapped
    assert.equal(mapped(undefined), undefined)
    assert.equal(mapped({ tcp: undefined, udp: 6881, address: undefined }), 0)
    assert.equal(mapped({ tcp: 40_000, udp: undefined, address: undefined }), 40_000)
    const { evidence } = FINDINGS.find(({ code }) => code === 'unreachable')!
    assert.equal(evidence({ mapped: 40_000, ends: new Map() } as unknown as Facts)['mapped'], 40_000)
  })

  it('tells whose dials are in vain whether others can dial it, and whether a common peer could bring them together', () => {
    const { phrase, advice } = FINDINGS.find(({ code }) => code === 'unreachable')!
    const told = (facts: Partial<Facts>): string[] =>
      [phrase, advice].map((text) => (typeof text === 'string' ? text : text(facts as Facts)))
    const forward = /forward the port/
    const [unknown, unknownAdvice] = told({ punching: 1 })
    assert.equal(unknown, 'none of the peers answers')
    assert.match(unknownAdvice!, forward)
    assert.match(unknownAdvice!, /one that we meet can bring us together/)
    for (const facts of [{ mapped: 40_000 }, { mapped: 0, reachable: 1 }]) {
      const [what, rest] = told(facts)
      assert.match(what!, /though they can dial us$/)
      assert.doesNotMatch(rest!, forward)
    }
    for (const facts of [{ mapped: 0 }, { reachable: 0 }]) {
      const [what, rest] = told({ ...facts, punching: 0 })
      assert.match(what!, /nor can they dial us$/)
      assert.match(rest!, forward)
      assert.match(rest!, /here no peer can bring us together/)
    }
  })

  it('knows where nobody can be punched for: without uTP, and of a private torrent', () => {
    const punching = (setup: SwarmSetup, transport: 'tcp' | 'both'): number | undefined => {
      const swarm = new VirtualSwarm(setup)
      const member = swarm.join({ informed: true, peers: [swarm.world.addHost()], session: { transport } })
      swarm.pass(20 * SECOND)
      return member.progress.findings[0]!.evidence['punching']
    }
    assert.deepEqual(
      [punching({}, 'both'), punching({}, 'tcp'), punching({ info: privately }, 'both')],
      [1, 0, 0],
    )
  })

  it('tells beforehand of pieces that nobody has', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({
      informed: true,
      peers: [halfSeed(swarm).host],
      session: { downloadLimit: 10_000 },
    })
    swarm.pass(20 * SECOND)
    const [first, second] = leech.progress.findings
    assert.deepEqual([first?.code, second?.code, second?.share], ['rate-limit', 'piece-nobody-has', 0])
    assert.equal(second?.evidence['nowhere'], 8)
  })

  it('counts those that let us ask alone: a seed that chokes us changes nothing', () => {
    const swarm = new VirtualSwarm(LONG)
    const choking = swarm.join({ informed: true, policies: fakeSeed('choke') })
    const leech = swarm.join({ informed: true, peers: [choking, swarm.join({ mode: 'seed', rates: SLOW })] })
    swarm.pass(20 * SECOND)
    const [top] = leech.progress.findings
    assert.deepEqual(
      [top?.code, top?.evidence['choking'], top?.evidence['asked']],
      ['as-fast-as-peers', 1, 1],
    )
  })

  it('has no more to say once it is complete, and knows where its time went', () => {
    const swarm = new VirtualSwarm({ length: 8 << 20, dht: true })
    const leech = swarm.join()
    swarm.pass(60 * SECOND)
    swarm.join({ mode: 'seed', rates: { up: 256 * 1024, down: 1 << 20 } })
    swarm.until(() => leech.done)
    const { stages } = leech.progress
    swarm.pass(90 * SECOND)
    const { findings, why, spent } = leech.progress
    assert.deepEqual([findings, why], [[], ''])
    assert.deepEqual(
      spent.slice(0, 2).map(({ code }) => code),
      ['no-peers', 'as-fast-as-peers'],
    )
    const all = spent.reduce((sum, { seconds }) => sum + seconds, 0)
    assert.ok(Math.abs(all - stages.complete! / SECOND) <= 1.1, `${all} s of ${stages.complete! / SECOND}`)
  })

  it('is seen when what came due at the same time has settled: a clock that wakes ten times a second shows no other limit', () => {
    const swarm = new VirtualSwarm(LONG)
    const tenth = (at: Micros): Micros => Math.ceil(at / (SECOND / 10)) * (SECOND / 10)
    const leech = swarm.join({
      peers: [swarm.join({ mode: 'seed' })],
      session: { downloadLimit: 400_000 },
      ports: (ports) => ({
        ...ports,
        clock: { wall: () => ports.clock.wall(), wakeAt: (at) => ports.clock.wakeAt(tenth(at)) },
      }),
    })
    swarm.pass(20 * SECOND)
    assert.deepEqual(
      leech.progress.findings.map(({ code, share }) => [code, share]),
      [['rate-limit', 1]],
    )
  })

  it('is the same whether it is asked for or not: a recorded run has nobody who asks', () => {
    const runs = [false, true].map((asked) => {
      const swarm = new VirtualSwarm()
      const leech = swarm.join({ peers: [vanished(swarm)] })
      for (let i = 0; i < 900; i++) {
        swarm.pass(SECOND / 10)
        if (asked) assert.ok(leech.progress.findings.length > 0)
      }
      return { warnings: leech.of('warning'), findings: leech.progress.findings, spent: leech.progress.spent }
    })
    assert.equal(runs[0]!.warnings.length, 2)
    assert.deepEqual(runs[1], runs[0])
  })

  it('warns after ten seconds and then each minute', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const leech = swarm.join()
    const times: number[] = []
    while (times.length < 3) {
      const told = leech.complaints.length
      swarm.pass(SECOND)
      if (leech.complaints.length > told) times.push(swarm.world.now / SECOND)
      assert.ok(swarm.world.now < 300 * SECOND)
    }
    assert.ok(times[0]! >= 10 && times[0]! <= 12, `first after ${times[0]} s`)
    for (const at of [1, 2]) assert.ok(Math.abs(times[at]! - times[at - 1]! - 60) <= 1, `${times}`)
  })
})
