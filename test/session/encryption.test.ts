import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PORT } from '../../sim/hosts/session-host.ts'
import { PROTOCOL_PREFIX } from '../../src/codec/wire.ts'
import { concatBytes, equalBytes, toLatin1 } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import type { EncryptionMode } from '../../src/session/options.ts'
import type { Inputs, Ports, StreamsPort } from '../../src/session/ports.ts'
import { secondVersion } from './second-version.ts'
import { type MemberSetup, TORRENT, VirtualSwarm } from './virtual-swarm.ts'

/** `whole` with some of its methods replaced. */
function instead<T extends object>(whole: T, parts: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, key) => {
      if (key in parts) return Reflect.get(parts, key) as unknown
      const value = Reflect.get(target, key) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What a session hears, stream by stream, before it is understood. */
class Wire {
  readonly streams = new Map<number, Uint8Array[]>()
  dials = 0

  readonly tap: Pick<MemberSetup, 'around' | 'ports'> = {
    around: (session) => {
      const chunk: Inputs['chunk'] = (now, stream, views) => {
        const heard = this.streams.get(stream) ?? []
        this.streams.set(stream, heard)
        const copies = views.map((view) => view.slice())
        heard.push(...copies)
        session.chunk(now, stream, views)
        for (const [i, view] of views.entries())
          assert.ok(equalBytes(view, copies[i]!), 'a lent view was written into')
      }
      return instead(session, { chunk })
    },
    ports: (ports) => {
      const connect: StreamsPort['connect'] = (...args) => {
        this.dials += 1
        ports.streams.connect(...args)
      }
      return { ...ports, streams: instead(ports.streams, { connect }) }
    },
  }

  /** How the last stream on which anything came was spoken. */
  get kind(): 'clear' | 'header' | 'rc4' | 'nothing' {
    const bytes = concatBytes([...this.streams.values()].at(-1) ?? [])
    if (bytes.length === 0) return 'nothing'
    if (equalBytes(bytes.subarray(0, 20), PROTOCOL_PREFIX)) return 'clear'
    return toLatin1(bytes).includes('ut_metadata') ? 'header' : 'rc4'
  }
}

function pair(ours: EncryptionMode, theirs: EncryptionMode, length = 300_000) {
  const swarm = new VirtualSwarm({ length })
  const heard = new Wire()
  const said = new Wire()
  const seed = swarm.join({ mode: 'seed', session: { encryption: theirs }, ...heard.tap })
  swarm.until(() => seed.of('seeding').length > 0)
  const leech = swarm.join({ peers: [seed], session: { encryption: ours }, ...said.tap })
  return { swarm, seed, leech, heard, said }
}

describe('encryption between two sessions', () => {
  const matrix: [ours: EncryptionMode, theirs: EncryptionMode, kind: string, dials: number][] = [
    ['off', 'off', 'clear', 1],
    ['off', 'prefer', 'clear', 1],
    ['prefer', 'off', 'clear', 2],
    ['prefer', 'prefer', 'header', 1],
    ['prefer', 'require', 'rc4', 1],
    ['require', 'prefer', 'rc4', 1],
    ['require', 'require', 'rc4', 1],
  ]
  for (const [ours, theirs, kind, dials] of matrix) {
    it(`who says ${ours} fetches all from who says ${theirs}: ${kind}, dialled ${dials} times`, () => {
      const { swarm, seed, leech, heard, said } = pair(ours, theirs)
      swarm.until(() => leech.verified > 0, 60 * SECOND)
      const encrypted = kind === 'clear' ? 0 : 1
      assert.deepEqual([seed.progress.encrypted, leech.progress.encrypted], [encrypted, encrypted])
      swarm.until(() => leech.done, 60 * SECOND)
      assert.ok(leech.whole)
      assert.equal(heard.kind, kind)
      assert.equal(said.kind, kind)
      assert.equal(said.dials, dials)
      assert.deepEqual(leech.complaints, [])
    })
  }

  for (const [ours, theirs] of [
    ['off', 'require'],
    ['require', 'off'],
  ] as const) {
    it(`who says ${ours} gets nothing from who says ${theirs}`, () => {
      const { swarm, leech, said } = pair(ours, theirs)
      swarm.pass(300 * SECOND)
      assert.equal(leech.verified, 0)
      assert.equal(said.kind, 'nothing')
    })
  }
})

describe('a dial', () => {
  it('goes the way that was answered the last time', () => {
    const { swarm, seed, leech, said } = pair('prefer', 'off', 100_000)
    swarm.until(() => leech.done)
    assert.equal(said.dials, 2)
    leech.host.command({ kind: 'remove', torrent: TORRENT })
    swarm.pass(SECOND)
    leech.events.length = 0
    const source = {
      infoHash: swarm.infoHash,
      metadata: undefined,
      name: '',
      peers: [{ host: seed.host.host, port: PORT }],
      nodes: [],
    }
    const options = { out: '/', mode: 'metadata', overwrite: false, recheck: false, maxPeers: 5 } as const
    leech.host.command({ kind: 'add', torrent: TORRENT, source, options })
    swarm.until(() => leech.done, 60 * SECOND)
    assert.equal(said.dials, 3)
  })

  it('of a hybrid is encrypted for the hash that is named on it, whatever it is found by meanwhile', () => {
    const swarm = new VirtualSwarm({ info: secondVersion('hybrid'), dht: true })
    const seed = swarm.join({ mode: 'seed', session: { encryption: 'prefer' } })
    swarm.until(() => seed.of('seeding').length > 0)
    swarm.pass(10 * SECOND)
    const waiting: (() => void)[] = []
    const ports = (ports: Ports): Ports => {
      const connect: StreamsPort['connect'] = (...args) => {
        waiting.push(() => ports.streams.connect(...args))
      }
      return { ...ports, streams: instead(ports.streams, { connect }) }
    }
    const leech = swarm.join({ peers: [seed], session: { encryption: 'prefer' }, ports })
    swarm.until(() => leech.of('lookup').filter(({ peers }) => peers > 0).length > 1, 5 * SECOND)
    assert.equal(waiting.length, 1, 'dialled before it was found by its second hash')
    waiting[0]!()
    swarm.until(() => leech.done, 5 * SECOND)
    assert.equal(waiting.length, 1)
  })

  it('that nobody takes is not made twice', () => {
    const dials = (['off', 'prefer'] as const).map((encryption) => {
      const swarm = new VirtualSwarm()
      const said = new Wire()
      swarm.join({ peers: [swarm.world.addHost()], session: { encryption }, ...said.tap })
      swarm.pass(60 * SECOND)
      return said.dials
    })
    assert.ok(dials[0]! > 0)
    assert.equal(dials[1], dials[0])
  })
})

it('a crowd that likes to be encrypted is as fast as one in the clear, and whole', () => {
  const seconds = (encryption: EncryptionMode): number => {
    const swarm = new VirtualSwarm({ dht: true, length: 2 << 20 })
    swarm.join({ mode: 'seed', session: { encryption } })
    swarm.pass(5 * SECOND)
    const leeches = Array.from({ length: 6 }, () => swarm.join({ session: { encryption } }))
    const begun = swarm.world.now
    swarm.until(() => leeches.every(({ done }) => done))
    for (const leech of leeches) assert.ok(leech.whole)
    return (swarm.world.now - begun) / SECOND
  }
  const [clear, header, rc4] = [seconds('off'), seconds('prefer'), seconds('require')]
  assert.ok(Math.max(header, rc4) < clear + 3, `${clear} s in the clear, ${header} and ${rc4} s encrypted`)
})

it('PX10: who likes streams to be encrypted says so, and others pass it on', () => {
  const swarm = new VirtualSwarm()
  const middle = swarm.join({ informed: true, session: { encryption: 'prefer' } })
  const wires = (['prefer', 'off'] as const).map((encryption) => {
    const wire = new Wire()
    swarm.join({ informed: true, peers: [middle], session: { encryption }, ...wire.tap })
    return wire
  })
  swarm.pass(90 * SECOND)
  // The flags of one address that was added: to the first the second, which listens in the clear; to the second the first.
  const flags = wires.map((wire) => {
    const text = [...wire.streams.values()].map((chunks) => toLatin1(concatBytes(chunks))).join('')
    return text.match(/5:added6:.{6}7:added\.f1:(.)/s)?.[1]?.charCodeAt(0)
  })
  assert.deepEqual(flags, [0, 1])
})
