import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, noise, placeOf, within, withNodes } from './loopback.ts'

describe('why of a torrent', () => {
  it('knows what limits it, and afterwards where its time went and when it came to what', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const created = await noise(folder, 'content', 300_000)
        const [seeder, leech] = [await openNode(), await openNode({ downloadLimit: 80_000 })]
        const serves = next(seeder, 'seeding')
        const given = seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await serves
        assert.deepEqual(given.why().findings, [])
        const taken = leech.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
        assert.ok(taken.why().findings.length > 0, 'it is asked before the first second is over')
        await within(30_000, 'the content', taken.done)
        const { findings, spent, stages } = taken.why()
        assert.deepEqual([findings, spent[0]?.code], [[], 'rate-limit'])
        const seconds = spent.reduce((sum, entry) => sum + entry.seconds, 0)
        assert.ok(
          seconds > 1 && 1000 * seconds < stages.complete! + 1000,
          `${seconds} s of ${stages.complete} ms`,
        )
        assert.deepEqual(stages, taken.progress().stages)
        await within(5000, 'the removal', taken.remove())
        assert.deepEqual(taken.why(), { findings: [], spent: [], stages: { added: 0 } })
      })
    })
  })
})
