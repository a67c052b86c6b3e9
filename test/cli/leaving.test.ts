import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { MAGNET, Scene, until } from './scene.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lodestone-cli-'))
  await mkdir(join(folder, 'content'))
  await writeFile(join(folder, 'content', 'a'), 'content')
  await writeFile(join(folder, 'x.torrent'), 'd4:infodee')
})
after(() => rm(folder, { recursive: true, force: true }))

describe('a signal', () => {
  it('closes the node first, then prints stopped as the last line, then leaves with its code', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const scene = new Scene()
      const exit = scene.run('download', MAGNET, '--json')
      await until(() => scene.node.added.length === 1)
      scene.stop(signal)
      assert.equal(await exit, code)
      assert.equal(scene.node.closed, 1)
      assert.deepEqual(scene.events.at(-1), { event: 'stopped', at: 0, reason: signal })
      assert.equal(scene.stderr, '')
    }
  })

  it('before the node is open still closes it', async () => {
    const scene = new Scene()
    scene.stop('SIGINT')
    assert.equal(await scene.run('download', MAGNET), 130)
    assert.equal(scene.node.closed, scene.opened.length)
  })

  it('during hashing leaves without waiting for the end', async () => {
    const scene = new Scene()
    const exit = scene.run('create', join(folder, 'content'), '-o', join(folder, 'never.torrent'))
    await until(() => scene.created.length === 1)
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
    await assert.rejects(readFile(join(folder, 'never.torrent')))
  })
})

describe('a closed standard output', () => {
  it('ends the command cleanly, says so on standard error, and writes no further line', async () => {
    const scene = new Scene()
    const exit = scene.run('node', '--json')
    await until(() => scene.events.length === 1)
    scene.stop('pipe')
    assert.equal(await exit, 1)
    assert.equal(scene.node.closed, 1)
    assert.equal(scene.events.length, 1)
    assert.match(scene.stderr, /Nobody reads the output/)
  })
})

describe('an error that nobody foresaw', () => {
  it('is one sentence without a stack, and exit code 1', async () => {
    const scene = new Scene()
    scene.openFails = new TypeError('x is not a function\n  at somewhere')
    assert.equal(await scene.run('node'), 1)
    assert.equal(scene.stderr, 'lodestone: This should not have happened: x is not a function.\n')
  })

  it('of the system keeps its code', async () => {
    const scene = new Scene()
    scene.openFails = Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' })
    assert.equal(await scene.run('node', '--json'), 1)
    assert.equal(scene.named('error')[0]?.['code'], 'system/erofs')
    assert.equal(scene.stderr, 'lodestone: EROFS: read-only file system, open.\n')
  })
})
