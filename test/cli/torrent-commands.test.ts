import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { LodestoneError } from '../../src/index.ts'
import { DONE, HASH, MAGNET, METADATA, METAINFO, NODE_ID, Scene, turn, until } from './scene.ts'

const SEEDED = { limit: 'ratio', uploaded: 4500, length: 3000, seconds: 90 } as const

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lodestone-cli-'))
  await mkdir(join(folder, 'content'))
  await writeFile(join(folder, 'content', 'a'), 'content')
  await writeFile(join(folder, 'x.torrent'), 'd4:infodee')
})
after(() => rm(folder, { recursive: true, force: true }))

describe('download', () => {
  it('reports listening, ready, peers, metadata, files, progress and done, then leaves with 0', async () => {
    const scene = new Scene()
    const { node } = scene
    const exit = scene.run('download', MAGNET, '--json')
    await until(() => node.added.length === 1)
    node.emit({ type: 'ready', nodes: 3, ms: 40 })
    node.emit({
      type: 'lookup',
      target: HASH,
      queries: 9,
      responses: 8,
      peers: 1,
      announced: 0,
      ms: 50,
      suspicious: false,
    })
    node.emit({ type: 'peer', torrent: HASH, host: '10.0.0.1', port: 5, source: 'dht' })
    node.torrent.metadataCame.resolve(METADATA)
    await turn()
    scene.clock = 1234.5
    node.torrent.state = {
      ...node.torrent.state,
      phase: 'downloading',
      verified: 1000,
      total: 3000,
      down: 99.7,
    }
    scene.tick(250)
    scene.tick(250)
    node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    assert.equal(node.closed, 1)
    assert.deepEqual(scene.tickers, [])
    const none = { peers: 0, encrypted: 0, utp: 0, punched: 0 }
    const idle = { verified: 0, total: null, down: 0, up: 0, ...none, uploaded: 0 }
    assert.deepEqual(scene.events, [
      { event: 'listening', at: 0, host: '127.0.0.1', port: 6881, nodeId: NODE_ID },
      { event: 'progress', at: 0, ...idle },
      { event: 'ready', at: 0, nodes: 3, ms: 40 },
      { event: 'lookup', at: 0, target: HASH, queries: 9, responses: 8, peers: 1, ms: 50 },
      { event: 'peer', at: 0, host: '10.0.0.1', port: 5, source: 'dht' },
      {
        event: 'metadata',
        at: 0,
        infoHash: HASH,
        name: 'some name',
        length: 3000,
        files: 2,
        pieceLength: 16384,
      },
      { event: 'file', at: 0, index: 0, path: 'some name/a', length: 1000 },
      { event: 'file', at: 0, index: 1, path: 'some name/b', length: 2000 },
      { event: 'progress', at: 1235, ...idle, verified: 1000, total: 3000, down: 100 },
      { event: 'done', at: 1235, infoHash: HASH, path: 'some name', length: 3000, seconds: 2, wasted: 16 },
    ])
    assert.equal(scene.stderr, '')
  })

  it('shows warnings as lines and on standard error, with the address and reason of a ban', async () => {
    const scene = new Scene()
    const { node } = scene
    const exit = scene.run('download', MAGNET, '--json')
    await until(() => node.added.length === 1)
    const ban = {
      code: 'peer/banned' as const,
      message: 'A peer sent bad data.',
      host: '10.0.0.9',
      port: 9,
      reason: 'bad data',
    }
    node.emit({ type: 'warning', torrent: HASH, ...ban })
    node.torrent.metadataCame.resolve(METADATA)
    node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    assert.deepEqual(scene.named('warning'), [{ event: 'warning', at: 0, ...ban }])
    assert.equal(scene.stderr, 'A peer sent bad data.\n')
  })

  it('reports the look-ups for its torrent alone', async () => {
    const scene = new Scene()
    const exit = scene.run('download', MAGNET, '--json')
    await until(() => scene.node.added.length === 1)
    for (const target of [NODE_ID, HASH]) {
      scene.node.emit({
        type: 'lookup',
        target,
        queries: 1,
        responses: 1,
        peers: 0,
        announced: 0,
        ms: 1,
        suspicious: false,
      })
    }
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
    assert.deepEqual(
      scene.named('lookup').map(({ target }) => target),
      [HASH],
    )
  })

  it('with --keep-seeding goes on until a signal, and --timeout counts no longer', async () => {
    const scene = new Scene()
    const { torrent } = scene.node
    const exit = scene.run('download', MAGNET, '--json', '--keep-seeding', '--timeout', '90s')
    torrent.metadataCame.resolve(METADATA)
    torrent.finished.resolve(DONE)
    await until(() => scene.named('seeding').length === 1)
    assert.deepEqual(scene.named('seeding'), [{ event: 'seeding', at: 0, infoHash: HASH, magnet: MAGNET }])
    scene.tick(90_000)
    await turn()
    assert.equal(scene.node.closed, 0)
    scene.stop('SIGTERM')
    assert.equal(await exit, 143)
  })

  it('with a limit goes on seeding until that is reached, says which it was, and leaves with 0', async () => {
    const scene = new Scene()
    const { node } = scene
    const exit = scene.run(
      'download',
      MAGNET,
      '--json',
      '--seed-ratio',
      '1.5',
      '--seed-time',
      '2h',
      '--seed-choking',
      'fastest',
    )
    await until(() => node.added.length === 1)
    const { seedRatio, seedTime, seedChoking } = node.added[0]!.options
    assert.deepEqual([seedRatio, seedTime, seedChoking], [1.5, 7_200_000, 'fastest'])
    node.torrent.metadataCame.resolve(METADATA)
    node.torrent.finished.resolve(DONE)
    await until(() => scene.named('seeding').length === 1)
    assert.equal(node.closed, 0)
    node.emit({ type: 'seeded', torrent: HASH, ...SEEDED })
    assert.equal(await exit, 0)
    assert.equal(node.closed, 1)
    assert.deepEqual(scene.events.slice(-3), [
      { event: 'done', at: 0, infoHash: HASH, path: 'some name', length: 3000, seconds: 2, wasted: 16 },
      { event: 'seeding', at: 0, infoHash: HASH, magnet: MAGNET },
      { event: 'seeded', at: 0, infoHash: HASH, ...SEEDED },
    ])
  })

  it('with a limit that is reached at once says all of it', async () => {
    const scene = new Scene()
    const exit = scene.run('download', MAGNET, '--json', '--seed-ratio', '0')
    await until(() => scene.node.added.length === 1)
    scene.node.emit({ type: 'seeded', torrent: HASH, ...SEEDED })
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    assert.deepEqual(
      scene.events.slice(-3).map(({ event }) => event),
      ['done', 'seeding', 'seeded'],
    )
  })

  it('that fails before or after the metadata says why in one sentence and leaves with 1', async () => {
    for (const early of [true, false]) {
      const scene = new Scene()
      const exit = scene.run('download', MAGNET, '--json')
      if (!early) scene.node.torrent.metadataCame.resolve(METADATA)
      scene.node.torrent.finished.reject(
        new LodestoneError('storage', 'storage/full', 'The disk is full; make room and start it again.'),
      )
      assert.equal(await exit, 1)
      assert.equal(scene.node.closed, 1)
      assert.equal(scene.stderr, 'lodestone: The disk is full; make room and start it again.\n')
      const { event, code } = scene.events.at(-1)!
      assert.deepEqual([event, code], ['error', 'storage/full'])
    }
  })

  it('gives up at --timeout with exit code 1, saying what was lacking', async () => {
    const scene = new Scene()
    scene.node.torrent.state = { ...scene.node.torrent.state, why: 'nobody has announced it' }
    const exit = scene.run('download', MAGNET, '--timeout', '5m')
    await until(() => scene.node.added.length === 1)
    scene.tick(300_000)
    assert.equal(await exit, 1)
    assert.equal(scene.node.closed, 1)
    assert.equal(
      scene.stderr,
      'lodestone: Gave up after 5 min, as --timeout asks: nobody has announced it.\n',
    )
  })

  it('tells what was fetched from what was here already', async () => {
    for (const [received, text] of [
      [2000, 'Done: some name (2.93 KiB, 1.95 KiB fetched in 2 s)\n'],
      [0, 'Done: some name (2.93 KiB, all of it was here)\n'],
    ] as const) {
      const scene = new Scene()
      scene.node.torrent.state = { ...scene.node.torrent.state, received }
      scene.node.torrent.metadataCame.resolve(METADATA)
      scene.node.torrent.finished.resolve(DONE)
      assert.equal(await scene.run('download', MAGNET, '--quiet'), 0)
      assert.equal(scene.stdout, text)
    }
  })

  it('takes a .torrent file', async () => {
    const scene = new Scene()
    const exit = scene.run('download', join(folder, 'x.torrent'))
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    assert.equal(scene.node.added[0]?.source, METAINFO)
  })
})

