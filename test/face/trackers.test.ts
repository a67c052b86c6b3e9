import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createTorrent, type Lodestone } from '../../src/index.ts'
import { temporaryFolder } from '../host/rig.ts'
import { HttpTracker } from '../support/http-tracker.ts'
import { type Answer, WebServer } from '../support/web-server.ts'
import { next, within, withNodes } from './loopback.ts'

const OPTIONS = { dht: false, trackers: true }

async function content(test: TestContext, bytes = Buffer.alloc(300_000, 'tracked ')) {
  const folder = await temporaryFolder(test)
  const path = join(folder, 'content.bin')
  await writeFile(path, bytes)
  return { folder, path, bytes, out: join(folder, 'out') }
}

async function complaintOf(node: Lodestone): Promise<string> {
  for (;;) {
    const { code, message } = await within(20_000, 'a warning', next(node, 'warning'))
    if (code.startsWith('tracker/')) return message
  }
}

describe('trackers over HTTP on loopback', () => {
  it('bring two nodes together by themselves, for a torrent and for a magnet link', async (test) => {
    const { folder, path, bytes, out } = await content(test)
    const tracker = new HttpTracker()
    const server = await WebServer.open(test, tracker.answer)
    const trackers = [`${server.url}/announce?key=a%20b`]
    const { metainfo, magnet } = await createTorrent(path, { trackers })
    assert.match(magnet, /&tr=http:\/\/127\.0\.0\.1:\d+\/announce%3Fkey%3Da%2520b/)
    await withNodes(async (openNode) => {
      const seed = await openNode(OPTIONS)
      seed.add(metainfo, { mode: 'seed', out: folder })
      await within(10_000, 'seeding', next(seed, 'seeding'))
      while (tracker.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      const leech = await openNode(OPTIONS)
      const peer = next(leech, 'peer')
      await within(30_000, 'the download', leech.add(magnet, { out }).done)
      assert.equal((await peer).source, 'tracker')
    })
    assert.deepEqual(await readFile(join(out, 'content.bin')), bytes)
    assert.deepEqual(tracker.events.toSorted(), ['completed', 'started', 'started', 'stopped', 'stopped'])
    assert.ok(server.asked.every((asked) => asked.startsWith('/announce?key=a%20b&info_hash=%')))
  })

  const attacks: [string, Answer, RegExp][] = [
    ['a web page', (_, response) => response.end('<html>'), /is not that of a tracker/],
    ['bencode that never ends', (_, response) => response.end('d-3:i1e'), /is not that of a tracker/],
    ['an error', (_, response) => response.writeHead(404).end('gone'), /HTTP status 404/],
    ['a refusal', (_, response) => response.end('d14:failure reason4:no\u001b[e'), /it refuses: no\[/],
    [
      'an answer without end',
      (_, response) => {
        const more = (): void => {
          while (response.write(Buffer.alloc(16_384, '1'))) {}
        }
        response.on('drain', more).on('error', () => {})
        more()
      },
      /longer than 262144 bytes/,
    ],
    [
      'a compressed answer',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      /compressed/,
    ],
    [
      'a redirect to itself',
      (request, response) => response.writeHead(302, { location: request.url! }).end(),
      /sends on without end/,
    ],
    [
      'a redirect to a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /no web server/,
    ],
    [
      'a head of a megabyte',
      (_, response) => response.writeHead(200, { x: 'y'.repeat(1 << 20) }).end(),
      /HPE_HEADER/,
    ],
    ['nothing but an end', (_, response) => void response.socket!.destroy(), /does not answer as it should/],
    [
      'half an answer',
      (_, response) =>
        void response.writeHead(200, { 'content-length': '99' }).write('d', () => response.socket!.destroy()),
      /does not answer as it should/,
    ],
  ]
  for (const [what, answer, complaint] of attacks) {
    it(`are borne when they answer with ${what}`, async (test) => {
      const { path, out } = await content(test)
      const server = await WebServer.open(test, answer)
      const { metainfo } = await createTorrent(path, { trackers: [server.url] })
      await withNodes(async (openNode) => {
        const node = await openNode(OPTIONS)
        const complained = complaintOf(node)
        node.add(metainfo, { out })
        assert.match(await complained, complaint)
      })
      assert.ok(server.asked.length <= 6, `${server.asked.length}`)
    })
  }

  it('are not asked by a node that is told nothing of them', async (test) => {
    const { path, out } = await content(test)
    const server = await WebServer.open(test, new HttpTracker().answer)
    const { metainfo } = await createTorrent(path, { trackers: [server.url] })
    await withNodes(async (openNode) => {
      const node = await openNode({ dht: false })
      const metadata = node.add(metainfo, { out }).metadata
      await within(10_000, 'the metadata', metadata)
    })
    assert.deepEqual(server.asked, [])
  })

  it('must have a URL that is one', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ dht: false })
      const add = () => node.add('a'.repeat(40), { trackers: ['ftp://x/'] })
      assert.throws(add, { code: 'options/trackers', message: /is no URL of a tracker/ })
    })
  })
})
