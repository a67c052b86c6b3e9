import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { FoundItem } from '../../src/index.ts'
import { LodestoneError } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { DONE, HASH, MAGNET, METADATA, Scene, until } from './scene.ts'

const KEY = 'ab'.repeat(32)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const item = (value: FoundItem['value'], more: Partial<FoundItem> = {}): FoundItem => {
  return { target: HASH, value, bytes: text('3:raw'), ...more }
}
const signed = { publicKey: KEY, salt: text('salt'), seq: 7n, signature: 'cd'.repeat(64) }

function booted(): Scene {
  const scene = new Scene()
  scene.node.booted.resolve({ nodes: 3, ms: 4 })
  return scene
}

const LINK = `magnet:?xs=urn:btpk:${KEY}`

describe('a torrent that changes', () => {
  it('is downloaded in the version of the day, and shown by info', async () => {
    const scene = booted()
    scene.node.itemsFound = [item(text('v'), { ...signed, infoHash: HASH })]
    const exit = scene.run('download', LINK, '--json')
    await until(() => scene.node.added.length === 1)
    assert.deepEqual(scene.named('version'), [{ event: 'version', at: 0, infoHash: HASH, seq: 7 }])
    assert.equal(scene.node.added[0]?.source, HASH)
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    const shown = booted()
    shown.node.itemsFound = [item(text('v'), { ...signed, infoHash: HASH })]
    void shown.run('info', LINK)
    await until(() => shown.node.added.length === 1)
    assert.equal(shown.node.added[0]?.source, HASH)
    shown.stop('SIGINT')
  })

  it('that is followed is served in each version until it is stopped', async () => {
    const scene = booted()
    const other = 'f'.repeat(40)
    scene.node.itemsFound = [
      item(text('v'), { ...signed, infoHash: HASH }),
      item(text('v'), { ...signed, seq: 8n, infoHash: other }),
    ]
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    const exit = scene.run('download', LINK, '--follow', '--json')
    await until(() => scene.named('seeding').length === 2)
    assert.deepEqual(
      scene.named('version').map(({ seq }) => seq),
      [7, 8],
    )
    assert.deepEqual(
      scene.node.added.map(({ source }) => source),
      [HASH, other, `what is known of ${HASH}`],
    )
    assert.deepEqual(
      scene.node.added.map(({ options }) => options['mode']),
      ['download', 'trial', 'download'],
    )
    assert.equal(scene.node.torrent.removed, 2, 'the trial and the version before')
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
  })

  it('that fails while it is followed ends with its sentence', async () => {
    const scene = booted()
    scene.node.itemsFound = [item(text('v'), { ...signed, infoHash: HASH })]
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.reject(new LodestoneError('storage', 'storage/io', 'The disk is broken.'))
    assert.equal(await scene.run('download', LINK, '--follow', '--json'), 1)
    assert.equal(scene.events.at(-1)?.['code'], 'storage/io')
  })

  it('is refused where it makes no sense, and ends where its item names no torrent', async () => {
    for (const args of [
      ['download', LINK, '--no-dht'],
      ['download', MAGNET, '--follow'],
      ['download', LINK, '--follow', '--seed-ratio', '1'],
      ['download', `${LINK}0`],
      ['info', LINK, '--no-dht'],
    ]) {
      const scene = new Scene()
      assert.equal(await scene.run(...args), 2, args.join(' '))
      assert.equal(scene.opened.length, 0)
    }
    const scene = booted()
    scene.node.itemsFound = [item(text('v'), signed)]
    assert.equal(await scene.run('download', LINK, '--json'), 1)
    assert.equal(scene.events.at(-1)?.['code'], 'item/no-torrent')
  })
})

describe('dht get', () => {
  it('prints the newest version, a text as it is and anything else as JSON', async () => {
    for (const [value, line] of [
      [text('hello\u001b[2J world'), 'hello[2J world'],
      [Uint8Array.of(0xff, 1), '{"hex":"ff01"}'],
      [[1, text('a')], '[1,"a"]'],
      [new Map<string, Uint8Array>([['ih', text('x')]]), '{"ih":"x"}'],
      [undefined, '3:raw'],
    ] as const) {
      const scene = booted()
      scene.node.itemsFound = [item(text('old')), item(value as FoundItem['value'])]
      assert.equal(await scene.run('dht', 'get', HASH, '--salt', 'salt'), 0)
      assert.equal(scene.node.lookups[0]?.options['salt'], 'salt')
      assert.equal(scene.stdout, `Listening on 127.0.0.1:6881\n${line}\n`)
    }
  })

  it('reports the item as a line, a version beyond 2^53 as text, and done', async () => {
    const scene = booted()
    const fields = { ...signed, infoHash: HASH }
    scene.node.itemsFound = [item(text('v'), { ...fields, seq: 2n ** 53n + 1n })]
    assert.equal(await scene.run('dht', 'get', KEY, '--json'), 0)
    const expected = { publicKey: KEY, salt: 'salt', seq: '9007199254740993', signature: signed.signature }
    assert.deepEqual(scene.events.slice(1), [
      { event: 'item', at: 0, target: HASH, value: 'v', bytes: '333a726177', ...expected, infoHash: HASH },
      { event: 'done', at: 0, target: HASH, seconds: 1.5 },
    ])
  })

  it('that follows shows each version until it is stopped', async () => {
    const scene = booted()
    scene.node.itemsFound = [item(text('one'), signed), item(text('two'), { ...signed, seq: 8n })]
    const exit = scene.run('dht', 'get', KEY, '--salt', 's', '--follow', '--json')
    await until(() => scene.named('item').length === 2)
    assert.deepEqual(
      scene.named('item').map(({ value, seq }) => [value, seq]),
      [
        ['one', 7],
        ['two', 8],
      ],
    )
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
    assert.equal(scene.events.at(-1)?.['event'], 'stopped')
  })

  it('leaves with 1 when there is none or nobody answers, and with 2 before anything is touched', async () => {
    const none = booted()
    assert.equal(await none.run('dht', 'get', HASH, '--json'), 1)
    assert.equal(none.events.at(-1)?.['code'], 'item/not-found')
    const alone = booted()
    alone.node.responses = 0
    assert.equal(await alone.run('dht', 'get', HASH, '--json'), 1)
    assert.equal(alone.events.at(-1)?.['code'], 'dht/no-nodes')
    for (const wrong of ['xyz', KEY.slice(1), MAGNET, `magnet:?xs=urn:btpk:${KEY.slice(1)}`, '--no-dht']) {
      const scene = new Scene()
      assert.equal(await scene.run('dht', 'get', wrong), 2, wrong)
      assert.equal(scene.opened.length, 0)
    }
  })
})

