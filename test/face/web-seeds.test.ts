import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { replay } from '../../sim/recorded/replay.ts'
import { encode } from '../../src/codec/bencode.ts'
import { encodeMetainfo } from '../../src/codec/metainfo.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { createTorrent, parseTorrent } from '../../src/index.ts'
import { temporaryFolder } from '../host/rig.ts'
import { fileServer, WebServer } from '../support/web-server.ts'
import { within, withNodes } from './loopback.ts'

const OPTIONS = { dht: false }
const FILES = {
  'a b/ä [1]#?.bin': Buffer.alloc(70_001, 'one '),
  'a b/empty': Buffer.alloc(0),
  'tiny.txt': Buffer.from('x'),
  'zz.bin': Buffer.alloc(300_000, 'last '),
}

/** A folder `shared name` with these files in it. */
async function folderOf(test: TestContext, files: Readonly<Record<string, Buffer>> = FILES) {
  const folder = await temporaryFolder(test)
  const content = join(folder, 'shared name')
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(content, path)), { recursive: true })
    await writeFile(join(content, path), bytes)
  }
  return { folder, content, out: join(folder, 'out') }
}

describe('a download from a web server on loopback', () => {
  it('of many files, by names with all kinds of characters, needs no peer and few connections', async (test) => {
    const { folder, content, out } = await folderOf(test)
    const server = await WebServer.open(test, fileServer(folder))
    const { metainfo, magnet } = await createTorrent(content, { webSeeds: [`${server.url}/`] })
    assert.match(magnet, /&ws=http:\/\/127\.0\.0\.1:\d+\/$/)
    await withNodes(async (openNode) => {
      const node = await openNode(OPTIONS)
      await within(20_000, 'the download', node.add(metainfo, { out }).done)
    })
    for (const [path, bytes] of Object.entries(FILES))
      assert.deepEqual(await readFile(join(out, 'shared name', path)), bytes, path)
    assert.deepEqual(
      new Set(server.asked.map((path) => decodeURIComponent(path))),
      new Set(['/shared name/a b/ä [1]#?.bin', '/shared name/tiny.txt', '/shared name/zz.bin']),
    )
    assert.equal(server.connections, 1)
  })

  it('of a single file has its own URL, or that of its folder', async (test) => {
    const { content, out } = await folderOf(test, { 'one.bin': Buffer.alloc(3_000_000, 'single ') })
    const server = await WebServer.open(test, fileServer(content))
    const { metainfo } = await createTorrent(join(content, 'one.bin'))
    for (const url of ['/one.bin', '/']) {
      const into = join(out, String(url.length))
      await withNodes(async (openNode) => {
        const node = await openNode({ ...OPTIONS, webSeeds: false })
        const torrent = node.add(metainfo, { out: into, webSeeds: [`${server.url}${url}`] })
        await within(20_000, 'the download', torrent.done)
      })
      assert.deepEqual(await readFile(join(into, 'one.bin')), await readFile(join(content, 'one.bin')))
    }
    assert.deepEqual([...new Set(server.asked)], ['/one.bin'])
  })

  it('asks for no padding (BEP 47)', async (test) => {
    const { folder, content, out } = await folderOf(test, {
      a: Buffer.alloc(40_000, 'a'),
      b: Buffer.alloc(50_000, 'b'),
    })
    const server = await WebServer.open(test, fileServer(folder))
    const pieceLength = 32_768
    const pad = 2 * pieceLength - 40_000
    const bytes = Buffer.concat([Buffer.alloc(40_000, 'a'), Buffer.alloc(pad), Buffer.alloc(50_000, 'b')])
    const hashes: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += pieceLength)
      hashes.push(nodeCrypto.sha1(bytes.subarray(at, at + pieceLength)))
    const infoBytes = encode({
      files: [
        { length: 40_000, path: ['a'] },
        { attr: 'p', length: pad, path: ['.pad', `${pad}`] },
        { length: 50_000, path: ['b'] },
      ],
      name: 'shared name',
      'piece length': pieceLength,
      pieces: Buffer.concat(hashes),
    })
    const metainfo = parseTorrent(encodeMetainfo({ infoBytes, webSeeds: [server.url] }))
    await withNodes(async (openNode) => {
      const node = await openNode(OPTIONS)
      await within(20_000, 'the download', node.add(metainfo, { out }).done)
    })
    assert.deepEqual(await readFile(join(out, 'shared name', 'b')), await readFile(join(content, 'b')))
    assert.deepEqual([...new Set(server.asked)], ['/shared%20name/a', '/shared%20name/b'])
  })

  it('goes on where it was stopped, and is checked like any other', async (test) => {
    const { content, out } = await folderOf(test, { 'one.bin': Buffer.alloc(4_000_000, 'again ') })
    const sound = fileServer(content)
    let lies = true
    const server = await WebServer.open(test, (request, response) => {
      if (!lies) sound(request, response)
      else {
        const [, begin, end] = /(\d+)-(\d+)/.exec(request.headers.range!)!
        response.writeHead(206, { 'content-range': `bytes ${begin}-${end}/4000000` })
        response.end(Buffer.alloc(Number(end) - Number(begin) + 1))
      }
    })
    const { metainfo } = await createTorrent(join(content, 'one.bin'), { webSeeds: [`${server.url}/`] })
    await withNodes(async (openNode) => {
      const node = await openNode(OPTIONS)
      const told: string[] = []
      node.on('warning', ({ code }) => told.push(code))
      const torrent = node.add(metainfo, { out })
      const until = Date.now() + 10_000
      while (told.length === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual([told, torrent.progress().verified], [['web-seed/given-up'], 0])
    })
    lies = false
    await withNodes(async (openNode) => {
      const node = await openNode(OPTIONS)
      await within(20_000, 'the download', node.add(metainfo, { out }).done)
    })
    assert.deepEqual(await readFile(join(out, 'one.bin')), await readFile(join(content, 'one.bin')))
  })

  it('is recorded without its payload, and the record runs again to the same events', async (test) => {
    const { folder, content, out } = await folderOf(test, { 'one.bin': Buffer.alloc(3_000_000, 'kept ') })
    const server = await WebServer.open(test, fileServer(content))
    const { metainfo } = await createTorrent(join(content, 'one.bin'), { webSeeds: [`${server.url}/`] })
    const record = join(folder, 'run.ldr')
    await withNodes(async (openNode) => {
      const node = await openNode({ ...OPTIONS, record })
      await within(20_000, 'the download', node.add(metainfo, { out }).done)
    })
    const file = await readFile(record)
    assert.ok(file.length < 300_000, `${file.length} bytes`)
    const { difference, torn, events } = replay(file)
    assert.deepEqual([difference, torn, events > 0], [undefined, false, true])
  })
})
