import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, next, placeOf, within, withNodes } from './loopback.ts'

describe('the network of a node', () => {
  it('is told as an event and in its numbers', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      assert.deepEqual(first.stats().network, { status: 'degraded', external: [], readOnly: false })
      const online = next(first, 'network')
      const second = await openNode({ bootstrap: [placeOf(first)] })
      assert.equal((await online).status, 'online')
      await eventually('both to be online', 10_000, async () => second.stats().network.status === 'online')
    })
  })

  it('8.02 of several sockets has ids that part early from each other', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ bind: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] })
      const heads = node.addresses.map(({ nodeId }) => nodeId!.slice(0, 2))
      assert.equal(new Set(heads).size, 3)
    })
  })

  it('6.18 does not know of a node that was opened read-only, which asks all the same', async () => {
    await withNodes(async (openNode) => {
      const first = await openNode()
      const silent = await openNode({ bootstrap: [placeOf(first)], readOnly: true, enforceIds: true })
      assert.deepEqual(await within(10_000, 'an answer', silent.ready).then(({ nodes }) => nodes), 1)
      assert.equal(silent.stats().network.readOnly, true)
      assert.equal(first.stats().nodes, 0)
      const [host, port] = placeOf(silent).split(':')
      await assert.rejects(within(20_000, 'the end of a ping', first.ping(host!, Number(port))), {
        kind: 'timeout',
      })
    })
  })
})
