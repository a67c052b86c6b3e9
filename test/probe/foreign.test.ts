/** The command against a node that breaks many rules, and dies of some: bittorrent-dht 11. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'

const REVIVING = fileURLToPath(new URL('../support/reviving-dht.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HOST = '127.0.61.7'
/** Two runs of the tests on one machine do not meet. */
const PORT = String(20_000 + (process.pid % 30_000))

interface Line {
  readonly event: string
  readonly rule?: string
  readonly verdict?: string
  readonly why?: string
  readonly required?: { readonly failed: number; readonly passed: number }
}

describe('lodestone probe against a node of our own', () => {
  it('finds no rule broken and leaves with 0', async () => {
    await inTempFolder(async (folder) => {
      const place = ['--bind', '127.0.61.8', '--port', '0', '--bootstrap', 'none', '--state', folder]
      const node = new Program('node', [
        process.execPath,
        '--import',
        'tsx',
        MAIN,
        'node',
        '--json',
        ...place,
      ])
      try {
        const listening = await node.line('listening', (line) => line.includes('"listening"'), 60_000)
        const { port } = JSON.parse(listening) as { port: number }
        const command = [process.execPath, '--import', 'tsx', MAIN, 'probe', `127.0.61.8:${port}`, '--quiet']
        const prober = new Program('prober', command)
        await prober.success(60_000)
        const lines = prober.linesMatching(() => true)
        assert.deepEqual(
          lines.filter((line) => !/^(?:pass|n\/a ) /.test(line)).map((line) => line.split(' ')[0]),
          ['required', 'chosen'],
        )
      } finally {
        await node.stop()
      }
    })
  })
})

describe('lodestone probe against bittorrent-dht', () => {
  it('finds that it dies of integers where strings are due, and lives itself', async () => {
    const victim = new Program('victim', [process.execPath, '--import', 'tsx', REVIVING, HOST, PORT])
    try {
      await victim.line('ready', (line) => line === 'ready', 60_000)
      const prober = new Program('prober', [
        ...[process.execPath, '--import', 'tsx', MAIN, 'probe', `${HOST}:${PORT}`, '--json'],
      ])
      assert.deepEqual(await prober.end(120_000), { code: 1, signal: null })
      const lines = prober
        .linesMatching((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Line)

      for (const rule of ['1.22', '1.38', '1.39']) {
        const told = lines.find((line) => line.rule === rule)
        assert.equal(told?.verdict, 'fail', rule)
        assert.match(told?.why ?? '', /^it stopped answering after .* back/, rule)
      }
      for (const rule of ['1.01', '1.10', '1.12', '1.13', '1.17', '2.05', '6.08']) {
        assert.equal(lines.find((line) => line.rule === rule)?.verdict, 'pass', rule)
      }
      for (const rule of ['0.01', '1.32', '2.29', '6.09', '8.14']) {
        assert.equal(lines.find((line) => line.rule === rule)?.verdict, 'fail', rule)
      }
      const { required } = lines.find(({ event }) => event === 'score')!
      assert.ok(required!.passed > 20 && required!.failed > 20)
      assert.equal(lines.at(-1)?.event, 'done')
    } finally {
      await victim.stop()
    }
  })
})
