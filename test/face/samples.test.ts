import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { NodeSample } from '../../src/index.ts'
import { Program } from '../support/program.ts'
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
    // A port that was free a moment ago.
    const port = await withNodes(async (openNode) => {
      const { addresses } = await openNode({ bind: ['127.0.9.1'] })
      return addresses[0]!.port
    })
    const script = fileURLToPath(new URL('../support/foreign-dht.ts', import.meta.url))
    const place = ['127.0.9.', '1', '1', String(port)]
    const foreign = new Program('foreign dht', [process.execPath, '--import', 'tsx', script, ...place])
    try {
      await foreign.line('ready', (line) => line === 'ready', 30_000)
      const entry = `127.0.9.1:${port}`
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
      await foreign.stop()
    }
  })
})
