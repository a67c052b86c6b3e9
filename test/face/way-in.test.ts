import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, placeOf, within, withNodes } from './loopback.ts'

/** Nobody listens there. */
const DEAD = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3']

describe('the way into the DHT', () => {
  it('9.18 leads through a saved node while all entry points are dead', async () => {
    await inTempFolder(async (state) => {
      await withNodes(async (openNode) => {
        const first = await openNode()
        const before = await openNode({ state, bootstrap: [placeOf(first)] })
        await within(10_000, 'the first run to join', before.ready)
        await before.close()
        const again = await openNode({ state, bootstrap: DEAD })
        const { nodes } = await within(10_000, 'the second run to join', again.ready)
        assert.equal(nodes, 1)
      })
    })
  })

  it('9.19 leads to an entry point that appears later, within ten seconds', async () => {
    await withNodes(async (openNode) => {
      const taken = await openNode()
      const { port } = taken.addresses[0]!
      await taken.close()
      const early = await openNode({ bootstrap: [...DEAD, `127.0.0.1:${port}`] })
      assert.equal(early.stats().nodes, 0)
      const late = await openNode({ port })
      await eventually('both to be online', 10_000, async () => early.stats().network.status === 'online')
      assert.equal(late.stats().nodes, 1)
    })
  })

  it('9.10 is found anew when the state file is damaged, which is said', async () => {
    await inTempFolder(async (state) => {
      await writeFile(join(state, 'dht-4.state'), 'no table')
      await withNodes(async (openNode) => {
        const first = await openNode()
        const second = await openNode({ state, bootstrap: [placeOf(first)] })
        const { code } = await next(second, 'warning')
        assert.equal(code, 'state/corrupt')
        await within(10_000, 'it to join', second.ready)
      })
    })
  })
})
