import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const MIB = 1024 * 1024
const ENGINE = new URL('../../src/cli/engine.ts', import.meta.url).href

/** Bytes of the room of new objects, and of the whole heap at its greatest, of a process in which 200 MiB live for a while after each of two threads. */
async function grown(tuned: boolean): Promise<{ young: number; most: number }> {
  const script = `
    import { once } from 'node:events'
    import v8 from 'node:v8'
    import { Worker } from 'node:worker_threads'
    ${tuned ? `import { tuneEngine } from ${JSON.stringify(ENGINE)}\ntuneEngine()` : ''}
    let most = 0
    const held = []
    for (let thread = 0; thread < 2; thread++) {
      await once(new Worker('', { eval: true }), 'exit')
      for (let i = 0; i < 400_000; i++) {
        held[i % 20_000] = new Array(64).fill(i)
        if (i % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapTotal)
      }
    }
    const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size
    console.log(JSON.stringify({ young, most }))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

test('the heap of a process that makes much garbage grows little beyond what lives in it, threads or none', async () => {
  const [before, after] = await Promise.all([grown(false), grown(true)])
  assert.equal(before.young, 32 * MIB)
  assert.ok(after.young <= 8 * MIB, `${after.young}`)
  assert.ok(after.most < before.most - 24 * MIB, `${after.most} ${before.most}`)
})

test('buffers that are dropped go when the library asks for it', async () => {
  const script = `
    import { tuneEngine } from ${JSON.stringify(ENGINE)}
    import { Garbage } from ${JSON.stringify(new URL('../../src/host/garbage.ts', import.meta.url).href)}
    tuneEngine()
    const garbage = new Garbage()
    let most = 0
    for (let i = 0; i < 900; i++) {
      new ArrayBuffer(65_536)
      garbage.made(65_536)
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    console.log(most)`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  assert.ok(Number(stdout) < 16 * MIB, stdout)
})
