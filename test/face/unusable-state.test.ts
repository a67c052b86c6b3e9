import assert from 'node:assert/strict'
import { lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
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

describe('a state file that is a link', () => {
  it('is told of and left alone, and so is what it leads to', async () => {
    await inTempFolder(async (folder) => {
      const elsewhere = join(folder, 'elsewhere')
      const state = join(folder, 'state')
      await mkdir(state)
      await writeFile(elsewhere, 'precious')
      await symlink(elsewhere, join(state, 'dht-4.state'))
      await withNodes(async (openNode) => {
        const node = await openNode({ state })
        const { code } = await next(node, 'warning')
        assert.equal(code, 'state/unusable')
        await node.close()
      })
      assert.equal(await readFile(elsewhere, 'utf8'), 'precious')
      assert.ok((await lstat(join(state, 'dht-4.state'))).isSymbolicLink())
    })
  })
})
