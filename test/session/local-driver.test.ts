import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeSearch, encodeSearch, SEARCH_GROUP } from '../../src/codec/search-message.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/bytes.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { Handle, Outcome, Ports, Ticket } from '../../src/session/ports.ts'
import type { Session } from '../../src/session/session.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { type MemberSetup, privately, VirtualSwarm } from './virtual-swarm.ts'

interface Asked {
  readonly ticket: Ticket
  readonly handle: Handle
  readonly group: Address
  readonly hosts: readonly string[]
}

/** A local network of the test's own: it sees who joins and what is sent, answers and speaks when it is told to. */
class Network {
  readonly asked: Asked[] = []
  /** Info-hashes of each announcement. */
  readonly heard: string[][] = []
  readonly closed: Handle[] = []
  readonly swarm: VirtualSwarm
  session: Session | undefined

  constructor(swarm: VirtualSwarm) {
    this.swarm = swarm
  }

  ports({ udp, ...others }: Ports): Ports {
    return {
      ...others,
      udp: {
        bind: (ticket, socket, host, port) => udp.bind(ticket, socket, host, port),
        reserve: (length) => udp.reserve(length),
        join: (ticket, handle, group, hosts) => this.asked.push({ ticket, handle, group, hosts }),
        send: (socket, to, datagram) => {
          if (to !== SEARCH_GROUP[4]) udp.send(socket, to, datagram)
          else this.heard.push(decodeSearch(datagram)!.infoHashes.map(toHex))
        },
        close: (socket) => {
          if (this.asked.some(({ handle }) => handle === socket)) this.closed.push(socket)
          else udp.close(socket)
        },
      },
    }
  }

  answer(outcome: Outcome): void {
    this.session!.completed(this.swarm.world.now, this.asked[0]!.ticket, outcome)
  }

  /** A neighbour announces the swarm's torrent. */
  speak(host: string): void {
    const infoHashes = [this.swarm.infoHash]
    const bytes = encodeSearch({ family: 4, port: 7_000, infoHashes, cookie: undefined })
    this.session!.datagram(this.swarm.world.now, this.asked[0]!.handle, parseAddress(host, 1)!, bytes)
  }
}

function member(swarm: VirtualSwarm, setup: MemberSetup = {}) {
  const network = new Network(swarm)
  const joined = swarm.join({
    ...setup,
    session: { lsd: true, ...setup.session },
    ports: (ports) => network.ports(ports),
    around: (session) => {
      network.session = session
      return session
    },
  })
  swarm.pass(SECOND)
  return { network, joined }
}

const DONE: Outcome = { ok: true, value: undefined }

describe('a session on a local network', () => {
  it('joins the group where it is bound, announces its torrent, and takes who announces it too', () => {
    const swarm = new VirtualSwarm()
    const { network, joined } = member(swarm)
    const [asked, ...more] = network.asked
    assert.deepEqual([asked?.group, asked?.hosts, more], [SEARCH_GROUP[4], [joined.host.host], []])
    assert.deepEqual(network.heard, [])
    network.answer(DONE)
    assert.deepEqual(network.heard, [[toHex(swarm.infoHash)]])
    network.speak('10.0.0.7')
    assert.deepEqual(
      joined.of('peer').map(({ address, source }) => [address.text, source]),
      [['10.0.0.7:7000', 'lsd']],
    )
    swarm.pass(5 * MINUTE)
    assert.equal(network.heard.length, 2)
  })

  it('announces a torrent no more that was removed, and closes its socket in the end', () => {
    const swarm = new VirtualSwarm()
    const { network, joined } = member(swarm)
    network.answer(DONE)
    joined.host.command({ kind: 'remove', torrent: 1 })
    swarm.pass(20 * MINUTE)
    assert.equal(network.heard.length, 1)
    joined.host.command({ kind: 'stop' })
    swarm.pass(SECOND)
    assert.deepEqual(network.closed, [network.asked[0]!.handle])
  })

  it('RS4: opens nothing for a private torrent', () => {
    const { network } = member(new VirtualSwarm({ info: privately }), { mode: 'seed' })
    assert.deepEqual(network.asked, [])
  })

  it('MD21: is silent and deaf from when the metadata says that the torrent is private', () => {
    const swarm = new VirtualSwarm({ info: privately })
    // It does not know that what it serves is not for everybody.
    const liar = ScriptedPeer.join(swarm.world, {
      infoHash: swarm.infoHash,
      peerId: new Uint8Array(20).fill(1),
      metadataSize: swarm.info.length,
      on: {
        metadataRequested: (peer, now, piece) =>
          peer.sendMetadata(now, piece, swarm.info.length, swarm.info.subarray(piece * 16_384)),
      },
    })
    const { network, joined } = member(swarm, { peers: [liar.host] })
    assert.equal(network.asked.length, 1)
    swarm.until(() => joined.of('metadata').length > 0)
    network.answer(DONE)
    network.speak('10.0.0.7')
    swarm.pass(20 * MINUTE)
    assert.deepEqual(network.heard, [])
    assert.ok(joined.of('peer').every(({ source }) => source !== 'lsd'))
  })

  it('says so once where there is no multicast, and goes on', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const { network, joined } = member(swarm, { peers: [seed] })
    network.answer({ ok: false, failure: { code: 'network/port-taken', message: 'UDP … is taken.' } })
    swarm.until(() => joined.done)
    assert.deepEqual(joined.complaints, ['network/no-multicast'])
    assert.deepEqual(network.heard, [])
  })

  it('joins nothing unless it is asked to', () => {
    assert.deepEqual(member(new VirtualSwarm(), { session: { lsd: false } }).network.asked, [])
  })
})
