import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writePeers } from '../../src/codec/compact.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { Ports, WebAsk } from '../../src/session/ports.ts'
import { type MemberSetup, privately, VirtualSwarm } from './virtual-swarm.ts'
import { VirtualTracker } from './virtual-tracker.ts'
import { type Reply, VirtualWeb } from './virtual-web.ts'

const SEED = 'http://files.example/payload.bin'
const TRACKER = 'http://tracker.example:8000/announce'
/** As the face has it behind a proxy. */
const BEHIND = { proxied: true, listen: false, trackers: true } as const

/** A member behind a proxy, and what is asked by way of that. Whatever would pass it by fails the test. */
function behind(swarm: VirtualSwarm, serve: (ask: WebAsk) => Reply, setup: MemberSetup = {}) {
  const web = new VirtualWeb(swarm.world, serve)
  const fail = (): never => assert.fail('something has passed the proxy by')
  const closed = (ports: Ports): Ports => ({
    ...web.ports(ports),
    names: { ...ports.names, own: fail, resolve: fail },
    udp: { bind: fail, reserve: fail, send: fail, close: fail },
  })
  const member = swarm.join({
    informed: true,
    ...setup,
    session: { ...BEHIND, ...setup.session },
    ports: closed,
    around: (session) => (web.inputs = session),
  })
  return { web, member, codes: (room: string) => member.complaints.filter((code) => code.startsWith(room)) }
}

function bytesOf({ payload }: VirtualSwarm): Uint8Array {
  const { geometry } = payload
  const pieces = Array.from({ length: geometry.pieceCount }, (_piece, piece) =>
    Array.from({ length: geometry.blocksOf(piece) }, (_block, block) => payload.block(piece, block)),
  )
  return concatBytes(pieces.flat())
}

/** Serves ranges of the content. */
function serving(swarm: VirtualSwarm): (ask: WebAsk) => Reply {
  const content = bytesOf(swarm)
  return ({ range }) => ({
    head: { status: 206, range: `bytes ${range!.begin}-${range!.end - 1}/${content.length}` },
    body: content.subarray(range!.begin, range!.end),
  })
}

/** A tracker that names these, whoever asks. */
function naming(...peers: readonly Address[]): () => Reply {
  const compact = writePeers(peers)
  const head = latin1(`d8:intervali1800e5:peers${compact.length}:`)
  return () => ({ body: concatBytes([head, compact, latin1('e')]) })
}

function query({ path }: WebAsk): URLSearchParams {
  return new URL(path, 'http://tracker').searchParams
}

