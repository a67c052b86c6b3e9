import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { type MemberSetup, privately, TORRENT, VirtualSwarm } from './virtual-swarm.ts'
import { VirtualTracker } from './virtual-tracker.ts'

const WANTED = { trackers: true }

function tracked(...trackers: VirtualTracker[]): Pick<MemberSetup, 'source'> {
  return { source: { trackers: trackers.map(({ url }) => [url]) } }
}

describe('a session and trackers', () => {
  it('asks none, unless it is told to', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    swarm.join({ informed: true, ...tracked(tracker) })
    swarm.pass(10 * MINUTE)
    assert.deepEqual(tracker.told, [])
  })

  it('meets others through one alone, and tells it when it starts, completes and stops', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    const seed = swarm.join({ mode: 'seed', session: WANTED, ...tracked(tracker) })
    swarm.pass(5 * SECOND)
    const leech = swarm.join({ session: WANTED, ...tracked(tracker) })
    swarm.until(() => leech.done, 120 * SECOND)
    assert.ok(leech.whole)
    assert.deepEqual(
      leech.of('peer').map(({ address, source }) => [address.text, source]),
      [[seed.address.text, 'tracker']],
    )
    swarm.pass(MINUTE)
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0, 5 * SECOND)
    const told = tracker.told.filter(({ from }) => from === leech.host.host)
    assert.deepEqual(
      told.map(({ event, left, want }) => [event, left === 0, want]),
      [
        ['started', false, 100],
        ['completed', true, 100],
        ['stopped', true, 0],
      ],
    )
    assert.ok(told.every(({ infoHash }) => infoHash === toHex(swarm.infoHash)))
    const seeds = tracker.told.filter(({ from }) => from === seed.host.host)
    assert.deepEqual(
      [seeds[0]?.event, seeds[0]?.left, seeds.some(({ event }) => event === 'completed')],
      ['started', 0, false],
    )
  })

  it('asks those that the user names, whether others are wanted or not', () => {
    const swarm = new VirtualSwarm()
    const [own, other] = [VirtualTracker.join(swarm), VirtualTracker.join(swarm)]
    swarm.join({ informed: true, add: { trackers: [own.url] }, ...tracked(other) })
    swarm.pass(MINUTE)
    assert.deepEqual([own.events, other.events], [['started'], []])
  })

  it('asks again when the interval is over, no more than once a minute, sooner only while it is alone', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    tracker.interval = 1
    swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(10 * MINUTE)
    assert.ok(tracker.told.length >= 9 && tracker.told.length <= 11, `${tracker.told.length}`)
    const slow = new VirtualSwarm()
    const other = VirtualTracker.join(slow)
    other.interval = 2 ** 31
    slow.join({ mode: 'seed', session: WANTED, ...tracked(other) })
    slow.pass(24 * 60 * MINUTE + MINUTE)
    assert.equal(other.told.length, 2, 'a day is the longest')
  })

  it('goes on to the next tier while one does not answer, and says so once (BEP 12)', () => {
    const swarm = new VirtualSwarm()
    const [dead, good] = [VirtualTracker.join(swarm), VirtualTracker.join(swarm)]
    dead.silent = true
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(dead, good) })
    swarm.pass(3 * MINUTE)
    const failures = (): number => member.complaints.filter((code) => code === 'tracker/failed').length
    assert.deepEqual([good.events, failures()], [['started'], 1])
    swarm.pass(120 * MINUTE)
    assert.equal(failures(), 1)
    assert.ok(good.told.length >= 3)
    const last = good.told.length
    dead.silent = false
    swarm.pass(120 * MINUTE)
    assert.ok(dead.told.length > 0 && good.told.length - last <= 2, 'the first tier comes first again')
  })

  it('leaves one that refuses alone for longer and longer, and says why without control characters', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    let asked = 0
    tracker.refusal = 'go \u001b[2Jaway'
    const { datagram } = tracker
    tracker.datagram = function (...input) {
      asked += 1
      datagram.apply(this, input)
    }
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(6 * 60 * MINUTE)
    // Half a minute, doubling up to an hour: seven in the first hour, then one each.
    assert.ok(asked >= 2 * 11 && asked <= 2 * 14, `${asked}`)
    const [warning, ...more] = member.of('warning').filter(({ code }) => code === 'tracker/failed')
    assert.match(warning!.message, /cannot be used: it refuses: go \[2Jaway$/)
    assert.deepEqual(more, [])
  })

  it('takes no narrower address of a tracker than its own, nor what is no address', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    const [good, ...bad] = [
      '8.8.4.4:2',
      '127.0.0.1:22',
      '10.0.0.1:80',
      '8.8.4.4:0',
      '8.8.4.4:1',
      '0.0.0.0:5',
      '224.0.0.1:5',
    ]
    tracker.named = [good!, ...bad].map(
      (text) => parseAddress(text.split(':')[0]!, Number(text.split(':')[1]))!,
    )
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(MINUTE)
    assert.deepEqual(
      member.of('peer').map(({ address }) => address.text),
      [good],
    )
  })

  it('is not sent to this machine nor to a private network by a torrent', () => {
    const swarm = new VirtualSwarm()
    swarm.world.names.set('inner.example', ['192.168.0.1'])
    const hosts = ['127.0.0.1', '10.0.0.1', 'inner.example', '[::1]', '0.0.0.0', 'nowhere.example']
    const sent: string[] = []
    const member = swarm.join({
      informed: true,
      session: WANTED,
      source: { trackers: [hosts.map((host) => `udp://${host}:80/announce`)] },
      ports: (ports) => ({
        ...ports,
        udp: {
          bind: (ticket, socket, host, port) => ports.udp.bind(ticket, socket, host, port),
          reserve: (length) => ports.udp.reserve(length),
          send: (_socket, to) => sent.push(to.text),
          close: (socket) => ports.udp.close(socket),
        },
      }),
    })
    swarm.pass(10 * MINUTE)
    assert.deepEqual(sent, [])
    const why = member.of('warning').filter(({ code }) => code === 'tracker/failed')
    assert.equal(why.length, hosts.length)
    assert.ok(
      why.some(({ message }) => message.includes('inner.example is at 192.168.0.1, in a private network')),
    )
  })

  it('believes no answer that was not asked for, nor one from elsewhere', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    const forged = new Uint8Array(26).fill(1)
    forged.set([0, 0, 0, 1])
    tracker.noise = [forged, new Uint8Array(0), new Uint8Array(3), new Uint8Array(1_400).fill(255)]
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(MINUTE)
    assert.deepEqual([tracker.events[0], member.of('peer')], ['started', []])
    tracker.astray = true
    const other = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(MINUTE)
    assert.deepEqual(
      tracker.told.filter(({ from }) => from === other.host.host),
      [],
    )
  })

  it('is not held up by a tracker that has fallen silent when it stops', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    swarm.pass(10 * SECOND)
    tracker.silent = true
    member.host.command({ kind: 'stop' })
    swarm.until(() => member.of('stopped').length > 0, 4 * SECOND)
  })

  it('asks of 100 torrents at most 32 trackers at a time, and all in the end', () => {
    const swarm = new VirtualSwarm()
    const tracker = VirtualTracker.join(swarm)
    const member = swarm.join({ informed: true, session: WANTED, ...tracked(tracker) })
    const options = { out: '/x', mode: 'metadata', overwrite: false, recheck: false, maxPeers: 5 } as const
    for (let torrent = 2; torrent <= 100; torrent++) {
      const infoHash = new Uint8Array(20).fill(torrent)
      const known = { metadata: undefined, name: undefined, peers: [], nodes: [] }
      const source = { infoHash, ...known, trackers: [[tracker.url]] }
      member.host.command({ kind: 'add', torrent, source, options })
    }
    swarm.pass(30 * SECOND)
    assert.equal(new Set(tracker.told.map(({ infoHash }) => infoHash)).size, 100)
  })
})

