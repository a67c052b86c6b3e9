import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import { loopback } from '../../../sim/scenarios/loopback.ts'
import { DelayedHost } from '../../../sim/validation/delayed-host.ts'
import { playForReal } from '../../../sim/validation/real-run.ts'
import { open } from '../../../src/index.ts'

const TINY = {
  nodes: '5',
  peers: '3',
  length: '200000',
  up: '256k',
  spread: '0.5',
  settle: '1.5',
  lookups: '10',
  limit: '8',
}

describe('a delayed host', () => {
  it('lets a ping take both ways, and not much more', async () => {
    const options = { bind: ['127.0.0.1'], port: 0, bootstrap: 'none', state: false } as const
    const delayed = (ms: number) => (host: ConstructorParameters<typeof DelayedHost>[0]) =>
      new DelayedHost(host, () => ms * 1_000)
    const far = await open(options, delayed(60))
    const near = await open(options, delayed(40))
    const { host, port } = far.addresses[0]!
    const { ms } = await near.ping(host, port)
    await Promise.all([far.close(), near.close()])
    assert.ok(ms >= 100 && ms < 600, `${ms} ms`)
  })
})

describe('a scenario on real sockets', () => {
  it('is played as its data says: look-ups end, downloads complete with the right bytes', async () => {
    const values = resolveValues(loopback, new Map(Object.entries(TINY)))
    const folder = await mkdtemp(join(tmpdir(), 'lodestone-test-'))
    try {
      const { lookupMs, downloadSeconds, unfinished } = await playForReal(loopback, 1, values, folder)
      assert.equal(lookupMs.length, 10)
      assert.equal(unfinished, 0)
      assert.equal(downloadSeconds.length, 2)
      const names = ['seeds', '7', '8'].map((name) => join(folder, name, 'payload.bin'))
      const [content, ...copies] = await Promise.all(names.map((path) => readFile(path)))
      for (const copy of copies) assert.ok(copy.equals(content!))
      // Nobody is nearer than a few milliseconds, and a walk takes at least one round trip.
      const virtual = runScenario(loopback, 1, values)
      assert.ok(virtual.passed)
      const quickest = virtual.samples['lookupMs']![0]!
      assert.ok(Math.min(...lookupMs) > quickest / 3, `${Math.min(...lookupMs)}, virtual ${quickest}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('is refused when it does not say where its hosts lie', async () => {
    const { host: _none, ...group } = loopback.population(resolveValues(loopback, new Map()))[0]!
    const placeless = { ...loopback, population: () => [group] }
    await assert.rejects(
      playForReal(placeless, 1, resolveValues(loopback, new Map()), tmpdir()),
      /where its hosts lie/,
    )
  })
})
