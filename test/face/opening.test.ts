import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ErrorCode, LodestoneError, type OpenOptions } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { within, withNodes } from './loopback.ts'

/** A port on 127.0.0.1 of which one side alone is taken while `body` runs. */
async function withTaken(side: 'UDP' | 'TCP', body: (port: number) => Promise<void>): Promise<void> {
  if (side === 'UDP') {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    await body(socket.address().port)
    socket.close()
  } else {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    await body((server.address() as AddressInfo).port)
    server.close()
  }
}

/** Opens a node and closes it again. */
function opened(options: OpenOptions): Promise<void> {
  return withNodes(async (openNode) => void (await openNode(options)))
}

describe('opening a node', () => {
  it('listens for datagrams and streams under one port that the system picks', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const [place, ...others] = node.addresses
      assert.deepEqual(others, [])
      assert.equal(place!.host, '127.0.0.1')
      assert.match(place!.nodeId!, /^[0-9a-f]{40}$/)
      const stream = connect(place!.port, '127.0.0.1')
      await within(5000, 'the listener', once(stream, 'connect'))
      stream.destroy()
      const other = await openNode()
      assert.equal((await other.ping('127.0.0.1', place!.port)).nodeId, place!.nodeId)
    })
  })

  it('listens on every address that it is bound to, under one port', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ bind: ['127.0.0.1', '::1'] })
      assert.deepEqual(
        node.addresses.map(({ host }) => host),
        ['127.0.0.1', '::1'],
      )
      assert.equal(new Set(node.addresses.map(({ port }) => port)).size, 1)
      assert.equal(new Set(node.addresses.map(({ nodeId }) => nodeId)).size, 2)
    })
  })

  for (const side of ['UDP', 'TCP'] as const) {
    it(`says that ${side} is taken when only that side of the port is`, async () => {
      await withTaken(side, async (port) => {
        await assert.rejects(opened({ port }), (error: unknown) => {
          assert.ok(error instanceof LodestoneError)
          assert.deepEqual([error.kind, error.code], ['network', 'network/port-taken'])
          assert.match(error.message, new RegExp(`^The ${side} side of port ${port} is taken`))
          return true
        })
      })
    })
  }

  it('says so when it is bound to an address that this machine does not have', async () => {
    await assert.rejects(opened({ bind: ['192.0.2.1'] }), { kind: 'network', code: 'network/no-address' })
  })

  it('gives its port back when it is closed', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const { port } = first.addresses[0]!
      await first.close()
      const second = await openNode({ port })
      assert.equal(second.addresses[0]!.port, port)
    })
  })

  it('needs neither DHT nor listener', async () => {
    await withNodes(async (openNode) => {
      const silent = await openNode({ dht: false, listen: false })
      assert.deepEqual(silent.addresses, [])
      assert.deepEqual(await silent.ready, { nodes: 0, ms: 0 })
      const deaf = await openNode({ listen: false })
      const stream = connect(deaf.addresses[0]!.port, '127.0.0.1')
      const [error] = await within(5000, 'a refusal', once(stream, 'error'))
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED')
    })
  })

  it('is ready at once, and alone, without an entry point', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      assert.equal((await within(10_000, 'ready', node.ready)).nodes, 0)
    })
  })

  const wrong: readonly (readonly [OpenOptions, ErrorCode])[] = [
    [{ port: -1 }, 'options/port'],
    [{ port: 65_536 }, 'options/port'],
    [{ port: 1.5 }, 'options/port'],
    [{ port: Number.NaN }, 'options/port'],
    [{ bind: [] }, 'options/bind'],
    [{ bind: ['localhost'] }, 'options/bind'],
    [{ bootstrap: ['nowhere'] }, 'options/endpoint'],
    [{ bootstrap: ['127.0.0.1:0'] }, 'options/endpoint'],
    [{ queryLimit: 0 }, 'options/queryLimit'],
    [{ replyLimit: 0 }, 'options/replyLimit'],
    [{ downloadLimit: 10 }, 'options/downloadLimit'],
    [{ uploadLimit: Number.NaN }, 'options/uploadLimit'],
    [{ maxActiveSeeds: 0 }, 'options/maxActiveSeeds'],
    [{ maxActiveDownloads: 0.5 }, 'options/maxActiveDownloads'],
    [{ maxPeers: 0 }, 'options/maxPeers'],
    [{ maxPeers: 2.5 }, 'options/maxPeers'],
  ]
  for (const [options, code] of wrong) {
    const shown = JSON.stringify(options, (_key, value: unknown) => (Number.isNaN(value) ? 'NaN' : value))
    it(`refuses ${shown} by the option's name`, async () => {
      await assert.rejects(opened(options), { kind: 'usage', code })
    })
  }

  it('goes on without a state folder when there is a file in its place', async () => {
    await inTempFolder(async (folder) => {
      await writeFile(join(folder, 'state'), 'not a folder')
      await withNodes(async (openNode) => {
        const node = await openNode({ state: join(folder, 'state') })
        await within(10_000, 'ready', node.ready)
      })
    })
  })

  it('keeps its id in the state folder; a second node on the same folder draws its own', async () => {
    await inTempFolder(async (folder) => {
      await mkdir(join(folder, 'state'))
      await withNodes(async (openNode) => {
        const state = join(folder, 'state')
        const first = await openNode({ state })
        const second = await openNode({ state })
        const { nodeId } = first.addresses[0]!
        assert.notEqual(second.addresses[0]!.nodeId, nodeId)
        await second.close()
        await first.close()
        const again = await openNode({ state })
        assert.equal(again.addresses[0]!.nodeId, nodeId)
      })
    })
  })
})

describe('closing a node', () => {
  it('is one closing, however often it is asked for', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const closing = node.close()
      assert.equal(node.close(), closing)
      await closing
      assert.equal(node.close(), closing)
    })
  })

  it('may be asked for by a listener', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const closed = new Promise<void>((resolve) => node.on('ready', () => resolve(node.close())))
      await within(10_000, 'the end', closed)
    })
  })

  it('ends all that is under way, with an error of kind closed', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ bootstrap: ['127.0.0.1:9'] })
      const torrent = node.add('ab'.repeat(20))
      const lookup = node.lookup('cd'.repeat(20))
      const ping = node.ping('127.0.0.1', 9)
      const events = node.events()
      const own = torrent.events()
      const gone = [torrent.metadata, torrent.done, ping].map((promise) =>
        assert.rejects(promise, { kind: 'closed', code: 'node/closed' }),
      )
      await node.close()
      await within(
        5000,
        'every promise',
        Promise.all([...gone, torrent.remove(), Promise.allSettled([lookup.result])]),
      )
      for await (const _event of events) void _event
      for await (const _event of own) void _event
      for await (const _peer of lookup) assert.fail('a peer out of nowhere')
    })
  })

  it('leaves a node that refuses everything and says why', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      await node.close()
      const closed = { kind: 'closed', code: 'node/closed' }
      assert.throws(() => node.add('ab'.repeat(20)), closed)
      assert.throws(() => node.lookup('ab'.repeat(20)), closed)
      assert.throws(() => node.addNode('127.0.0.1', 1), closed)
      assert.throws(() => node.setLimits({}), closed)
      await assert.rejects(node.ping('127.0.0.1', 1), closed)
      assert.equal(node.stats().nodes, 0)
      for await (const _event of node.events()) assert.fail('an event out of nowhere')
    })
  })
})
