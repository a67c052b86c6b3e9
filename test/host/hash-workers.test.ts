import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { concatBytes } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HashWorkers, type Launch } from '../../src/host/hash-workers.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

/** Loaders of the main thread do not reach a thread in every version of Node.js: this one brings its own. */
const launch: Launch = () => {
  const entry = JSON.stringify(new URL('../../src/host/hash-worker.ts', import.meta.url).href)
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  return new Worker(`import(${tsx}).then(({ register }) => { register(); return import(${entry}) })`, {
    eval: true,
  })
}

async function files(t: TestContext): Promise<{ root: string; a: Uint8Array; b: Uint8Array }> {
  const root = await temporaryFolder(t)
  const [a, b] = [content(2_500_000, 1), content(700, 2)]
  await writeFile(join(root, 'a'), a)
  await writeFile(join(root, 'b'), b)
  return { root, a, b }
}

test('threads hash runs of several files and of zeros, many jobs at once', async (t) => {
  const { root, a, b } = await files(t)
  const workers = new HashWorkers(launch)
  t.after(() => workers.close())
  const run = (name: string, position: number, length: number) => ({
    names: [name],
    path: join(root, name),
    position,
    length,
  })
  const zeros = { names: undefined, path: '', position: 0, length: 300 }
  const digests = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      workers.digest({ root, mode: 'read', runs: [run('a', i, 2_000_000), zeros, run('b', i, 600)] }),
    ),
  )
  for (const [i, digest] of digests.entries()) {
    const parts = [a.subarray(i, i + 2_000_000), new Uint8Array(300), b.subarray(i, i + 600)]
    assert.deepEqual(digest, nodeCrypto.sha1(concatBytes(parts)))
  }
})

test('V10: threads hash each block of a file, and of bytes that they are given a copy of', async (t) => {
  const { root, a } = await files(t)
  const workers = new HashWorkers(launch)
  t.after(() => workers.close())
  const leavesOf = (bytes: Uint8Array): Uint8Array => {
    const blocks = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, block) =>
      nodeCrypto.sha256(bytes.subarray(16_384 * block, 16_384 * (block + 1))),
    )
    return concatBytes(blocks)
  }
  const run = { names: ['a'], path: join(root, 'a'), position: 100, length: 2_400_000 }
  assert.deepEqual(
    await workers.leaves({ root, mode: 'read', runs: [run] }),
    leavesOf(a.subarray(100, 2_400_100)),
  )
  // Of other lengths, so that memory is used again for less and for more than it was.
  const given = [1_048_576, 70_000, 1_048_576, 5, 16_384, 200_000].map((length, at) =>
    a.subarray(at, at + length),
  )
  const found = await Promise.all(given.map((bytes) => workers.leavesOf(bytes)))
  for (const [at, leaves] of found.entries()) assert.deepEqual(leaves, leavesOf(given[at]!))
  for (const bytes of given) assert.deepEqual(await workers.leavesOf(bytes), leavesOf(bytes))
})

test('one thread does what comes now and then; a check has more, which stay for the next one and are gone when they have had nothing for a second', async (t) => {
  const { root, a } = await files(t)
  const threads: Worker[] = []
  const workers = new HashWorkers(() => {
    const thread = launch()
    threads.push(thread)
    return thread
  })
  t.after(() => workers.close())
  const digest = (): Promise<Uint8Array> => {
    const run = { names: ['a'], path: join(root, 'a'), position: 0, length: a.length }
    return workers.digest({ root, mode: 'read', runs: [run] })
  }
  await Promise.all([digest(), digest()])
  await digest()
  assert.equal(threads.length, 1)
  await Promise.all(Array.from({ length: 12 }, digest))
  const most = Math.min(availableParallelism(), 6)
  assert.equal(threads.length, most)
  await Promise.all(Array.from({ length: 12 }, digest))
  assert.equal(threads.length, most, 'all stayed')
  let gone = 0
  for (const thread of threads) void once(thread, 'exit').then(() => (gone += 1))
  while (gone < most - 1) assert.deepEqual(await digest(), nodeCrypto.sha1(a))
  assert.equal(threads.length, most, 'one stayed')
})