describe('dht put', () => {
  it('prints the target of a fixed item', async () => {
    const scene = booted()
    assert.equal(await scene.run('dht', 'put', 'hello'), 0)
    assert.equal(scene.node.puts[0]?.value, 'hello')
    assert.equal(scene.node.puts[0]?.options['key'], undefined)
    assert.equal(scene.stdout, `Listening on 127.0.0.1:6881\n${HASH}\n`)
    assert.equal(scene.stderr, '8 nodes took it\n')
  })

  it('makes a key file where there is none, for the user alone, and uses it again', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'my.key')
      const keys: unknown[] = []
      for (const _ of [1, 2]) {
        const scene = booted()
        scene.node.stored = Promise.resolve({
          target: HASH,
          nodes: 8,
          publicKey: KEY,
          seq: 2n,
          link: 'magnet:?xs=…',
          ms: 1,
        })
        assert.equal(
          await scene.run('dht', 'put', 'v', '--key', path, '--salt', 's', '--cas', '1', '--json'),
          0,
        )
        const { key, salt, cas } = scene.node.puts[0]!.options
        assert.deepEqual([salt, cas], ['s', 1n])
        keys.push(key)
        assert.deepEqual(scene.events.slice(1), [
          {
            event: 'done',
            at: 0,
            target: HASH,
            nodes: 8,
            publicKey: KEY,
            seq: 2,
            link: 'magnet:?xs=…',
            seconds: 0.001,
          },
        ])
      }
      assert.deepEqual(keys[0], keys[1])
      assert.equal(
        Buffer.from(keys[0] as Uint8Array).toString('hex'),
        (await readFile(path, 'latin1')).trim(),
      )
      assert.equal((await stat(path)).mode & 0o777, 0o600)
    })
  })

  it('takes an info-hash or a magnet link as the torrent of the day', async () => {
    await inTempFolder(async (folder) => {
      for (const source of [HASH, MAGNET]) {
        const scene = booted()
        assert.equal(await scene.run('dht', 'put', source, '--torrent', '--key', join(folder, 'k')), 0)
        assert.deepEqual(scene.node.puts[0]?.value, { ih: Buffer.from(HASH, 'hex') })
      }
    })
  })

  it('refuses what contradicts itself and keys that are none, before anything is touched', async () => {
    await inTempFolder(async (folder) => {
      const bad = join(folder, 'bad.key')
      await writeFile(bad, 'no key')
      for (const args of [
        ['v', '--salt', 's'],
        ['v', '--cas', '1'],
        ['v', '--cas', 'x', '--key', 'k'],
        ['v', '--cas', '9223372036854775808', '--key', 'k'],
        ['x'.repeat(996)],
        [HASH, '--torrent'],
        ['xyz', '--torrent', '--key', join(folder, 'never')],
        [HASH, '--torrent', '--bencoded', '--key', join(folder, 'never')],
        ['v', '--key', bad],
        ['v', '--key', folder],
        ['v', '--key', join(folder, 'missing', 'k')],
        ['v', '--no-dht'],
      ]) {
        const scene = new Scene()
        assert.equal(await scene.run('dht', 'put', ...args), 2, args.join(' '))
        assert.equal(scene.opened.length, 0)
      }
      await assert.rejects(stat(join(folder, 'never')))
    })
  })

  it('takes a key of an ordinary file alone, and no more of it than a key has', async () => {
    await inTempFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      execFileSync('mkfifo', [path('fifo')])
      await symlink(path('nowhere'), path('dangling'))
      await writeFile(path('empty'), '')
      await writeFile(path('long'), `${KEY}${'0'.repeat(300)}`)
      for (const name of ['fifo', 'dangling', 'empty', 'long']) {
        const scene = new Scene()
        assert.equal(await scene.run('dht', 'put', 'v', '--key', path(name)), 2, name)
        assert.ok(scene.stderr.includes(path(name)), scene.stderr)
      }
    })
  })

  it('leaves with 1 when no node took it', async () => {
    const scene = booted()
    scene.node.stored = Promise.reject(new LodestoneError('timeout', 'item/not-stored', 'No node took it.'))
    scene.node.stored.catch(() => {})
    assert.equal(await scene.run('dht', 'put', 'v'), 1)
    assert.equal(scene.stderr, 'lodestone: No node took it.\n')
  })
})
