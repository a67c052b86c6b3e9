import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from 'bittorrent-dht'
import type { NodeSample } from '../../src/index.ts'
import { eventually, placeOf, within, withNodes } from './loopback.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'

describe('samples over real sockets', () => {
  it('come from each node as it answers, and not again before their interval is over', async () => {
    await withNodes(async (openNode) => {
      const asker = await openNode()
      const bootstrap = [placeOf(asker)]
      const keepers = [
        await openNode({ bind: ['127.0.0.2'], bootstrap }),
        await openNode({ bind: ['127.0.0.3'], bootstrap }),
      ]
      await eventually('all to know all', 10_000, async () =>
        [asker, ...keepers].every((node) => node.stats().nodes === 2),
      )
      await within(10_000, 'an announce', asker.lookup(HASH, { announce: 7000 }).result)
      const read = async (): Promise<NodeSample[]> => {
        const samples: NodeSample[] = []
        for await (const sample of asker.sample(HASH)) samples.push(sample)
        return samples
      }
      const samples = await within(10_000, 'samples', read())
      assert.deepEqual(samples.map(({ host }) => host).toSorted(), ['127.0.0.2', '127.0.0.3'])
      for (const { infoHashes, total, interval } of samples) {
        assert.deepEqual([infoHashes, total, interval], [[HASH], 1, 600])
      }
      assert.deepEqual(await within(10_000, 'a second walk', read()), [])
    })
  })

  it('are not to be had of nodes of another program, which name the way to those that have some', async () => {
    const foreign = new Client({ bootstrap: false, host: '127.0.0.9' })
    try {
      await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.9', resolve))
      const entry = `127.0.0.9:${foreign.address().port}`
      await withNodes(async (openNode) => {
        const keeper = await openNode({ bind: ['127.0.0.2'], bootstrap: [entry] })
        const asker = await openNode({ bootstrap: [entry] })
        await eventually('all to know all', 10_000, async () =>
          [asker, keeper].every((node) => node.stats().nodes === 2),
        )
        await within(10_000, 'an announce', asker.lookup(HASH, { announce: 7000 }).result)
        const walk = asker.sample(HASH)
        const samples: NodeSample[] = []
        for await (const sample of walk) samples.push(sample)
        const { responses } = await walk.result
        assert.deepEqual([samples.map(({ host }) => host), responses], [['127.0.0.2'], 2])
      })
    } finally {
      await new Promise<void>((resolve) => foreign.destroy(resolve))
    }
  })
})