describe('seed', () => {
  it('hashes a path with a progress line, and prints the magnet link once it serves', async () => {
    const scene = new Scene()
    const path = join(folder, 'content')
    const exit = scene.run('seed', path, '--json')
    await until(() => scene.created.length === 1)
    scene.created[0]?.options.onProgress?.(1000, 3000)
    scene.tick(250)
    assert.equal(scene.named('progress')[0]?.['verified'], 1000)
    scene.hashed.resolve()
    await until(() => scene.node.added.length === 1)
    assert.deepEqual(scene.node.added[0], {
      source: { fake: 'metainfo' },
      options: { mode: 'seed', out: resolve(folder) },
    })
    scene.node.torrent.metadataCame.resolve(METADATA)
    await turn()
    assert.deepEqual(scene.named('seeding'), [])
    scene.node.emit({ type: 'seeding', torrent: HASH, infoHash: HASH, magnet: MAGNET })
    await until(() => scene.named('seeding').length === 1)
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
  })

  it('leaves with 0 at its limit, and says which it was', async () => {
    const scene = new Scene()
    const { node } = scene
    const exit = scene.run('seed', join(folder, 'x.torrent'), '--seed-time', '90s')
    await until(() => node.added.length === 1)
    assert.equal(node.added[0]!.options['seedTime'], 90_000)
    assert.ok(!('seedRatio' in node.added[0]!.options))
    node.torrent.metadataCame.resolve(METADATA)
    node.emit({ type: 'seeding', torrent: HASH, infoHash: HASH, magnet: MAGNET })
    await turn()
    node.emit({ type: 'seeded', torrent: HASH, ...SEEDED, limit: 'time' })
    assert.equal(await exit, 0)
    assert.match(
      scene.stdout,
      /\nSeeded to its time limit: 4\.39 KiB uploaded, of content of 2\.93 KiB, in 1 min 30 s\n$/,
    )
    assert.equal(scene.stderr, '')
  })

  it('that can no longer serve says why and leaves with 1', async () => {
    const scene = new Scene()
    const exit = scene.run('seed', join(folder, 'x.torrent'), '--json')
    await until(() => scene.node.added.length === 1)
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.emit({ type: 'seeding', torrent: HASH, infoHash: HASH, magnet: MAGNET })
    await until(() => scene.named('seeding').length === 1)
    const gone = { code: 'storage/missing', message: 'The folder is gone.' } as const
    scene.node.emit({ type: 'error', torrent: HASH, kind: 'storage', ...gone })
    assert.equal(await exit, 1)
    assert.equal(scene.node.closed, 1)
    assert.deepEqual(scene.tickers, [])
    assert.equal(scene.stderr, 'lodestone: The folder is gone.\n')
    assert.equal(scene.named('error').length, 1)
  })

  it('of a .torrent file serves what is in --out', async () => {
    const scene = new Scene()
    const exit = scene.run('seed', join(folder, 'x.torrent'), '--out', 'there', '--super-seed')
    await until(() => scene.node.added.length === 1)
    const options = { mode: 'seed', out: 'there', superSeed: true }
    assert.deepEqual(scene.node.added[0], { source: METAINFO, options })
    scene.node.torrent.finished.reject(
      new LodestoneError('storage', 'storage/missing', 'The files are not there.'),
    )
    assert.equal(await exit, 1)
    assert.equal(scene.stderr, 'lodestone: The files are not there.\n')
  })
})

