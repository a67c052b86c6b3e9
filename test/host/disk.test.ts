import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { StoreOpened, StoreSpec } from '../../src/session/ports.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const PIECE = 20_000

/** Four files, one empty, one below a piece, one padded. */
async function sample(test: TestContext): Promise<{ out: string; spec: StoreSpec; bytes: Uint8Array }> {
  const out = join(await temporaryFolder(test), 'out')
  const files = { 'tor/a b.bin': 33_000, 'tor/empty': 0, '.pad/7000': 7_000, 'tor/sub/ü': 5, 'tor/c': 41_000 }
  const spec = storeSpec(out, files, PIECE)
  const bytes = content(spec.length)
  bytes.fill(0, 33_000, 40_000)
  return { out, spec, bytes }
}

function pieceOf(bytes: Uint8Array, piece: number): Uint8Array {
  return bytes.subarray(piece * PIECE, (piece + 1) * PIECE)
}

async function fill(rig: Rig, handle: number, bytes: Uint8Array): Promise<void> {
  const { storage } = rig.host.ports
  await rig.value((ticket) => storage.prepare(ticket, handle))
  for (let piece = 0; piece * PIECE < bytes.length; piece++) {
    assert.ok((await rig.put(handle, piece, pieceOf(bytes, piece))).ok)
  }
}

test('pieces land in their files, pads and all, and nothing is made before prepare', async (t) => {
  const { out, spec, bytes } = await sample(t)
  const rig = new Rig(t)
  const opened = await rig.open(1, spec)
  assert.equal(opened.folder, false)
  assert.deepEqual(opened.lengths, [-1, -1, 7_000, -1, -1])
  assert.equal(opened.paths[4], join(out, 'tor', 'c'))
  await assert.rejects(stat(out))
  await fill(rig, 1, bytes)
  await rig.value((ticket) => rig.host.ports.storage.barrier(ticket, 1))
  assert.ok(equalBytes(await readFile(join(out, 'tor', 'a b.bin')), bytes.subarray(0, 33_000)))
  assert.equal((await readFile(join(out, 'tor', 'empty'))).length, 0)
  assert.ok(equalBytes(await readFile(join(out, 'tor', 'sub', 'ü')), bytes.subarray(40_000, 40_005)))
  assert.ok(equalBytes(await readFile(join(out, 'tor', 'c')), bytes.subarray(40_005)))
  assert.deepEqual(await readdir(out), ['tor'])
})

