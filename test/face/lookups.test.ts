import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LodestoneError } from '../../src/index.ts'
import { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, placeOf, within, withNodes } from './loopback.ts'

const HASH = 'ab'.repeat(20)

async function find(lookup: AsyncIterable<{ port: number }>): Promise<number[]> {
  const ports: number[] = []
  for await (const { port } of lookup) ports.push(port)
  return ports
}

describe('a look-up of a node that is being closed', () => {
  it('rejects, and does not pass for one that found nobody', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ bootstrap: ['127.0.0.9:9'] })
      const walk = node.lookup(HASH)
      const closing = node.close()
      await assert.rejects(within(10_000, 'an end', walk.result), { code: 'node/closed' })
      await closing
    })
  })
})

describe('a node with two addresses of one family', () => {
  it('does not find itself by what its other half has just announced', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const node = await openNode({ bind: ['127.0.0.2', '127.0.0.3'], bootstrap: [placeOf(first)] })
      await eventually('the first to know both halves', 10_000, async () => first.stats().nodes === 2)
      const walk = node.lookup(HASH, { announce: 4321 })
      assert.deepEqual(await within(15_000, 'a look-up', find(walk)), [])
      const { peers, announced } = await walk.result
      assert.equal(peers, 0)
      assert.ok(announced > 0)
    })
  })
})

describe('a private DHT of three nodes that know one address', () => {
  it('is connected within 5 s of a start in one second, and an announce on one is found from another', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const bootstrap = [placeOf(first)]
      const [second, third] = await Promise.all([openNode({ bootstrap }), openNode({ bootstrap })])
      const all = [first, second, third]
      await eventually('each to know both others', 5000, async () =>
        all.every((node) => node.stats().nodes === 2),
      )
      assert.deepEqual(await find(second.lookup(HASH, { announce: 4321 })), [])
      assert.deepEqual(await find(third.lookup(HASH)), [4321])
      assert.deepEqual(await find(first.lookup(HASH)), [4321])
      const { walks } = await first.lookup(HASH, { explain: true }).result
      const [walk, ...others] = walks!
      assert.deepEqual([walk?.ended, others], ['closest', []])
      const hops = walk!.hops.filter(({ outcome }) => outcome === 'answered')
      const ids = [second, third].map(({ addresses }) => addresses[0]!.nodeId)
      assert.deepEqual(hops.map(({ nodeId }) => nodeId).toSorted(), ids.toSorted())
      assert.ok(hops.every(({ queries, ms }) => queries === 1 && ms! > 0 && ms! < 5000))
    })
  })

  it('is made of running commands too, the entry point being the last to start', async () => {
    const main = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        // A port that was free a moment ago.
        const probe = await openNode()
        const place = placeOf(probe)
        const { port } = probe.addresses[0]!
        await probe.close()
        const start = (name: string, ...args: string[]): Program => {
          const common = ['node', '--bind', '127.0.0.1', '--json', '--state', join(folder, name)]
          return new Program(name, [process.execPath, main, ...common, ...args])
        }
        const listening = async (program: Program): Promise<number> => {
          const line = await program.line('listening', (text) => text.includes('"listening"'), 20_000)
          return (JSON.parse(line) as { port: number }).port
        }
        const programs = ['b', 'c'].map((name) => start(name, '--port', '0', '--bootstrap', place))
        try {
          const [b, c] = await Promise.all(programs.map(listening))
          programs.push(start('a', '--port', String(port), '--bootstrap', 'none'))
          await listening(programs[2]!)
          // Each knows one of the three, so that one finds what the other announces only when the three are connected.
          const announcer = await openNode({ bootstrap: [`127.0.0.1:${b}`] })
          const asker = await openNode({ bootstrap: [`127.0.0.1:${c}`] })
          await eventually('the announce to be found', 10_000, async () => {
            await announcer.lookup(HASH, { announce: 4321 }).result
            return (await find(asker.lookup(HASH))).includes(4321)
          })
        } finally {
          await Promise.all(programs.map((program) => program.stop()))
        }
      })
    })
  })
})

describe('a look-up', () => {
  it('ends with its figures, and tells the node', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const node = await openNode({ bootstrap: [placeOf(first)] })
      await within(10_000, 'ready', node.ready)
      const told = new Promise((resolve) => node.on('lookup', resolve))
      const { target, queries, responses, peers, ms } = await within(
        10_000,
        'the end',
        node.lookup(HASH).result,
      )
      assert.equal(target, HASH)
      assert.ok(queries >= 1 && responses >= 1 && ms >= 0)
      assert.equal(peers, 0)
      await within(1000, 'the event', told)
    })
  })

  it('is cancelled by leaving its loop, and by its signal', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const node = await openNode({ bootstrap: [placeOf(first)] })
      await within(10_000, 'ready', node.ready)
      await node.lookup(HASH, { announce: 1234 }).result
      const left = node.lookup(HASH)
      for await (const { port } of left) {
        assert.equal(port, 1234)
        break
      }
      await within(5000, 'the end of what was left', left.result)
      const stop = new AbortController()
      const stopped = node.lookup('cd'.repeat(20), { signal: stop.signal })
      stop.abort()
      assert.deepEqual(await within(5000, 'the end of the loop', find(stopped)), [])
      await within(5000, 'the end of what was stopped', stopped.result)
    })
  })

  it('refuses what cannot be looked up, announced, or done without DHT', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      assert.throws(() => node.lookup('xyz'), { kind: 'usage', code: 'torrent/bad-source' })
      assert.throws(() => node.lookup(HASH, { announce: 0 }), { kind: 'usage', code: 'options/port' })
      assert.throws(() => node.lookup(HASH, { signal: AbortSignal.abort() }), { name: 'AbortError' })
      const bare = await openNode({ dht: false })
      assert.throws(() => bare.lookup(HASH), { kind: 'usage', code: 'dht/off' })
      await assert.rejects(bare.ping('127.0.0.1', 1), { kind: 'usage', code: 'dht/off' })
    })
  })
})

describe('a ping', () => {
  it('reaches a node by its address and by its name', async () => {
    await withNodes(async (openNode) => {
      const [node, other] = [await openNode(), await openNode()]
      const { port, nodeId } = other.addresses[0]!
      for (const host of ['127.0.0.1', 'localhost']) {
        const pong = await within(10_000, 'a pong', node.ping(host, port))
        assert.equal(pong.nodeId, nodeId)
        assert.ok(pong.ms > 0 && pong.ms < 10_000)
      }
    })
  })

  it('without an answer is a timeout that names the node', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const silent = await openNode()
      const { port } = silent.addresses[0]!
      await silent.close()
      await assert.rejects(within(20_000, 'the timeout', node.ping('127.0.0.1', port)), (error: unknown) => {
        assert.ok(error instanceof LodestoneError)
        assert.deepEqual([error.kind, error.code], ['timeout', 'ping/no-answer'])
        assert.equal(error.address, `127.0.0.1:${port}`)
        return true
      })
    })
  })

  it('ends with its signal', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const stop = new AbortController()
      const ping = node.ping('127.0.0.1', 9, { signal: stop.signal })
      stop.abort(new Error('enough'))
      await assert.rejects(ping, /enough/)
      await assert.rejects(node.ping('127.0.0.1', 9, { signal: stop.signal }), /enough/)
      await assert.rejects(node.ping('127.0.0.1', 0), { kind: 'usage', code: 'options/port' })
    })
  })
})