describe('a session behind a proxy', () => {
  it('fetches from a web seed whose name the proxy looks up', () => {
    const swarm = new VirtualSwarm()
    const { web, member } = behind(swarm, serving(swarm), { source: { webSeeds: [SEED] } })
    swarm.until(() => member.done, MINUTE)
    assert.ok(member.whole)
    const [asked] = web.asked
    assert.deepEqual(
      [asked!.to, asked!.host, asked!.port, asked!.authority, asked!.from],
      [undefined, 'files.example', 80, 'files.example', undefined],
    )
  })

  it('tells a tracker once what becomes of a private torrent, and neither where it is nor a port of its own', () => {
    const swarm = new VirtualSwarm({ info: privately })
    const seed = swarm.join({ mode: 'seed' })
    const { web, member } = behind(swarm, naming(seed.address), { source: { trackers: [[TRACKER]] } })
    swarm.until(() => member.done, MINUTE)
    swarm.pass(10 * SECOND)
    member.host.command({ kind: 'stop' })
    swarm.until(() => member.of('stopped').length > 0, 5 * SECOND)
    assert.ok(member.whole)
    assert.deepEqual(
      web.asked.map((ask) => [ask.to, ask.authority, query(ask).get('event')]),
      ['started', 'completed', 'stopped'].map((event) => [undefined, 'tracker.example:8000', event]),
    )
    for (const ask of web.asked) {
      assert.equal(query(ask).get('port'), '1')
      assert.deepEqual(
        [query(ask).has('ip'), query(ask).has('ipv4'), query(ask).has('ipv6')],
        [false, false, false],
      )
    }
    const [warning] = member.of('warning')
    assert.match(warning!.message, /peers come from its trackers and from --peer alone\.$/)
  })

  it('takes peers of the open network alone from a tracker that it cannot see', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const bad = ['127.0.0.1', '10.0.0.1', '192.168.1.1'].map((host) => parseAddress(host, 80)!)
    const { member } = behind(swarm, naming(...bad, seed.address), { source: { trackers: [[TRACKER]] } })
    swarm.until(() => member.done, MINUTE)
    assert.deepEqual(
      member.of('peer').map(({ address }) => address.text),
      [seed.address.text],
    )
  })

  it('says once that trackers over UDP alone are of no use, and asks those over HTTP beside them', () => {
    for (const info of [undefined, privately]) {
      const swarm = new VirtualSwarm(info && { info })
      const udp = VirtualTracker.join(swarm)
      const alone = behind(swarm, naming(), {
        source: { trackers: [[udp.url], ['udp://tracker.example:80']] },
      })
      const mixed = behind(swarm, naming(), { source: { trackers: [[udp.url], [TRACKER]] } })
      swarm.pass(90 * MINUTE)
      assert.deepEqual([alone.codes('tracker/'), mixed.codes('tracker/')], [['tracker/proxy'], []])
      assert.deepEqual([udp.told, alone.web.asked, mixed.web.asked.length > 2], [[], [], true])
      const messages = alone.member.of('warning').map(({ message }) => message)
      assert.ok(messages.some((message) => /over UDP, which does not go through the proxy/.test(message)))
      const isPrivate = messages.some((message) => /names no tracker that the proxy leads to/.test(message))
      assert.equal(isPrivate, info !== undefined)
    }
  })

  it('asks again by way of the proxy and no other way while that fails, and says why', () => {
    const swarm = new VirtualSwarm()
    const failure = { code: 'network/proxy-denied', message: 'It lets nobody in.' } as const
    const sources = { trackers: [[TRACKER]], webSeeds: [SEED] }
    const { web, member, codes } = behind(swarm, () => ({ failure }), { source: sources })
    swarm.pass(20 * MINUTE)
    const asked = (host: string): number => web.asked.filter((ask) => ask.host === host).length
    // Half a minute, or ten seconds, doubling.
    assert.deepEqual([asked('tracker.example'), asked('files.example')], [6, 7])
    assert.ok(web.asked.every(({ to }) => to === undefined))
    assert.deepEqual([codes('tracker/'), codes('web-seed/')], [['tracker/failed'], ['web-seed/failed']])
    assert.equal(codes('network/')[0], 'network/proxy-denied')
    const [trouble] = member.of('warning')
    assert.match(trouble!.message, /The proxy does not let us in/)
    assert.equal(member.progress.verified, 0)
  })

  it('sends the proxy nowhere inside for the sake of a torrent', () => {
    const hosts = [
      ...['127.0.0.1', '10.0.0.1', '[::1]', '[fe80::1]', '0.0.0.0'],
      ...['localhost', 'a.localhost', 'router', 'printer.local', 'x.internal', 'nas.lan', 'fritz.home.arpa'],
      ...['127.1', '2130706433', '0x7f000001', '0x7f.1', 'localhost.', '127.0.0.1.', '127.0.0.01'],
      ...['ｌocalhost', '１２７.1', 'münchen.example'],
    ]
    const swarm = new VirtualSwarm()
    const { web, codes } = behind(swarm, serving(swarm), {
      source: { webSeeds: hosts.map((host) => `http://${host}/`) },
    })
    swarm.pass(MINUTE)
    assert.deepEqual([web.asked, codes('web-seed/')], [[], hosts.map(() => 'web-seed/given-up')])
  })

  it('nor at the word of a server, whoever named that', () => {
    for (const [first, location] of [
      [SEED, 'http://localhost/x'],
      [SEED, 'http://192.168.1.1/x'],
      ['http://8.8.8.8/x', 'http://127.1/x'],
      ['http://10.0.0.1/x', 'http://localhost/x'],
    ] as const) {
      const swarm = new VirtualSwarm()
      const { web, codes } = behind(swarm, () => ({ head: { status: 302, location } }), {
        add: { webSeeds: [first] },
      })
      swarm.pass(MINUTE)
      assert.deepEqual([web.asked.length, codes('web-seed/')], [1, ['web-seed/given-up']], location)
    }
  })

  it('goes where the user says', () => {
    for (const url of ['http://localhost:8080/x', 'http://127.0.0.1/x', 'http://nas/x']) {
      const swarm = new VirtualSwarm()
      const { member } = behind(swarm, serving(swarm), { add: { webSeeds: [url] } })
      swarm.until(() => member.done, MINUTE)
    }
  })
})