describe('a private torrent and its trackers', () => {
  it('RS4, MD21: asks them unasked, as soon as it is known to be private, and nobody else', () => {
    const swarm = new VirtualSwarm({ dht: true, info: privately })
    const tracker = VirtualTracker.join(swarm)
    const seed = swarm.join({ mode: 'seed', ...tracked(tracker) })
    swarm.pass(5 * SECOND)
    const leech = swarm.join({ informed: true, ...tracked(tracker) })
    swarm.until(() => leech.done, 120 * SECOND)
    assert.ok(leech.of('peer').every(({ source }) => source === 'tracker' || source === 'incoming'))
    const warning = leech.of('warning').find(({ code }) => code === 'swarm/private')
    assert.match(warning!.message, /from its trackers, from --peer and from those who dial us alone/)
    const [stats] = swarm.router!.dhtStats(swarm.world.now)
    assert.deepEqual([stats!.stats.hashes, seed.progress.uploaded > 0], [0, true])
  })

  it('MD21: says that it names none', () => {
    const swarm = new VirtualSwarm({ info: privately })
    const member = swarm.join({ informed: true })
    swarm.pass(SECOND)
    assert.match(
      member.of('warning')[0]!.message,
      /is private and names no tracker: peers come from --peer and/,
    )
  })

  it('RS4: parts with all peers when another tracker is the one that answers, and takes those that it names', () => {
    const swarm = new VirtualSwarm({ info: privately, length: 1 << 20 })
    const [first, second] = [VirtualTracker.join(swarm), VirtualTracker.join(swarm)]
    first.interval = 60
    const left = ScriptedPeer.join(swarm.world, {
      infoHash: swarm.infoHash,
      peerId: new Uint8Array(20).fill(1),
      geometry: swarm.payload.geometry,
    })
    first.named = [left.host.address(6881)]
    const right = swarm.join({ mode: 'seed', session: { uploadLimit: 1024 }, ...tracked(second) })
    swarm.pass(5 * SECOND)
    const leech = swarm.join({ informed: true, ...tracked(first, second) })
    swarm.pass(30 * SECOND)
    const met = (): string[] => leech.of('peer').map(({ address }) => address.host)
    assert.deepEqual([met(), left.peers.length], [[left.host.host], 1])
    first.silent = true
    swarm.until(() => met().includes(right.host.host), 10 * MINUTE)
    swarm.pass(10 * MINUTE)
    assert.deepEqual([left.peers.length, leech.progress.peers], [0, 1])
  })

  it('is the same run each time', () => {
    const run = () => {
      const swarm = new VirtualSwarm({ info: privately })
      const tracker = VirtualTracker.join(swarm)
      swarm.join({ mode: 'seed', ...tracked(tracker) })
      const leech = swarm.join({ informed: true, ...tracked(tracker) })
      swarm.until(() => leech.done, 5 * MINUTE)
      return [
        swarm.world.scheduler.now,
        tracker.told,
        leech.session.progress(swarm.world.now, TORRENT)?.received,
      ]
    }
    assert.deepEqual(run(), run())
  })
})
