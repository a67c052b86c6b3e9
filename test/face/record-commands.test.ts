import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { noise, placeOf, withNodes } from './loopback.ts'

const LENGTH = 4_000_000

function built(file: string): string {
  return fileURLToPath(new URL(`../../dist/${file}`, import.meta.url))
}

/** A line of JSON that a command says, once it does. */
async function said(program: Program, event: string): Promise<Record<string, unknown>> {
  const line = await program.line(event, (text) => text.startsWith(`{"event":"${event}"`), 30_000)
  return JSON.parse(line) as Record<string, unknown>
}

/** What `lodestone-sim replay --json` says of a record. */
async function replayed(record: string): Promise<Record<string, unknown>> {
  const program = new Program('replay', [process.execPath, built('sim/main.js'), 'replay', record, '--json'])
  const result = await said(program, 'result')
  await program.success(20_000)
  const [check] = result['checks'] as [{ pass: boolean; value: number; bound: string }]
  assert.equal(check.pass, true)
  assert.equal(check.bound, `= ${check.value}`)
  return result
}

describe('--record and lodestone-sim replay', () => {
  it('go together for a seed, a download and a node that is sent rubbish', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const router = await openNode()
        const { magnet } = await noise(folder, 'content', LENGTH)
        const programs: Program[] = []
        const start = (...args: string[]): Program => {
          const [name] = args as [string]
          const place = ['--bind', '127.0.0.1', '--port', '0', '--bootstrap', placeOf(router), '--json']
          const own = ['--state', join(folder, `state of ${name}`), '--record', join(folder, name)]
          const command = [process.execPath, built('bin/main.js'), ...args, ...place, ...own]
          const program = new Program(name, command)
          programs.push(program)
          return program
        }
        try {
          const seed = start('seed', join(folder, 'content'))
          const node = start('node')
          const { port } = await said(node, 'listening')
          const socket = createSocket('udp4')
          for (const text of ['l-3:', 'd-3:i1e', 'd1:y1:qe', 'rubbish', 'd1:t2:aa1:y1:re']) {
            await new Promise((resolve) => socket.send(text, port as number, '127.0.0.1', resolve))
          }
          socket.close()
          await said(node, 'ready')
          await said(seed, 'seeding')
          const download = start('download', magnet, '--out', join(folder, 'out'))
          await said(download, 'done')
          await download.success(20_000)
          for (const program of [seed, node]) assert.equal((await program.stop()).code, 143)
        } finally {
          await Promise.all(programs.map((program) => program.stop()))
        }
      })
      for (const name of ['download', 'seed', 'node']) {
        const { inputs, cut } = await replayed(join(folder, name))
        assert.ok((inputs as number) > 10, name)
        assert.equal(cut, false)
        assert.ok((await stat(join(folder, name))).size < LENGTH / 4, name)
      }
    })
  })
})
