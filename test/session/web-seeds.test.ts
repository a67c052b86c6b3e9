import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { WebAsk } from '../../src/session/ports.ts'
import { type MemberSetup, privately, VirtualSwarm } from './virtual-swarm.ts'
import { contentOf, honest, type Reply, VirtualWeb } from './virtual-web.ts'

const MIB = 1 << 20
const SERVER = '8.8.8.8'

type Serve = (ask: WebAsk, honest: Reply, nth: number) => Reply

/** A member that knows a web seed, and the web that it sees. */
function downloader(
  swarm: VirtualSwarm,
  serve: Serve = (_ask, reply) => reply,
  setup: MemberSetup = {},
  seeds: readonly string[] = [`http://${SERVER}/payload.bin`],
) {
  const content = contentOf(swarm)
  const web = new VirtualWeb(swarm.world, (ask) => serve(ask, honest(content, ask), web.asked.length))
  const member = swarm.join({
    informed: true,
    source: { webSeeds: seeds },
    ...setup,
    ports: (ports) => web.ports(ports),
    around: (session) => (web.inputs = session),
  })
  return { web, member, codes: () => member.complaints.filter((code) => code.startsWith('web-seed/')) }
}

describe('a session and web seeds', () => {
  it('fetches all from one alone, in runs of many pieces, and reads no more of it', () => {
    const swarm = new VirtualSwarm({ length: 40 * MIB + 5 })
    const { web, member, codes } = downloader(swarm)
    swarm.until(() => member.done, 5 * MINUTE)
    swarm.pass(SECOND)
    assert.ok(member.whole)
    const lengths = web.asked.map(({ range }) => range!.end - range!.begin)
    assert.deepEqual(lengths.slice(0, 5), [MIB, 2 * MIB, 4 * MIB, 8 * MIB, 16 * MIB])
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      40 * MIB + 5,
    )
    assert.deepEqual([member.progress.wasted, web.open, codes()], [0, 0, []])
    const asked = web.asked.length
    swarm.pass(10 * MINUTE)
    assert.equal(web.asked.length, asked)
  })

  it('asks none when it is told so, nor one that only seeds or wants the metadata alone', () => {
    for (const setup of [
      { session: { webSeeds: false } },
      { mode: 'seed' as const },
      { mode: 'metadata' as const },
    ]) {
      const swarm = new VirtualSwarm()
      const { web } = downloader(swarm, undefined, setup)
      swarm.pass(MINUTE)
      assert.deepEqual(web.asked, [])
    }
  })

  it('asks those that the user names in any case, of private torrents too', () => {
    const swarm = new VirtualSwarm({ info: privately })
    const add = { webSeeds: [`http://${SERVER}/payload.bin`] }
    const { member } = downloader(swarm, undefined, { session: { webSeeds: false }, source: {}, add })
    swarm.until(() => member.done, MINUTE)
    assert.ok(member.whole)
  })

  it('fetches from it and from peers, each a part, hardly anything twice', () => {
    const swarm = new VirtualSwarm({ length: 32 * MIB })
    const seed = swarm.join({ mode: 'seed', session: { uploadLimit: 4 * MIB } })
    const slow: Serve = (_ask, reply) => ({ ...reply, pause: SECOND / 64 })
    const { web, member } = downloader(swarm, slow, { peers: [seed] })
    swarm.until(() => member.done, 5 * MINUTE)
    assert.ok(member.whole)
    const uploaded = seed.progress.uploaded
    assert.ok(uploaded > 8 * MIB && uploaded < 24 * MIB, `${uploaded} by the peer`)
    assert.ok(member.progress.wasted < MIB / 2, `${member.progress.wasted} in vain`)
    assert.ok(web.asked.length > 3)
  })

  it('begins with what no peer has', () => {
    const swarm = new VirtualSwarm({ length: 8 * MIB })
    const half = swarm.join({ mode: 'seed' })
    const other = swarm.join({ peers: [half], add: { select: [] }, session: { downloadLimit: 200_000 } })
    swarm.until(() => other.verified > 2 * MIB, MINUTE)
    half.host.kill()
    const have = Array.from({ length: 128 }, (_, piece) => other.has(piece))
    const { web, member } = downloader(swarm, undefined, { peers: [other], session: { downloadLimit: MIB } })
    swarm.until(() => web.asked.length > 3, MINUTE)
    // The first was asked for when nobody was connected yet.
    const begins = web.asked.slice(1, 4).map(({ range }) => range!.begin / 65_536)
    assert.deepEqual([begins.map((piece) => have[piece]), have.includes(true)], [[false, false, false], true])
    swarm.until(() => member.done, 5 * MINUTE)
  })

  it('keeps to the download limit and to the memory that pieces may take', () => {
    const swarm = new VirtualSwarm({ length: 8 * MIB, pieceLength: 256 * 1024 })
    const { member } = downloader(swarm, undefined, { session: { downloadLimit: MIB, memory: 2 * MIB } })
    let most = 0
    const begun = swarm.world.now
    swarm.until(() => {
      most = Math.max(most, member.session.memory.pieces.credit.drawn)
      return member.done
    }, MINUTE)
    const seconds = (swarm.world.now - begun) / SECOND
    assert.ok(seconds > 7 && seconds < 11, `${seconds} s`)
    assert.ok(most > 0 && most <= MIB, `${most} bytes`)
  })

  it('fetches pieces longer than the memory holds', () => {
    const swarm = new VirtualSwarm({ length: 24 * MIB, pieceLength: 8 * MIB })
    const { member } = downloader(swarm, undefined, { session: { memory: 4 * MIB } })
    swarm.until(() => member.done, 5 * MINUTE)
    assert.ok(member.whole)
  })

  it('gives one up that sends wrong data, says so, and goes on with another', () => {
    const swarm = new VirtualSwarm({ length: 4 * MIB })
    const lie: Serve = ({ authority }, reply) => {
      return authority === '9.9.9.9' ? { ...reply, body: new Uint8Array(reply.body!.length) } : reply
    }
    const { member, codes } = downloader(swarm, lie, {}, ['http://9.9.9.9/x', `http://${SERVER}/x`])
    swarm.until(() => member.done, MINUTE)
    assert.ok(member.whole)
    assert.deepEqual(codes(), ['web-seed/given-up'])
    const [warning] = member.of('warning')
    assert.match(
      warning!.message,
      /^The web seed http:\/\/9\.9\.9\.9\/x is given up: it has sent wrong data\.$/,
    )
    assert.deepEqual(member.banned, [])
  })

  it('finds out who of a web seed and a peer has lied in a piece of both', () => {
    const swarm = new VirtualSwarm({ length: 16 * MIB, pieceLength: 4 * MIB })
    const seed = swarm.join({ mode: 'seed', session: { uploadLimit: MIB } })
    const spoil: Serve = (_ask, reply) => {
      const body = Uint8Array.from(reply.body!)
      for (let at = 100_000; at < body.length; at += 500_000) body[at]! ^= 1
      return { ...reply, body, pause: SECOND / 8 }
    }
    const { member, codes } = downloader(swarm, spoil, { peers: [seed] })
    swarm.until(() => member.done, 10 * MINUTE)
    assert.deepEqual([member.whole, member.banned, codes()], [true, [], ['web-seed/given-up']])
  })

  const final: [string, (reply: Reply) => Reply, RegExp][] = [
    ['404', () => ({ head: { status: 404 } }), /HTTP status 404/],
    ['403', () => ({ head: { status: 403 } }), /HTTP status 403/],
    ['416', () => ({ head: { status: 416 } }), /HTTP status 416/],
    [
      'another range',
      (reply) => ({ ...reply, head: { ...reply.head, range: 'bytes 0-9/10' } }),
      /another part/,
    ],
    ['no range', (reply) => ({ ...reply, head: { status: 206 } }), /another part/],
    [
      'another length of the file',
      (reply) => ({ ...reply, head: { ...reply.head, range: reply.head!.range!.replace(/\d+$/, '99') } }),
      /another length/,
    ],
    ['a whole file of another length', () => ({ head: { status: 200, length: '7' } }), /another length/],
    [
      'what is compressed',
      (reply) => ({ ...reply, head: { ...reply.head, encoding: 'gzip' } }),
      /compressed/,
    ],
    ['redirects without end', () => ({ head: { status: 301, location: '/payload.bin' } }), /without end/],
    [
      'a redirect to this machine',
      () => ({ head: { status: 302, location: 'http://127.0.0.1/' } }),
      /on this machine/,
    ],
    [
      'a redirect to the household',
      () => ({ head: { status: 302, location: 'http://10.0.0.1/' } }),
      /private network/,
    ],
  ]
  for (const [what, change, why] of final) {
    it(`gives one up that answers with ${what}`, () => {
      const swarm = new VirtualSwarm({ length: 4 * MIB })
      const { web, member, codes } = downloader(swarm, (_ask, reply) => change(reply))
      swarm.pass(10 * MINUTE)
      assert.deepEqual([codes(), web.open, member.progress.received], [['web-seed/given-up'], 0, 0])
      assert.match(member.of('warning').find(({ code }) => code === 'web-seed/given-up')!.message, why)
      assert.ok(web.asked.length <= 6 && web.asked.every(({ to }) => to!.scope === 'global'))
    })
  }

  it('takes the whole file for the part that begins it, and no more of it than that', () => {
    const swarm = new VirtualSwarm({ length: 4 * MIB })
    const content = contentOf(swarm)
    const whole: Serve = () => ({ head: { length: `${content.length}` }, body: content })
    const { member, codes } = downloader(swarm, whole)
    swarm.pass(MINUTE)
    // What comes after the first run cannot be had so.
    assert.deepEqual([member.verified, codes()], [MIB, ['web-seed/given-up']])
    assert.equal(member.progress.received, MIB)
  })

  const passing: [string, (reply: Reply) => Reply][] = [
    ['503', () => ({ head: { status: 503, retryAfter: '120' } })],
    ['429', () => ({ head: { status: 429 } })],
    ['silence', (reply) => ({ ...reply, stopsAfter: 10_000 })],
    ['a break', (reply) => ({ ...reply, stopsAfter: 10_000, breaks: true })],
    ['too little', (reply) => ({ ...reply, body: reply.body!.subarray(0, 10_000) })],
    ['no answer', () => ({ pause: 60 * MINUTE })],
    ['a refused connection', () => ({ failure: { code: 'network/refused', message: 'Nobody listens.' } })],
    ['a byte now and then', (reply) => ({ ...reply, chunk: 1, pause: 5 * SECOND })],
  ]
  for (const [what, change] of passing) {
    it(`rests after ${what}, says so once, and goes on when it is well again`, () => {
      const swarm = new VirtualSwarm({ length: 2 * MIB })
      let ill = true
      const { web, member, codes } = downloader(swarm, (_ask, reply) => (ill ? change(reply) : reply))
      swarm.pass(15 * MINUTE)
      const asked = web.asked.length
      assert.ok(asked >= 4 && asked <= 14, `${asked}`)
      assert.deepEqual([codes(), member.done], [['web-seed/failed'], false])
      ill = false
      swarm.until(() => member.done, 60 * MINUTE)
      swarm.pass(SECOND)
      assert.deepEqual([member.whole, codes(), web.open], [true, ['web-seed/failed'], 0])
    })
  }

  it('waits as long as it is told to, within an hour', () => {
    const swarm = new VirtualSwarm()
    const { web } = downloader(swarm, () => ({ head: { status: 503, retryAfter: '120' } }))
    swarm.pass(20 * MINUTE)
    assert.equal(web.asked.length, 10)
    const long = new VirtualSwarm()
    const other = downloader(long, () => ({ head: { status: 503, retryAfter: '999999999' } }))
    long.pass(61 * MINUTE)
    assert.equal(other.web.asked.length, 2)
  })

  it('lets a peer take over what a web seed has been asked for and does not send', () => {
    const swarm = new VirtualSwarm({ length: 2 * MIB })
    const seed = swarm.join({ mode: 'seed' })
    const { member } = downloader(swarm, (_ask, reply) => ({ ...reply, stopsAfter: 70_000 }), {
      peers: [seed],
    })
    swarm.until(() => member.done, MINUTE)
    assert.ok(member.whole)
  })

  it('follows redirects, five at most, to where it may be called', () => {
    const swarm = new VirtualSwarm()
    swarm.world.names.set('mirror.example', ['10.9.9.9', '9.9.9.9'])
    const { web, member } = downloader(swarm, ({ path }, reply, nth) => {
      if (path === '/good') return reply
      return { head: { status: 302, location: nth < 5 ? '/again' : 'http://mirror.example/good' } }
    })
    swarm.until(() => member.done, MINUTE)
    assert.ok(member.whole)
    assert.deepEqual(web.asked.at(-1)!.to!.text, '9.9.9.9:80')
    assert.equal(web.asked.at(-1)!.authority, 'mirror.example')
  })

  it('is sent by no torrent to where strangers do not reach, by the user anywhere', () => {
    const hosts = [
      '127.0.0.1',
      '[::1]',
      '192.168.1.1',
      '169.254.169.254',
      '0.0.0.0',
      '[fe80::1]',
      'inner.example',
      '[::ffff:127.0.0.1]',
    ]
    const swarm = new VirtualSwarm()
    swarm.world.names.set('inner.example', ['127.0.0.1'])
    const { web, codes } = downloader(
      swarm,
      undefined,
      {},
      hosts.map((host) => `http://${host}/`),
    )
    swarm.pass(10 * MINUTE)
    // It has no IPv6, so of the addresses of that family it does not even come to the question.
    const isHere = (host: string): boolean => !/^\[(?!::ffff)/.test(host)
    const said = hosts.map((host) => (isHere(host) ? 'web-seed/given-up' : 'web-seed/failed'))
    assert.deepEqual([web.asked, codes()], [[], said])
    const own = new VirtualSwarm()
    const given = downloader(own, undefined, { source: {}, add: { webSeeds: ['http://127.0.0.1:8080/x'] } })
    own.until(() => given.member.done, MINUTE)
    assert.equal(given.web.asked[0]!.to, parseAddress('127.0.0.1', 8080))
  })

  it('calls from the families that it is bound to alone', () => {
    const swarm = new VirtualSwarm()
    swarm.world.names.set('both.example', ['2001:db8::1', '8.8.8.8'])
    swarm.world.names.set('six.example', ['2001:db8::1'])
    const seeds = ['http://six.example/x', 'http://both.example/x']
    const { web, member, codes } = downloader(swarm, undefined, {}, seeds)
    swarm.until(() => member.done, MINUTE)
    assert.ok(web.asked.every(({ to, from }) => to!.host === '8.8.8.8' && from === member.host.host))
    assert.deepEqual(codes(), ['web-seed/failed'])
  })

  it('asks eight of many at a time, the others in place of those that are given up', () => {
    const swarm = new VirtualSwarm({ length: 64 * MIB })
    const seeds = Array.from({ length: 30 }, (_, i) => `http://8.8.4.${i + 1}/x`)
    let most = 0
    const { member, web } = downloader(
      swarm,
      ({ to }, reply) => {
        most = Math.max(most, web.open)
        return to!.bytes[3]! <= 25 ? { head: { status: 404 } } : reply
      },
      {},
      seeds,
    )
    swarm.until(() => member.done, 5 * MINUTE)
    assert.ok(member.whole && most <= 8, `${most}`)
  })

  it('says that it is as fast as what it asks, while a web seed alone sends', () => {
    const swarm = new VirtualSwarm({ length: 64 * MIB })
    const { member } = downloader(swarm, (_ask, reply) => ({ ...reply, pause: SECOND / 16 }))
    swarm.pass(30 * SECOND)
    assert.equal(member.progress.findings[0]?.code, 'as-fast-as-peers')
    assert.ok(!member.complaints.includes('swarm/no-peers'))
  })

  it('stops at once when the torrent is removed', () => {
    const swarm = new VirtualSwarm({ length: 8 * MIB })
    const { web, member } = downloader(swarm, (_ask, reply) => ({ ...reply, pause: SECOND }))
    swarm.pass(5 * SECOND)
    assert.equal(web.open, 1)
    member.host.command({ kind: 'remove', torrent: 1 })
    swarm.until(() => member.of('removed').length > 0, 10 * SECOND)
    assert.equal(web.open, 0)
  })
})