test('what was written is read back, at any place, from memory and from the files alike', async (t) => {
  const { spec, bytes } = await sample(t)
  const writer = new Rig(t)
  await writer.open(1, spec)
  await fill(writer, 1, bytes)
  const reader = new Rig(t)
  await reader.open(1, { ...spec, readOnly: true })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(4),
      fc.nat(PIECE - 1),
      fc.integer({ min: 1, max: PIECE }),
      async (piece, begin, size) => {
        const whole = pieceOf(bytes, piece)
        if (begin >= whole.length) return
        const length = Math.min(size, whole.length - begin)
        for (const rig of [writer, reader]) {
          const view = await rig.value<Uint8Array>((k) =>
            rig.host.ports.storage.read(k, 1, piece, begin, length),
          )
          assert.ok(equalBytes(view, whole.subarray(begin, begin + length)))
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a block of a large piece that lies across segments is put together', async (t) => {
  const out = await temporaryFolder(t)
  const length = 2_500_000
  const bytes = content(length)
  const rig = new Rig(t)
  await rig.open(1, storeSpec(out, { big: length }, length))
  assert.ok((await rig.put(1, 0, bytes)).ok)
  const begin = 1_048_576 - 5_000
  const view = await rig.value<Uint8Array>((k) => rig.host.ports.storage.read(k, 1, 0, begin, 16_384))
  assert.ok(equalBytes(view, bytes.subarray(begin, begin + 16_384)))
})

test('a barrier ends after all that was flushed before it, however much of that waits in line', async (t) => {
  const out = await temporaryFolder(t)
  const count = 64
  const rig = new Rig(t)
  await rig.open(1, storeSpec(out, { many: count * PIECE }, PIECE))
  const { storage } = rig.host.ports
  const order: string[] = []
  const flushes = Array.from({ length: count }, (_, piece) => {
    storage.write(1, piece, 0, content(PIECE, piece))
    return rig.value((k) => storage.flush(k, 1, piece, 0, PIECE)).then(() => order.push('flush'))
  })
  const barrier = rig.value((k) => storage.barrier(k, 1)).then(() => order.push('barrier'))
  await Promise.all([...flushes, barrier])
  assert.equal(order.indexOf('barrier'), count)
})

test('reads of one piece at the same time see the same bytes of one read', async (t) => {
  const { spec, bytes } = await sample(t)
  const rig = new Rig(t)
  await rig.open(1, spec)
  await fill(rig, 1, bytes)
  const reader = new Rig(t)
  await reader.open(1, { ...spec, readOnly: true })
  const views = await Promise.all(
    [0, 1, 2].map((block) =>
      reader.value<Uint8Array>((k) => reader.host.ports.storage.read(k, 1, 0, block * 5_000, 5_000)),
    ),
  )
  assert.equal(new Set(views.map(({ buffer }) => buffer)).size, 1)
})

test('what is given to a stream is sent as it was, whatever becomes of its memory meanwhile, and then that is used again', async (t) => {
  const { spec, bytes } = await sample(t)
  const rig = new Rig(t)
  await rig.open(1, spec)
  await fill(rig, 1, bytes)
  const { storage, streams } = rig.host.ports
  const to = await rig.value<Address>((k) => streams.listen(k, 9, '127.0.0.1', 0))
  streams.connect(2, to, undefined)
  await rig.first('connected')
  const accepted = (await rig.first('accepted')).args[2] as number
  streams.pause(accepted)
  // More than the kernel takes.
  const before = 8_000_000
  streams.send(2, new Uint8Array(before))
  streams.flush(2)
  let memory: ArrayBufferLike | undefined
  await rig.outcome(
    (k) => storage.read(k, 1, 0, 0, 5_000),
    (outcome) => {
      const view = (outcome as { value: Uint8Array }).value
      memory = view.buffer
      streams.send(2, view)
      streams.flush(2)
    },
  )
  for (let round = 0; round < 3; round++) {
    for (let piece = 0; piece < 4; piece++) {
      storage.write(1, piece, 0, content(PIECE, round + 50))
      storage.release(1, piece, 0, PIECE)
    }
  }
  streams.resume(accepted)
  await rig.until(() => rig.bytes === before + 5_000)
  const chunks = rig.all('chunk').map(({ args }) => args[2] as Uint8Array)
  assert.deepEqual(concatBytes(chunks).slice(before), bytes.slice(0, 5_000))

  await rig.until(() => rig.all('sent').reduce((sum, { args }) => sum + (args[2] as number), 0) === rig.bytes)
  const used = new Set<ArrayBufferLike>()
  for (let piece = 0; piece < 4; piece++) storage.write(1, piece, 0, content(PIECE, 90))
  for (let piece = 0; piece < 4; piece++) {
    const view = await rig.value<Uint8Array>((k) => storage.read(k, 1, piece, 0, 5_000))
    used.add(view.buffer)
  }
  assert.ok(used.has(memory!))
})

test('a piece of which blocks are served is read once, for all who take it, however they come', async (t) => {
  const out = await temporaryFolder(t)
  const length = 4 * PIECE
  const bytes = content(length)
  await writeFile(join(out, 'big'), bytes)
  const rig = new Rig(t)
  await rig.open(1, { ...storeSpec(out, { big: length }, PIECE), readOnly: true })
  const read = (piece: number, begin: number) =>
    rig.value<Uint8Array>((k) => rig.host.ports.storage.read(k, 1, piece, begin, 1_000))
  await read(0, 3_000)
  // What the files hold from now on is seen by who reads them.
  await writeFile(join(out, 'big'), content(length, 9))
  for (let begin = 0; begin + 1_000 <= PIECE; begin += 1_000)
    assert.ok(equalBytes(await read(0, begin), bytes.subarray(begin, begin + 1_000)))
  assert.ok(!equalBytes(await read(1, 0), bytes.subarray(PIECE, PIECE + 1_000)))
})

test('DK6: a file that is longer than it should be is never shortened', async (t) => {
  const { out, spec, bytes } = await sample(t)
  await mkdir(join(out, 'tor'), { recursive: true })
  const old = content(60_000, 9)
  await writeFile(join(out, 'tor', 'c'), old)
  const rig = new Rig(t)
  const opened = await rig.open(1, spec)
  assert.deepEqual([opened.folder, opened.lengths[4]], [true, 60_000])
  await fill(rig, 1, bytes)
  const now = await readFile(join(out, 'tor', 'c'))
  assert.ok(equalBytes(now.subarray(0, 41_000), bytes.subarray(40_005)))
  assert.ok(equalBytes(now.subarray(41_000), old.subarray(41_000)))
})

test('DK7: a file that is shorter is extended, its bytes kept', async (t) => {
  const { out, spec, bytes } = await sample(t)
  await mkdir(join(out, 'tor'), { recursive: true })
  await writeFile(join(out, 'tor', 'a b.bin'), bytes.subarray(0, 25_000))
  const rig = new Rig(t)
  await rig.open(1, spec)
  assert.ok((await rig.put(1, 1, pieceOf(bytes, 1))).ok)
  assert.ok(equalBytes(await readFile(join(out, 'tor', 'a b.bin')), bytes.subarray(0, 33_000)))
})

const IN_THE_WAY: readonly (readonly [string, (out: string, outside: string) => Promise<unknown>])[] = [
  ['a folder in a file’s place', (out) => mkdir(join(out, 'tor', 'c'), { recursive: true })],
  ['a file in a folder’s place', (out) => writeFile(join(out, 'tor'), 'x')],
  ['a link in a file’s place', (out, outside) => planted(out, 'c', join(outside, 'victim'))],
  ['a dangling link in a file’s place', (out, outside) => planted(out, 'c', join(outside, 'none'))],
  ['a link in a folder’s place', (out, outside) => planted(out, 'sub', outside)],
  ['a pipe in a file’s place', (out) => pipe(out, 'c')],
]

async function pipe(out: string, name: string): Promise<void> {
  await mkdir(join(out, 'tor'), { recursive: true })
  execFileSync('mkfifo', [join(out, 'tor', name)])
}

async function planted(out: string, name: string, target: string): Promise<void> {
  await mkdir(join(out, 'tor'), { recursive: true })
  await symlink(target, join(out, 'tor', name))
}

for (const [name, plant] of IN_THE_WAY) {
  test(`DK9 DK10: ${name} is refused at open, and when it comes later nothing is written through it`, async (t) => {
    const { out, spec, bytes } = await sample(t)
    const outside = await temporaryFolder(t)
    await writeFile(join(outside, 'victim'), 'untouched')
    await mkdir(out)
    const late = new Rig(t)
    await late.open(1, spec)
    await plant(out, outside)
    const early = new Rig(t)
    assert.equal(await early.code((k) => early.host.ports.storage.open(k, 1, spec)), 'storage/unsafe-path')
    const outcome = await late.outcome((k) => late.host.ports.storage.prepare(k, 1))
    const last = await late.put(1, 2, pieceOf(bytes, 2))
    assert.ok(!last.ok && last.failure.code === 'storage/unsafe-path', JSON.stringify(outcome))
    assert.deepEqual(await readdir(outside), ['victim'])
    assert.equal(await readFile(join(outside, 'victim'), 'latin1'), 'untouched')
  })
}

test('a file in the out folder’s place is refused in one sentence', async (t) => {
  const { out, spec } = await sample(t)
  await writeFile(out, 'x')
  const rig = new Rig(t)
  const failure = await rig.failure((k) => rig.host.ports.storage.open(k, 1, spec))
  assert.deepEqual(failure, { code: 'storage/unsafe-path', message: `${out} is not a folder.` })
})

test('a read-only store follows links and makes nothing', async (t) => {
  const { out, spec, bytes } = await sample(t)
  const rig = new Rig(t)
  await rig.open(1, spec)
  await fill(rig, 1, bytes)
  const linked = join(await temporaryFolder(t), 'linked')
  await symlink(out, linked)
  const reader = new Rig(t)
  const opened = await reader.open(1, { ...spec, out: linked, readOnly: true })
  assert.deepEqual(opened.lengths, [33_000, 0, 7_000, 5, 41_000])
  const outcome = await reader.put(1, 0, pieceOf(bytes, 0))
  assert.ok(!outcome.ok && outcome.failure.code === 'storage/read-only')
})

test('DK11: a file that was deleted meanwhile is missed at the next barrier, and not made again', async (t) => {
  const { out, spec, bytes } = await sample(t)
  const rig = new Rig(t)
  const { storage } = rig.host.ports
  await rig.open(1, spec)
  await fill(rig, 1, bytes)
  await rm(join(out, 'tor', 'c'))
  const failure = await rig.failure((k) => storage.barrier(k, 1))
  assert.equal(failure.code, 'storage/missing')
  assert.ok(failure.message.includes(join(out, 'tor', 'c')))
  const later = await rig.put(1, 3, pieceOf(bytes, 3))
  assert.ok(!later.ok && later.failure.code === 'storage/missing')
  const reader = new Rig(t)
  await reader.open(1, { ...spec, readOnly: true })
  assert.equal(await reader.code((k) => reader.host.ports.storage.read(k, 1, 3, 0, 10)), 'storage/missing')
  await assert.rejects(stat(join(out, 'tor', 'c')))
})

test('DK19: pieces are hashed from memory while they are held, else from the files; missing bytes are no hash', async (t) => {
  const { out, spec, bytes } = await sample(t)
  const rig = new Rig(t)
  const { storage, hasher } = rig.host.ports
  await rig.open(1, spec)
  storage.write(1, 2, 0, pieceOf(bytes, 2))
  const expected = nodeCrypto.sha1(pieceOf(bytes, 2))
  assert.deepEqual(await rig.value((k) => hasher.hash(k, 1, 2)), expected)
  storage.release(1, 2, 0, PIECE)
  assert.equal(await rig.code((k) => hasher.hash(k, 1, 2)), 'storage/missing')
  await fill(rig, 1, bytes)
  assert.deepEqual(await rig.value((k) => hasher.hash(k, 1, 2)), expected)
  await truncate(join(out, 'tor', 'c'), 100)
  assert.equal(await rig.code((k) => hasher.hash(k, 1, 2)), 'storage/missing')
})

test('a large piece of which a part was flushed and released is hashed from both places', async (t) => {
  const length = 3_000_000
  const bytes = content(length)
  const rig = new Rig(t)
  const { storage, hasher } = rig.host.ports
  await rig.open(1, storeSpec(await temporaryFolder(t), { big: length }, length))
  storage.write(1, 0, 0, bytes)
  await rig.value((k) => storage.flush(k, 1, 0, 0, 1_048_576))
  storage.release(1, 0, 0, 1_048_576)
  assert.deepEqual(await rig.value((k) => hasher.hash(k, 1, 0)), nodeCrypto.sha1(bytes))
})

test('CL9: the blocks of a piece are digested, from memory, from the files or from both, whole or in part', async (t) => {
  const length = 3_000_000
  const bytes = content(length)
  const expected = Array.from({ length: Math.ceil(length / 16_384) }, (_, block) =>
    nodeCrypto.sha1(bytes.subarray(16_384 * block, 16_384 * (block + 1))),
  )
  const rig = new Rig(t)
  const { storage, hasher } = rig.host.ports
  const folder = await temporaryFolder(t)
  await rig.open(1, storeSpec(folder, { big: length }, length))
  const digests = (begin: number, count: number): Promise<Uint8Array> =>
    rig.value((k) => hasher.digests(k, 1, 0, begin, count))
  storage.write(1, 0, 0, bytes)
  assert.deepEqual(await digests(0, length), concatBytes(expected))
  await rig.value((k) => storage.flush(k, 1, 0, 0, 1_048_576))
  storage.release(1, 0, 0, 1_048_576)
  assert.deepEqual(await digests(0, length), concatBytes(expected))
  assert.deepEqual(await digests(1_048_576, 1_048_576), concatBytes(expected.slice(64, 128)))
  assert.deepEqual(await digests(2_097_152, length - 2_097_152), concatBytes(expected.slice(128)))
  storage.release(1, 0, 1_048_576, length - 1_048_576)
  await truncate(join(folder, 'big'), 100)
  assert.equal(await rig.code((k) => hasher.digests(k, 1, 0, 0, length)), 'storage/missing')
  assert.equal(await rig.code((k) => hasher.digests(k, 2, 0, 0, length)), 'storage/closed')
})

test('V10: the leaves of a piece are hashed, from memory, from the files or from both, on threads or here', async (t) => {
  for (const launch of [undefined, () => assert.fail('no threads here')]) {
    const length = 6_000_000
    const bytes = content(length)
    const expected = Array.from({ length: Math.ceil(length / 16_384) }, (_, block) =>
      nodeCrypto.sha256(bytes.subarray(16_384 * block, 16_384 * (block + 1))),
    )
    const rig = new Rig(t, launch && { launch })
    const { storage, hasher } = rig.host.ports
    const folder = await temporaryFolder(t)
    await rig.open(1, storeSpec(folder, { big: length }, length))
    const leaves = (begin: number, count: number): Promise<Uint8Array> =>
      rig.value((k) => hasher.leaves(k, 1, 0, begin, count))
    storage.write(1, 0, 0, bytes)
    assert.deepEqual(await leaves(0, length), concatBytes(expected))
    assert.deepEqual(
      await leaves(16_384, 20_000),
      concatBytes([expected[1]!, nodeCrypto.sha256(bytes.subarray(32_768, 36_384))]),
    )
    assert.deepEqual(await leaves(0, 0), new Uint8Array(0))
    await rig.value((k) => storage.flush(k, 1, 0, 0, 1_048_576))
    storage.release(1, 0, 0, 1_048_576)
    assert.deepEqual(await leaves(0, length), concatBytes(expected))
    await rig.value((k) => storage.flush(k, 1, 0, 1_048_576, length - 1_048_576))
    storage.release(1, 0, 1_048_576, length - 1_048_576)
    const asked = Array.from({ length: 6 }, () => leaves(0, length))
    for (const found of await Promise.all(asked)) assert.deepEqual(found, concatBytes(expected))
    assert.deepEqual(await leaves(2_097_152, 983_040), concatBytes(expected.slice(128, 188)))
    await truncate(join(folder, 'big'), 100)
    assert.equal(await rig.code((k) => hasher.leaves(k, 1, 0, 0, length)), 'storage/missing')
    assert.equal(await rig.code((k) => hasher.leaves(k, 2, 0, 0, length)), 'storage/closed')
  }
})

test('a store that is closed or was never opened answers each question once, as closed', async (t) => {
  const { spec, bytes } = await sample(t)
  const rig = new Rig(t)
  const { storage, hasher } = rig.host.ports
  await rig.open(1, spec)
  await rig.value((k) => storage.prepare(k, 1))
  const flushing = rig.put(1, 0, pieceOf(bytes, 0))
  const closing = rig.outcome((k) => storage.close(k, 1))
  assert.ok((await flushing).ok)
  assert.ok((await closing).ok)
  for (const handle of [1, 2]) {
    assert.equal(await rig.code((k) => storage.read(k, handle, 0, 0, 10)), 'storage/closed')
    assert.equal(await rig.code((k) => hasher.hash(k, handle, 0)), 'storage/closed')
    assert.equal(await rig.code((k) => storage.barrier(k, handle)), 'storage/closed')
    assert.ok((await rig.outcome((k) => storage.close(k, handle))).ok)
  }
})

test('a flush of what is not in memory is a failure, not a hole in the file', async (t) => {
  const { spec } = await sample(t)
  const rig = new Rig(t)
  await rig.open(1, spec)
  assert.equal(await rig.code((k) => rig.host.ports.storage.flush(k, 1, 0, 0, 10)), 'storage/io')
})

test('two stores with the same files open side by side have memory of their own', async (t) => {
  const { spec, bytes } = await sample(t)
  const other = await sample(t)
  const rig = new Rig(t)
  await rig.open(1, spec)
  await rig.open(11, { ...other.spec, infoHash: new Uint8Array(20) })
  await fill(rig, 1, bytes)
  await fill(rig, 11, content(bytes.length, 5))
  const view = await rig.value<Uint8Array>((k) => rig.host.ports.storage.read(k, 1, 0, 0, 100))
  assert.ok(equalBytes(view, bytes.subarray(0, 100)))
  await rig.value<StoreOpened>((k) => rig.host.ports.storage.close(k, 1))
  const left = await rig.value<Uint8Array>((k) => rig.host.ports.storage.read(k, 11, 4, 0, 1))
  assert.equal(left[0], content(bytes.length, 5)[4 * PIECE])
})
