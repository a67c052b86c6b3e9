import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeFolder } from '../../../sim/sweep/folder.ts'
import { simCommand } from '../../support/sim-command.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const [PROC, ZEROS] = ['/proc', '/dev/zero']
const skip = existsSync(PROC) && existsSync(ZEROS) ? false : 'a system without /proc and /dev/zero'

describe('a folder for results', () => {
  it('is made with those above it, and may be there already', async () => {
    await inTempFolder((folder) => {
      const deep = join(folder, 'a', 'b', 'c')
      makeFolder(deep)
      makeFolder(deep)
      assert.deepEqual(readdirSync(deep), [])
      return Promise.resolve()
    })
  })

  it('is refused where it cannot be made, and nothing is left', async () => {
    await inTempFolder((folder) => {
      const file = join(folder, 'file')
      writeFileSync(file, '')
      const bad = [
        file,
        join(file, 'below'),
        join(folder, 'a', 'b', 'x'.repeat(300)),
        join(folder, 'a', '\0'),
      ]
      for (const path of bad) {
        assert.throws(() => makeFolder(path), { kind: 'usage', code: 'sim/no-folder' }, path)
      }
      assert.deepEqual(readdirSync(folder), ['file'])
      return Promise.resolve()
    })
  })

  it('is refused at once by every command in a file system that takes none', { skip }, async () => {
    await inTempFolder(async (folder) => {
      const tiny = ['bootstrap', '--set', 'nodes=8', '--set', 'lookups=1']
      const reports = ['a', 'b'].map((name) => join(folder, name))
      for (const report of reports) await simCommand(['run', ...tiny, '--report', report])
      const results = join(folder, 'results')
      mkdirSync(results)
      writeFileSync(join(results, 'results.ndjson'), '')
      for (const path of ['/proc/x', '/proc/x/y', PROC]) {
        for (const args of [
          ['run', ...tiny, '--report', path],
          ['sweep', ...tiny, '--seeds', '1', '--report', path],
          ['all', '--only', 'bootstrap', '--size', 'small', '--report', path],
          ['merge', results, '--report', path],
          ['compare', ...reports, '--out', path],
        ]) {
          const { code, out, err } = await simCommand(args)
          assert.deepEqual(
            [code, out, err],
            [2, '', `lodestone-sim: The folder ${path} cannot be made or written.\n`],
            args.join(' '),
          )
        }
      }
    })
  })
})

describe('a file that is to be replayed', () => {
  it('is refused at once when it is a folder, a pipe, a device or of no sensible size', {
    skip,
  }, async () => {
    await inTempFolder(async (folder) => {
      const [pipe, huge] = [join(folder, 'pipe'), join(folder, 'huge')]
      execFileSync('mkfifo', [pipe])
      writeFileSync(huge, '')
      truncateSync(huge, 4 * 2 ** 30 + 1)
      const refused = new Map([
        [folder, 'is no regular file'],
        [pipe, 'is no regular file'],
        [ZEROS, 'is no regular file'],
        [huge, 'is larger than 4 GiB'],
        ['/proc/uptime', 'This is not the record of a run'],
        [join(folder, 'nothing'), 'cannot be read'],
        [join(folder, '\0'), 'cannot be read'],
      ])
      for (const [path, why] of refused) {
        const { code, err } = await simCommand(['replay', path])
        assert.deepEqual([code, err.split('\n').length], [2, 2], path)
        assert.ok(err.includes(why), err)
      }
    })
  })
})
