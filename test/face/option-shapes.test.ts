import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AddTorrentOptions,
  createTorrent,
  followTorrent,
  LodestoneError,
  type Metainfo,
  type OpenOptions,
  open,
  planDownload,
  probe,
  readTorrent,
  saveTorrent,
} from '../../src/index.ts'
import { withNodes } from './loopback.ts'

const HASH = '11'.repeat(20)

/** Whether it is thrown at once or rejected: a usage error with this code, whose sentence names the option. */
async function refused(code: string, call: () => unknown, named: string = code.slice(8)): Promise<void> {
  const attempt = async (): Promise<unknown> => await call()
  await assert.rejects(attempt, (error: unknown) => {
    assert.ok(error instanceof LodestoneError, `${code}: ${error}`)
    assert.deepEqual([error.kind, error.code], ['usage', code])
    assert.match(error.message, new RegExp(`\\b${named}\\b`))
    return true
  })
}

/** What a program without types might give. */
const wrong = <T>(value: unknown): T => value as T

describe('the shape of options', () => {
  it('is checked when a node is opened: types, and that there are no others', async () => {
    const cases: Record<string, unknown> = {
      ...{ trackers: 'yes', portMapping: 'x', webSeeds: 7, dht: 1, lsd: null, listen: 'no', enforceIds: 0 },
      ...{ bind: 'nope', interface: 3, state: true, record: {}, proxy: 5, readOnly: 'no' },
      ...{ maxPeers: 'x', memory: '1', port: '6881', transport: 'quic', encryption: 1 },
    }
    for (const [key, value] of Object.entries(cases))
      await refused(`options/${key}`, () => open(wrong<OpenOptions>({ [key]: value })))
    await refused('options/endpoint', () => open(wrong({ bootstrap: 'x' })), 'bootstrap')
    await refused('options/unknown', () => open(wrong({ trackerz: true })), 'trackerz')
    await refused('options/unknown', () => open(wrong({ toString: true })), 'toString')
    await refused('options/none', () => open(wrong('x')), 'options')
  })

  it('is checked wherever a node takes options', () =>
    withNodes(async (openNode) => {
      const node = await openNode()
      const cases: Record<string, unknown> = {
        ...{ out: 5, mode: 'leech', overwrite: 'x', replaces: 'x', allocate: 'half', recheck: 1 },
        ...{ sequential: 'x', superSeed: 'x', trackers: 'http://x', webSeeds: [7] },
        ...{ seedRatio: 'x', seedTime: -1, seedChoking: 'x', maxPeers: 0, signal: {} },
      }
      for (const [key, value] of Object.entries(cases))
        await refused(`options/${key}`, () => node.add(HASH, wrong<AddTorrentOptions>({ [key]: value })))
      await refused('options/endpoint', () => node.add(HASH, wrong({ peers: '1.2.3.4:5' })), 'peers')
      await refused('options/unknown', () => node.add(HASH, wrong({ foo: 1 })), 'foo')
      await refused('options/unknown', () => node.lookup(HASH, wrong({ signals: 1 })), 'signals')
      await refused('options/scrape', () => node.lookup(HASH, wrong({ scrape: 1 })))
      await refused('options/signal', () => node.sample(HASH, wrong({ signal: 1 })))
      await refused('options/signal', () => node.events(wrong({ signal: 1 })))
      await refused('options/signal', () => node.ping('127.0.0.1', 1, wrong({ signal: 1 })))
      await refused('options/host', () => node.ping(wrong(5), 1))
      await refused('options/unknown', () => node.setLimits(wrong({ up: 1 })), 'up')
      await refused('options/keep', () => node.items.put('x', wrong({ keep: 1 })))
      await refused('options/unknown', () => node.items.get(HASH, wrong({ key: 1 })), 'key')
      const link = `magnet:?xs=urn:btpk:${'22'.repeat(32)}`
      await refused('options/out', () => followTorrent(node, link, wrong({ out: 5 })))
      const torrent = node.add(HASH, {
        mode: 'metadata',
        ...wrong<object>({ overwrite: undefined, odd: undefined }),
      })
      await refused('options/files', () => torrent.remove(wrong({ files: 'yes' })))
      await refused('options/folder', () => torrent.move(wrong(5)))
      await refused('options/signal', () => torrent.read(0, wrong({ signal: 5 })))
      await torrent.remove()
    }))

  it('is checked by the calls that need no node', async () => {
    await refused('options/rate', () => probe('127.0.0.1', 1, wrong({ rate: 'x' })))
    await refused('options/bind', () => probe('127.0.0.1', 1, wrong({ bind: 'nope' })))
    await refused('options/private', () => createTorrent('x', wrong({ private: 'yes' })))
    await refused('options/path', () => createTorrent(wrong(5)))
    await refused('options/path', () => readTorrent(wrong(0)))
    await refused('options/path', () => saveTorrent(wrong(1), new Uint8Array(1)))
    await refused('options/metainfo', () => planDownload(wrong<Metainfo>(undefined), 'x'), 'readTorrent')
  })
})
