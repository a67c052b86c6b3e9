import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import { SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { AddOptions } from '../../src/session/commands.ts'
import { FilePlaces } from '../../src/session/file-places.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

describe('files of several torrents', () => {
  it('are had by who comes first, unless all of them only read', () => {
    const places = new FilePlaces()
    const claim = (torrent: number, paths: string, ...writers: number[]): string | undefined =>
      places.claim(torrent, paths.split(' '), (other) => writers.includes(other))?.message
    assert.equal(claim(1, '/a /b', 1), undefined)
    assert.match(claim(2, '/c /b', 1)!, /^\/b is a file of another torrent too/)
    assert.equal(claim(2, '/c /d', 1, 2), undefined)
    assert.match(claim(3, '/d', 3)!, /^\/d/)
    assert.equal(claim(3, '/d'), undefined, 'both read')
    assert.deepEqual([places.shares(1), places.shares(2), places.shares(3)], [false, true, true])
    assert.equal(claim(1, '/e', 1), undefined, 'it has moved')
    assert.equal(claim(4, '/a /b', 4), undefined)
    places.release(2)
    assert.equal(places.shares(3), false)
    places.release(3)
    places.release(3)
    assert.equal(claim(5, '/d', 5), undefined)
  })

  /** Another torrent of the same name, with the same content or none that is known. */
  function other(swarm: VirtualSwarm) {
    const { name, pieces, length, pieceLength } = parseInfo(swarm.info, nodeCrypto)
    const bytes = encodeInfo({ name, pieces, length, pieceLength, private: true })
    const source = { infoHash: nodeCrypto.sha1(bytes), metadata: bytes, name, peers: [], nodes: [] }
    const options = { out: '/torrents', overwrite: false, recheck: false, maxPeers: 5 }
    return (mode: AddOptions['mode'], torrent: number) =>
      ({ kind: 'add', torrent, source, options: { ...options, mode } }) as const
  }

  it('a second torrent with a file of the first is refused in one sentence, and the first goes on', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const seed = swarm.join({ mode: 'seed', rates: { up: 1 << 20, down: 1 << 20 } })
    const leech = swarm.join({ peers: [seed] })
    swarm.until(() => leech.verified > 0)
    const add = other(swarm)
    for (const [torrent, mode] of [
      [2, 'download'],
      [3, 'seed'],
    ] as const) {
      leech.host.command(add(mode, torrent))
      swarm.until(() => leech.of('error').length === torrent - 1)
    }
    const { code, message } = leech.of('error')[0]!
    assert.equal(code, 'storage/shared-file')
    assert.match(
      message,
      /^\/torrents\/payload\.bin is a file of another torrent too, which is open here: give /,
    )
    swarm.until(() => leech.done)
    assert.ok(leech.whole)
    leech.host.command({ kind: 'remove', torrent: 1 })
    leech.host.command({ kind: 'remove', torrent: 2 })
    swarm.until(() => leech.of('removed').length === 2)
    leech.events.length = 0
    leech.host.command(add('download', 4))
    swarm.pass(SECOND)
    assert.ok(!leech.complaints.includes('storage/shared-file'), 'nobody has it any more')
  })

  it('two that only read one file stay beside each other, and neither moves nor removes it', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    swarm.until(() => seed.done)
    const twin = other(swarm)('seed', 2)
    const spec = { ...swarm.storeSpec(), infoHash: twin.source.infoHash }
    seed.host.disk.volume(spec).fill(swarm.payload)
    seed.host.command(twin)
    swarm.until(() => seed.of('done').length === 2)
    seed.host.command({ kind: 'relocate', torrent: 1, out: '/elsewhere' })
    swarm.until(() => seed.of('move-ended').length > 0)
    assert.equal(seed.of('move-ended')[0]!.failure!.code, 'storage/shared-file')
    seed.host.command({ kind: 'remove', torrent: 1, files: true })
    swarm.until(() => seed.of('removed').length > 0)
    assert.deepEqual([seed.complaints.slice(-1), seed.whole], [['storage/left'], true])
  })
})
