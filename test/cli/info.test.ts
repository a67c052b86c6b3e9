import assert from 'node:assert/strict'
import { mkdir, readFile, statfs, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { encodeInfo, encodeMetainfo } from '../../src/codec/metainfo.ts'
import { parseTorrent, planDownload, readTorrent } from '../../src/index.ts'
import { temporaryFolder } from '../host/rig.ts'
import { HASH, MAGNET, METADATA, Scene, until } from './scene.ts'

const file = (path: string[], length: number): { path: string[]; length: number } => ({ path, length })

/** A torrent of a name that nothing forbids, in a folder of its own. */
async function torrent(test: TestContext, ...files: { path: string[]; length: number }[]) {
  const folder = await temporaryFolder(test)
  const length = files.reduce((sum, one) => sum + one.length, 0)
  const pieces = new Uint8Array(20 * Math.ceil(length / 16_384))
  const path = join(folder, 't.torrent')
  const infoBytes = encodeInfo({ name: 't', pieceLength: 16_384, pieces, files })
  await writeFile(path, encodeMetainfo({ infoBytes }))
  return { folder, path, into: join(folder, 'into') }
}

/** A scene whose `.torrent` files are read as they are. */
function real(): Scene {
  const scene = new Scene()
  scene.replaced = { readTorrent, parseTorrent }
  return scene
}

describe('info', () => {
  it('of a file opens no socket and lists where everything would be written', async (test) => {
    const folder = await temporaryFolder(test)
    await writeFile(join(folder, 'x.torrent'), 'd4:infodee')
    const scene = new Scene()
    const into = join(folder, 'new')
    assert.equal(await scene.run('info', join(folder, 'x.torrent'), '--into', `${into}/`), 0)
    assert.deepEqual(scene.opened, [])
    assert.deepEqual(scene.stdout.replace(/, \S+ \w+ free/, ', 5 GiB free').split('\n'), [
      'Name       some name',
      `Info-hash  ${HASH}`,
      'Size       2.93 KiB (3000 bytes)',
      'Pieces     1 of 16 KiB',
      'Private    no',
      'Tracker    udp://one.example:1, or https://two.example/',
      'Tracker    http://three.example/',
      'Web seed   https://web.example/',
      `Folder     ${into}`,
      'Room       2.93 KiB needed, 5 GiB free: it fits',
      'Files      2, which a download would write to',
      `     1000 B  ${into}/some name/a`,
      `   1.95 KiB  ${into}/some name/b`,
      '',
    ])
  })

  it('of a magnet link fetches the metadata, saves it where asked, and leaves', async (test) => {
    const out = join(await temporaryFolder(test), 'fetched.torrent')
    const scene = new Scene()
    const exit = scene.run('info', MAGNET, '-o', out, '--json')
    await until(() => scene.node.added.length === 1)
    assert.deepEqual(scene.node.added[0], { source: MAGNET, options: { mode: 'metadata' } })
    scene.node.torrent.metadataCame.resolve(METADATA)
    assert.equal(await exit, 0)
    assert.equal(scene.node.closed, 1)
    assert.equal(await readFile(out, 'latin1'), 'd4:infodee')
    assert.deepEqual(
      scene.events.map((one) => one['event']),
      ['listening', 'progress', 'metadata', 'file', 'file', 'done'],
    )
    const [metadata] = scene.named('metadata')
    assert.deepEqual([metadata?.['private'], metadata?.['webSeeds']], [false, ['https://web.example/']])
    const [done] = scene.named('done')
    assert.equal(done?.['path'], out)
    assert.deepEqual([done['needed'], done['fits']], [3000, true])
  })

  it('says of each file what is there, what it is called, and what is in its way, and touches nothing', async (test) => {
    const { path, into } = await torrent(
      test,
      file(['whole'], 5_000),
      file(['short'], 20_000),
      file(['holes'], 1_000_000),
      file(['A'], 7),
      file(['a'], 8),
      file(['..'], 9),
      file(['link'], 10),
      file(['d', 'x'], 11),
    )
    await mkdir(join(into, 't'), { recursive: true })
    await writeFile(join(into, 't', 'whole'), new Uint8Array(5_000).fill(1))
    await writeFile(join(into, 't', 'short'), new Uint8Array(4_096).fill(1))
    await writeFile(join(into, 't', 'holes'), '')
    await truncate(join(into, 't', 'holes'), 1_000_000)
    await writeFile(join(into, 't', 'd'), '')
    await symlink('/etc/passwd', join(into, 't', 'link'))
    const scene = real()
    assert.equal(await scene.run('info', path, '--into', into, '--json'), 0)
    const at = (name: string): string => `${into}/t/${name}`
    const stands = (what: string, wanted: string, where: string): string =>
      `${what} stands where ${wanted} should be: ${at(where)}.`
    assert.deepEqual(
      scene.named('file').map(({ event: _, at: __, ...rest }) => rest),
      [
        { index: 0, path: at('whole'), length: 5_000, existing: 5_000 },
        { index: 1, path: at('short'), length: 20_000, existing: 4_096 },
        { index: 2, path: at('holes'), length: 1_000_000, existing: 1_000_000 },
        { index: 3, path: at('A'), length: 7, existing: null },
        { index: 4, path: at('a.1'), length: 8, existing: null, named: 'a' },
        { index: 5, path: at('_'), length: 9, existing: null, named: '..' },
        {
          index: 6,
          path: at('link'),
          length: 10,
          existing: null,
          obstacle: stands('A symbolic link', 'a file', 'link'),
        },
        {
          index: 7,
          path: at('d/x'),
          length: 11,
          existing: null,
          obstacle: stands('A file', 'a folder', 'd'),
        },
      ],
    )
    const [done] = scene.named('done')
    assert.equal(done?.['folder'], into)
    assert.equal(done['needed'], 20_000 - 4_096 + 1_000_000 + 7 + 8 + 9 + 10 + 11)
    const { bavail, bsize } = await statfs(into)
    assert.ok(Math.abs((done['free'] as number) - bavail * bsize) < 2 ** 32)
    const shown = real()
    assert.equal(await shown.run('info', path, '--into', into), 0)
    const line = (name: string): string | undefined =>
      shown.stdout.split('\n').find((one) => one.includes(` ${at(name)}`))
    assert.match(line('whole')!, /whole \(there already\)$/)
    assert.match(line('short')!, /short \(there already with 4096 bytes\)$/)
    assert.match(line('a.1')!, /a\.1 \(named "a" in the torrent\)$/)
    assert.match(line('link')!, /link \(A symbolic link stands where a file should be: .*\/link\)$/)
  })

  it('says when it does not fit', async (test) => {
    const { path, into } = await torrent(test, file(['a'], 3_000))
    const scene = real()
    scene.replaced = {
      ...scene.replaced,
      planDownload: async (...args: Parameters<typeof planDownload>) => {
        return { ...(await planDownload(...args)), free: 2_999, fits: false }
      },
    }
    assert.equal(await scene.run('info', path, '--into', into), 0)
    assert.match(scene.stdout, /\nRoom {7}2\.93 KiB needed, 2\.93 KiB free: it does not fit\n/)
  })

  it('refuses a folder that is none', async (test) => {
    const { path } = await torrent(test, file(['a'], 1))
    const scene = real()
    assert.equal(await scene.run('info', path, '--into', path), 2)
    assert.match(scene.stderr, /is no folder; give --into one that is/)
  })
})
