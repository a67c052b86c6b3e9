import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  type AddTorrentOptions,
  createTorrent,
  type OpenOptions,
  type TorrentFormat,
} from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { placeOf, within, withNodes } from './loopback.ts'

const FOREIGN = { kind: 'usage', code: 'storage/foreign-files' }
const THEIRS = 'something of my own, and longer than what the torrent has here'

/** A torrent of a small file and two large ones, and how to download it into a folder where something lies already. */
async function scene(
  version: TorrentFormat,
  body: (parts: {
    readonly content: string
    readonly out: string
    download(options?: AddTorrentOptions, node?: OpenOptions): Promise<void>
    isRight(...names: readonly string[]): Promise<void>
  }) => Promise<void>,
): Promise<void> {
  await inTempFolder((folder) =>
    withNodes(async (openNode) => {
      const content = join(folder, 'site')
      const out = join(folder, 'out')
      await mkdir(content)
      await mkdir(join(out, 'site'), { recursive: true })
      await writeFile(join(content, 'a-page'), 'one\n')
      await writeFile(join(content, 'big'), randomBytes(100_000))
      await writeFile(join(content, 'more'), randomBytes(100_000))
      const { metainfo } = await createTorrent(content, { pieceLength: 16_384, version })
      const seed = await openNode()
      await within(20_000, 'a seed', seed.add(metainfo, { mode: 'seed', out: folder }).done)
      const download = async (options: AddTorrentOptions = {}, open: OpenOptions = {}): Promise<void> => {
        const node = await openNode({ bind: ['127.0.0.2'], ...open })
        const torrent = node.add(metainfo, { out, peers: [placeOf(seed)], ...options })
        await within(20_000, 'an end', torrent.done).finally(() => node.close())
      }
      const isRight = async (...names: readonly string[]): Promise<void> => {
        for (const name of names)
          assert.ok(
            (await readFile(join(out, 'site', name))).equals(await readFile(join(content, name))),
            name,
          )
      }
      await body({ content, out, download, isRight })
    }),
  )
}

describe('a download among files of somebody else', () => {
  for (const version of ['v1', 'v2', 'hybrid'] as const) {
    it(`refuses one file that is none of the torrent’s, though others are, and touches nothing (${version})`, async () => {
      await scene(version, async ({ content, out, download, isRight }) => {
        const page = join(out, 'site', 'a-page')
        await cp(join(content, 'big'), join(out, 'site', 'big'))
        await writeFile(page, THEIRS)
        await assert.rejects(download(), { ...FOREIGN, message: /site\/a-page; give another --out/ })
        await assert.rejects(download({ select: version === 'v1' ? '1' : '2' }), FOREIGN)
        assert.equal(await readFile(page, 'utf8'), THEIRS)
        await assert.rejects(readFile(join(out, 'site', 'more')), { code: 'ENOENT' })
        await download({ overwrite: true })
        await isRight('a-page', 'big', 'more')
      })
    })
  }

  it('goes on with what another program has begun, and with files that are empty or blank', async () => {
    await scene('v1', async ({ content, out, download, isRight }) => {
      const half = await readFile(join(content, 'big'))
      await writeFile(join(out, 'site', 'big'), half.fill(0, 60_000))
      await writeFile(join(out, 'site', 'more'), new Uint8Array(100_000))
      await writeFile(join(out, 'site', 'a-page'), '')
      await download()
      await isRight('a-page', 'big', 'more')
    })
  })

  it('fetches again what it knows as its own, and refuses what came beside that', async () => {
    await scene('v2', async ({ out, download, isRight }) => {
      const state = join(out, '..', 'state')
      const more = join(out, 'site', 'more')
      await download({ select: '2' }, { state })
      await writeFile(more, randomBytes(100_000))
      await assert.rejects(download({}, { state }), { ...FOREIGN, message: /site\/more; give/ })
      await rm(more)
      await download({}, { state })
      await writeFile(more, randomBytes(100_000))
      await appendFile(join(out, 'site', 'a-page'), THEIRS)
      await download({}, { state })
      await isRight('big', 'more')
    })
  })

  it('goes through no link, whatever it leads to', async () => {
    await scene('v1', async ({ content, out, download }) => {
      await symlink(join(content, 'big'), join(out, 'site', 'big'))
      await assert.rejects(download({ overwrite: true }), { code: 'storage/unsafe-path' })
    })
  })
})