for (const [mebibytes, most] of [
  [16, Math.min(availableParallelism(), 2)],
  [8, 1],
  [1, 1],
] as const) {
  test(`within ${mebibytes} MiB there are ${most} threads at most`, async (t) => {
    const { root, a } = await files(t)
    let threads = 0
    const count = (): Worker => {
      threads += 1
      return launch()
    }
    const workers = new HashWorkers(count, mebibytes * 1024 * 1024)
    t.after(() => workers.close())
    const run = { names: ['a'], path: join(root, 'a'), position: 0, length: a.length }
    const jobs = Array.from({ length: 12 }, () => workers.digest({ root, mode: 'read', runs: [run] }))
    for (const digest of await Promise.all(jobs)) assert.deepEqual(digest, nodeCrypto.sha1(a))
    assert.equal(threads, most)
  })
}

test('a file that is missing or too short fails its job alone', async (t) => {
  const { root, b } = await files(t)
  const workers = new HashWorkers(launch)
  t.after(() => workers.close())
  const digest = (name: string, length: number): Promise<Uint8Array> =>
    workers.digest({
      root,
      mode: 'read',
      runs: [{ names: [name], path: join(root, name), position: 0, length }],
    })
  const [none, short, good] = await Promise.allSettled([digest('c', 5), digest('b', 701), digest('b', 700)])
  assert.ok(none.status === 'rejected' && none.reason.code === 'storage/missing')
  assert.ok(short.status === 'rejected' && short.reason.code === 'storage/missing')
  assert.ok(good.status === 'fulfilled')
  assert.deepEqual(good.value, nodeCrypto.sha1(b))
})

for (const [what, start] of [
  ['threads', launch],
  [
    'no thread to be had',
    () => {
      throw new Error('no threads here')
    },
  ],
  ['threads that end at once', () => new Worker('process.exit(1)', { eval: true })],
] as const) {
  test(`DK19: a full check gives every hash, with ${what}`, async (t) => {
    const { root, a } = await files(t)
    const rig = new Rig(t, { launch: start })
    await rig.open(1, storeSpec(root, { a: a.length }, 100_000, { readOnly: true }))
    const digests = await Promise.all(
      Array.from({ length: 25 }, (_, piece) =>
        rig.value<Uint8Array>((k) => rig.host.ports.hasher.hash(k, 1, piece)),
      ),
    )
    for (const [i, digest] of digests.entries()) {
      assert.deepEqual(digest, nodeCrypto.sha1(a.subarray(i * 100_000, (i + 1) * 100_000)))
    }
    const leaves = await Promise.all(
      Array.from({ length: 25 }, (_, piece) =>
        rig.value<Uint8Array>((k) => rig.host.ports.hasher.leaves(k, 1, piece, 0, 100_000)),
      ),
    )
    for (const [i, found] of leaves.entries()) {
      assert.deepEqual(
        found.subarray(0, 32),
        nodeCrypto.sha256(a.subarray(i * 100_000, i * 100_000 + 16_384)),
      )
      assert.equal(found.length, 7 * 32)
    }
  })
}

test('a few short pieces need no thread; more of them, and long ones, have some', async (t) => {
  const root = await temporaryFolder(t)
  const bytes = content(10_000_000)
  await writeFile(join(root, 'a'), bytes)
  for (const [pieceLength, pieces, most] of [
    [500_000, 4, 0],
    [500_000, 20, 1],
    [5_000_000, 1, 1],
  ] as const) {
    let started = 0
    const rig = new Rig(t, {
      launch: () => {
        started += 1
        return launch()
      },
    })
    await rig.open(1, storeSpec(root, { a: bytes.length }, pieceLength, { readOnly: true }))
    const hash = (piece: number): Promise<Uint8Array> =>
      rig.value((ticket) => rig.host.ports.hasher.hash(ticket, 1, piece))
    for (let round = 0; round < 2; round++) {
      const digests = await Promise.all(Array.from({ length: pieces }, (_, piece) => hash(piece)))
      for (const [i, digest] of digests.entries())
        assert.deepEqual(digest, nodeCrypto.sha1(bytes.subarray(i * pieceLength, (i + 1) * pieceLength)))
    }
    assert.equal(Math.min(started, 1), most, `${pieces} pieces of ${pieceLength}`)
    await rig.host.close()
  }
})

test('closing the host during a check answers nothing more and ends', async (t) => {
  const { root, a } = await files(t)
  const rig = new Rig(t, { launch })
  await rig.open(1, storeSpec(root, { a: a.length }, 100_000, { readOnly: true }))
  for (let piece = 0; piece < 25; piece++) {
    void rig.outcome((k) => rig.host.ports.hasher.hash(k, 1, piece))
  }
  const before = rig.heard.length
  await rig.host.close()
  assert.equal(rig.heard.length, before)
})
