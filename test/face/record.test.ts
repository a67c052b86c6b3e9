import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ReplayResult, replay } from '../../sim/recorded/replay.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { type Lodestone, open } from '../../src/index.ts'
import { decodeFrames, type Frame } from '../../src/session/recording.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, LOOPBACK, next, noise, placeOf, within, withNodes } from './loopback.ts'

async function replayed(record: string): Promise<ReplayResult> {
  const result = replay(await readFile(record))
  assert.equal(result.difference, undefined)
  assert.equal(result.equal, result.events)
  return result
}

async function framesOf(record: string): Promise<Frame[]> {
  return [...decodeFrames(await readFile(record))]
}

function countOf(frames: readonly Frame[], kind: string): number {
  return frames.filter(
    ({ what, fields }) => what === 'event' && (fields[0] as { kind: string }).kind === kind,
  ).length
}

/** Datagrams as the rows of the DHT's conformance list have them, by what is wrong with them. */
const HOSTILE: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['nothing at all', new Uint8Array(0)],
  ['a length below zero', latin1('l-3:')],
  ['a key of a length below zero', latin1('d-3:i1e')],
  ['a claimed gigabyte', latin1('d1:a999999999:')],
  ['a thousand lists', latin1(`d1:a${'l'.repeat(1000)}`)],
  ['no dictionary', latin1('i1e')],
  ['a dictionary with rubbish after it', latin1('d1:t2:aa1:y1:qeXXXX')],
  ['keys out of order', latin1('d1:y1:q1:t2:aae')],
  ['an integer with a zero in front', latin1('d1:ad2:idi01eee')],
  ['a query without arguments', latin1('d1:q4:ping1:t2:aa1:y1:qe')],
  ['a ping with a short id', latin1('d1:ad2:id3:abce1:q4:ping1:t2:aa1:y1:qe')],
  ['an unknown query', latin1('d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe')],
  ['a ping', latin1('d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe')],
  ['a reply to nothing', latin1('d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re')],
  ['an error to nothing', latin1('d1:eli201e5:Oopsee1:t2:aa1:y1:ee')],
  ['a `__proto__` key', latin1('d9:__proto__d1:xi1ee1:t2:aa1:y1:qe')],
  [
    'an announcement with a forged token',
    latin1(
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe',
    ),
  ],
  ['a uTP packet', Uint8Array.of(0x41, 0, ...new Uint8Array(18))],
  ['the longest datagram', new Uint8Array(60_000).fill(0x64)],
]

/** Sends `rounds` times all that is hostile to `node`, spoof-like replies from other ports among it. */
async function besiege(node: Lodestone, rounds: number): Promise<number> {
  const { host, port } = node.addresses[0]!
  const sockets = Array.from({ length: 4 }, () => createSocket('udp4'))
  let sent = 0
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [, bytes] of HOSTILE) {
        const socket = sockets[sent % sockets.length]!
        await new Promise((resolve) => socket.send(bytes, port, host, resolve))
        sent += 1
      }
    }
  } finally {
    for (const socket of sockets) socket.close()
  }
  return sent
}

