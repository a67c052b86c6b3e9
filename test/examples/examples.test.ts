import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { download } from './download.ts'
import { firstPeers } from './lookup.ts'
import { runNode } from './node.ts'
import { PrivateNetwork } from './private-network.ts'

let home = ''
let network: PrivateNetwork
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'lodestone-examples-'))
  network = await PrivateNetwork.start(3)
})
after(async () => {
  await network.stop()
  await rm(home, { recursive: true, force: true })
})

describe('the examples', () => {
  it('download by magnet link and find the seeder', async () => {
    const content = randomBytes(1_000_000)
    await mkdir(join(home, 'served'))
    await writeFile(join(home, 'served', 'content'), content)
    const { magnet, infoHash } = await network.seed(join(home, 'served', 'content'), join(home, 'served'))
    const path = await download(magnet, home, network.options)
    assert.deepEqual(await readFile(path), content)
    const peers = await firstPeers(infoHash, 1, network.options)
    assert.match(peers[0] ?? '', /^127\.0\.0\.1:\d+$/)
  })

  it("play a scenario of one's own", () => {
    const [main, module] = ['../../dist/sim/main.js', './quiet-hundred.mjs'].map((path) => {
      return join(import.meta.dirname, path)
    })
    const { status, stdout } = spawnSync(
      process.execPath,
      [main!, 'run', module!, '--size', 'small', '--json'],
      {
        encoding: 'utf8',
      },
    )
    assert.equal(status, 0)
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!) as { scenario: string }
    assert.equal(result.scenario, 'quiet-hundred')
  })

  it('run a node until it is told to stop', async () => {
    const stop = new AbortController()
    const running = runNode(stop.signal, network.options)
    setTimeout(() => stop.abort(), 200)
    const stats = await running
    assert.ok(stats.responses > 0)
  })
})