describe('create', () => {
  it('writes the file and prints the magnet link', async () => {
    const scene = new Scene()
    scene.hashed.resolve()
    const out = join(folder, 'made.torrent')
    const options = ['--piece-length', '256k', '--private', '--comment', 'hello', '--node', 'a.example:1']
    options.push('--tracker', 'udp://t:1', '--tracker', 'http://u/', '--web-seed', 'http://w/')
    assert.equal(await scene.run('create', join(folder, 'content'), '-o', out, '--json', ...options), 0)
    assert.equal(await readFile(out, 'latin1'), 'd4:infodee')
    const { onProgress, signal, ...given } = scene.created[0]!.options
    assert.ok(onProgress !== undefined && signal !== undefined)
    assert.deepEqual(given, {
      ...{ pieceLength: 262144, private: true, comment: 'hello', nodes: ['a.example:1'] },
      ...{ trackers: ['udp://t:1', 'http://u/'], webSeeds: ['http://w/'] },
    })
    assert.deepEqual(scene.named('done'), [
      {
        event: 'done',
        at: 0,
        infoHash: HASH,
        path: out,
        magnet: MAGNET,
        name: 'some name',
        length: 3000,
        files: 2,
        pieceLength: 16384,
        seconds: 0,
      },
    ])
    assert.deepEqual(scene.opened, [])
  })

  it('is of version 2 or of both where that is asked for, and not of both ways of asking', async () => {
    const out = join(folder, 'second.torrent')
    for (const [flags, version] of [
      [[], undefined],
      [['--v2'], 'v2'],
      [['--hybrid'], 'hybrid'],
    ] as const) {
      const scene = new Scene()
      scene.hashed.resolve()
      assert.equal(await scene.run('create', join(folder, 'content'), '-o', out, ...flags), 0)
      assert.equal(scene.created[0]!.options.version, version)
    }
    const scene = new Scene()
    assert.equal(await scene.run('create', join(folder, 'content'), '-o', out, '--v2', '--hybrid'), 2)
    assert.match(scene.stderr, /not both/)
    assert.deepEqual(scene.created, [])
  })

  it('replaces an older .torrent file, and leaves it whole with one sentence when that fails', async () => {
    const out = join(folder, 'older.torrent')
    await writeFile(out, 'd4:info and more')
    const failing = new Scene()
    failing.hashed.resolve()
    failing.saveFails = new LodestoneError('storage', 'storage/full', 'The disk is full.')
    assert.equal(await failing.run('create', join(folder, 'content'), '-o', out), 1)
    assert.equal(failing.stderr, 'lodestone: The disk is full.\n')
    assert.equal(await readFile(out, 'latin1'), 'd4:info and more')
    const scene = new Scene()
    scene.hashed.resolve()
    assert.equal(await scene.run('create', join(folder, 'content'), '-o', out), 0)
    assert.equal(await readFile(out, 'latin1'), 'd4:infodee')
  })

  it('prints nothing but the magnet link with --quiet', async () => {
    const scene = new Scene()
    scene.hashed.resolve()
    const out = join(folder, 'quiet.torrent')
    assert.equal(await scene.run('create', join(folder, 'content'), '-o', out, '--quiet'), 0)
    assert.equal(scene.stdout, `${MAGNET}\n`)
    assert.equal(scene.stderr, '')
  })
})