describe('the record of a run on real sockets', () => {
  it('replays a download by magnet link that uploads to another meanwhile, to the same events', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      await withNodes(async (openNode) => {
        const router = await openNode()
        const bootstrap = [placeOf(router)]
        const seeder = await openNode({ bootstrap, uploadLimit: 4 * 1024 * 1024 })
        const created = await noise(folder, 'content', 3_000_000)
        const seeding = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding

        const node = await openNode({ bootstrap, record, state: join(folder, 'state') })
        const commands: Promise<unknown>[] = []
        // Commands from within listeners stand between the events of one input.
        const off = node.on('metadata', () => {
          off()
          commands.push(node.lookup(created.infoHash).result)
          commands.push(node.ping('127.0.0.1', router.addresses[0]!.port))
        })
        const torrent = node.add(created.magnet, { out: join(folder, 'first') })
        await within(20_000, 'metadata', torrent.metadata)
        // It knows nobody but the recorded node, which must upload.
        const other = await openNode({ dht: false })
        const copy = other.add(created.magnet, { out: join(folder, 'second'), peers: [placeOf(node)] })
        // Looking must leave no trace.
        const looks = setInterval(() => [torrent.progress(), node.stats()], 20)
        try {
          await within(30_000, 'both downloads', Promise.all([torrent.done, copy.done, ...commands]))
          assert.ok(torrent.progress().uploaded >= 3_000_000)
        } finally {
          clearInterval(looks)
        }
        await node.close()
      })
      const result = await replayed(record)
      const frames = await framesOf(record)
      for (const kind of [
        'listening',
        'ready',
        'peer',
        'metadata',
        'files',
        'done',
        'seeding',
        'pong',
        'stopped',
      ]) {
        assert.ok(countOf(frames, kind) >= 1, kind)
      }
      assert.ok(countOf(frames, 'lookup') >= 1)
      assert.ok(result.inputs > 100, `${result.inputs} inputs`)
      assert.ok((await stat(record)).size < 1_000_000, 'the content is left out')
    })
  })

  it('replays a download over uTP, whose payload it leaves out', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      await withNodes(async (openNode) => {
        const common = { dht: false, transport: 'utp' } as const
        const seeder = await openNode(common)
        const created = await noise(folder, 'content', 3_000_000)
        const seeding = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding
        const node = await openNode({ ...common, record })
        const torrent = node.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
        await within(30_000, 'the download', torrent.done)
      })
      await replayed(record)
      const { size } = await stat(record)
      assert.ok(size < 1_000_000, `${size} bytes`)
    })
  })

  it('replays a node under hostile datagrams', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      await withNodes(async (openNode) => {
        const router = await openNode()
        const node = await openNode({ bootstrap: [placeOf(router)], record })
        await within(10_000, 'ready', node.ready)
        await besiege(node, 100)
        await within(5_000, 'a pong', router.ping('127.0.0.1', node.addresses[0]!.port))
        await within(10_000, 'a look-up', node.lookup('ab'.repeat(20)).result)
        assert.ok(node.stats().dropped > 0)
        await node.close()
      })
      const { inputs } = await replayed(record)
      assert.ok(inputs > 1000, `${inputs} inputs`)
    })
  })

  it('replays a download that goes on from what is on disk, with saved state', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      const state = join(folder, 'state')
      await withNodes(async (openNode) => {
        const seeder = await openNode({ uploadLimit: 1024 * 1024 })
        const created = await noise(folder, 'content', 2_000_000)
        const seeding = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding
        const options = { bootstrap: [placeOf(seeder)], state }
        const place = { out: join(folder, 'out'), peers: [placeOf(seeder)] }
        const first = await openNode(options)
        const part = first.add(created.magnet, place)
        await eventually('some pieces', 20_000, async () => part.progress().verified > 500_000)
        await first.close()

        const node = await openNode({ ...options, record })
        const torrent = node.add(created.magnet, place)
        await within(20_000, 'the rest', torrent.done)
        await node.close()
      })
      await replayed(record)
    })
  })

  it('replays a run that is closed in the middle of everything', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      await withNodes(async (openNode) => {
        const seeder = await openNode({ uploadLimit: 512 * 1024 })
        const created = await noise(folder, 'content', 4_000_000)
        const seeding = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding
        const node = await openNode({ bootstrap: [placeOf(seeder)], record })
        const torrent = node.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
        await eventually('a piece', 20_000, async () => torrent.progress().verified > 0)
        await node.close()
      })
      await replayed(record)
    })
  })

  it('has holes for the payload of accepted streams too', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      const length = 8_000_000
      await withNodes(async (openNode) => {
        const node = await openNode({ dht: false, record })
        const created = await noise(folder, 'content', length)
        const torrent = node.add(created.metainfo, { out: join(folder, 'out') })
        // The seeder dials: nothing else can bring the two together.
        const seeder = await openNode({ dht: false, listen: false })
        seeder.add(created.metainfo, { mode: 'seed', out: folder, peers: [placeOf(node)] })
        await within(20_000, 'the download', torrent.done)
        await node.close()
      })
      await replayed(record)
      const { size } = await stat(record)
      assert.ok(size < length / 20, `${size} bytes`)
    })
  })

  it('refuses a record that cannot be made, and touches nothing', async () => {
    await inTempFolder(async (folder) => {
      const options = { ...LOOPBACK, record: join(folder, 'missing', 'record') }
      await assert.rejects(open(options), { kind: 'usage', code: 'record/unwritable' })
      const wrong = { ...LOOPBACK, record: join(folder, 'record'), maxPeers: -1 }
      await assert.rejects(open(wrong), { kind: 'usage', code: 'options/maxPeers' })
      assert.equal(existsSync(join(folder, 'record')), false)
    })
  })

  it('replaces an older record or an empty file, and nothing else', async () => {
    await inTempFolder(async (folder) => {
      const record = join(folder, 'record')
      for (const old of ['', 'LDR1 and what was recorded']) {
        await writeFile(record, old)
        await (await open({ ...LOOPBACK, record })).close()
        assert.ok((await framesOf(record)).length > 0)
      }
      const film = join(folder, 'film')
      for (const old of ['a film', 'LDR']) {
        await writeFile(film, old)
        const refused = open({ ...LOOPBACK, record: film })
        await assert.rejects(refused, { kind: 'usage', code: 'record/in-the-way' })
        assert.equal(await readFile(film, 'utf8'), old)
      }
      await assert.rejects(open({ ...LOOPBACK, record: '/dev/null' }), { kind: 'usage', code: 'record/kind' })
    })
  })

  it('goes on with one warning when the record can no longer be written', {
    skip: process.platform === 'linux' && process.getuid?.() === 0 ? false : 'mounts need root on Linux',
  }, async () => {
    await inTempFolder(async (folder) => {
      const disk = join(folder, 'disk')
      await mkdir(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk])
      try {
        await withNodes(async (openNode) => {
          const created = await noise(folder, 'content', 1_000_000)
          const node = await openNode({ record: join(disk, 'record') })
          const warnings: string[] = []
          node.on('warning', ({ code, message }) => {
            if (code === 'record/ended') warnings.push(message)
          })
          const seeder = await openNode()
          seeder.add(created.metainfo, { mode: 'seed', out: folder })
          await mkdir(join(folder, 'out'))
          const torrent = node.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
          await within(20_000, 'the download', torrent.done)
          await node.close()
          assert.deepEqual(warnings, ['The record of this run ends here (ENOSPC); the run goes on.'])
        })
      } finally {
        execFileSync('umount', ['-l', disk])
      }
    })
  })
})
