import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, withNodes } from './loopback.ts'

it('a node whose state folder cannot be had says so to who listens once it is open, and runs', async () => {
  await inTempFolder(async (folder) => {
    await writeFile(join(folder, 'state'), 'a file')
    await withNodes(async (openNode) => {
      const node = await openNode({ state: join(folder, 'state') })
      const { code, message } = await next(node, 'warning')
      assert.equal(code, 'state/unusable')
      assert.ok(message.includes(join(folder, 'state')) && message.includes('--state'), message)
    })
  })
})
