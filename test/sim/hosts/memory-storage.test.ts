import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes } from '../../../src/core/bytes.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import { expectedHash, PAYLOAD, ready, SPEC, StorageBench } from './storage-bench.ts'

describe('storage in memory', () => {
  it('finds nothing at first, empty files once prepared, and grown ones after writes', () => {
    const bench = new StorageBench()
    const opened = bench.open()
    const journal = new Uint8Array(0)
    assert.deepEqual(opened, {
      folder: false,
      lengths: [-1],
      journal,
      marks: [0],
      journalAside: undefined,
      paths: ['/out/a'],
    })
    assert.equal(bench.prepare(), 'ok')
    assert.equal(bench.save(1), 'ok')
    bench.restart()
    const again = bench.open()
    assert.deepEqual([again.folder, again.lengths], [true, [65_536]])
  })

  it('DK6 DK11: confirms what is whole, names or cuts what is longer, and misses what is gone', () => {
    const bench = ready()
    const { lengths } = bench.host.disk.volume(SPEC)
    const confirm = (): string => bench.ask((ticket) => bench.machine.ports.storage.confirm(ticket, 1))
    assert.equal(confirm(), 'storage/missing')
    lengths[0] = 100_001
    assert.equal(confirm(), 'ok')
    assert.deepEqual([bench.value, lengths[0]], [['/out/a'], 100_001])
    bench.restart()
    bench.open({ ...SPEC, overwrite: true })
    assert.equal(confirm(), 'ok')
    assert.deepEqual([bench.value, lengths[0]], [[], 100_000])
  })

  it('DK27: takes away all that lies there of a torrent that nobody uses', () => {
    const bench = ready()
    const erase = (owned = true): string =>
      bench.ask((ticket) => bench.machine.ports.storage.erase(ticket, { ...SPEC, owned }))
    bench.save(0)
    assert.ok(bench.host.disk.used > 0)
    assert.equal(erase(), 'storage/locked')
    bench.restart()
    assert.equal(erase(false), 'ok')
    assert.deepEqual(bench.value, ['/out/a is not known to be of this torrent.'])
    assert.equal(erase(), 'ok')
    assert.deepEqual([bench.value, bench.host.disk.used], [[], 0])
    assert.deepEqual(bench.open().lengths, [-1])
  })

  it('hashes a piece from memory, from the files once it was released, and reads it back', () => {
    const bench = ready()
    assert.equal(bench.hash(0), 'storage/missing')
    bench.save(0)
    assert.equal(bench.hash(0), 'ok')
    assert.deepEqual(bench.value, expectedHash(0))
    bench.release(0)
    assert.equal(bench.hash(0), 'ok')
    assert.deepEqual(bench.value, expectedHash(0))
    assert.equal(
      bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, 0, 16_384, 100)),
      'ok',
    )
    assert.deepEqual(bench.value, PAYLOAD.block(0, 1).slice(0, 100))
  })

  it('digests blocks one by one, from memory while only they are there, and from the files', () => {
    const bench = ready()
    const [first, second] = [0, 1].map((block) => nodeCrypto.sha1(PAYLOAD.block(0, block)))
    bench.machine.ports.storage.write(1, 0, 16_384, PAYLOAD.block(0, 1))
    assert.equal(bench.digests(0, 0, 32_768), 'storage/missing')
    assert.equal(bench.digests(0, 16_384, 16_384), 'ok')
    assert.deepEqual(bench.value, second)
    bench.save(0)
    bench.release(0)
    assert.equal(bench.digests(0, 0, 32_768), 'ok')
    assert.deepEqual(bench.value, concatBytes([first!, second!]))
    bench.save(3)
    assert.equal(bench.digests(3, 0, PAYLOAD.geometry.lengthOf(3)), 'ok')
    assert.deepEqual(bench.value, nodeCrypto.sha1(PAYLOAD.block(3, 0)))
  })

  it('hashes a piece of which a part is in memory and the rest on disk', () => {
    const bench = ready()
    bench.save(0)
    bench.machine.ports.storage.release(1, 0, 0, 16_384)
    bench.hash(0)
    assert.deepEqual(bench.value, expectedHash(0))
  })

  it('copies what does not lie in the pool, for arriving bytes are only lent', () => {
    const bench = ready()
    const lent = Uint8Array.from({ length: 32_768 }, (_, i) => i)
    bench.machine.ports.storage.write(1, 0, 0, lent)
    const expected = lent.slice()
    lent.fill(0)
    bench.flush(0)
    bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, 0, 0, 32_768))
    assert.deepEqual(bench.value, expected)
  })

  it('forgets what was only in memory when it is released', () => {
    const bench = ready()
    bench.machine.ports.storage.write(1, 0, 0, PAYLOAD.block(0, 0))
    bench.release(0)
    assert.equal(
      bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, 0, 0, 10)),
      'storage/missing',
    )
  })

  it('is locked by one store at a time, until it is closed or its process is killed', () => {
    const bench = ready()
    const openSecond = (): string => bench.ask((ticket) => bench.machine.ports.storage.open(ticket, 2, SPEC))
    assert.equal(openSecond(), 'storage/locked')
    bench.restart()
    assert.equal(openSecond(), 'ok')
    bench.ask((ticket) => bench.machine.ports.storage.close(ticket, 2))
    bench.open()
  })

  it('refuses to write where it may only read, and into a folder that is not there', () => {
    const bench = new StorageBench()
    bench.open({ ...SPEC, readOnly: true })
    assert.equal(bench.prepare(), 'storage/read-only')
    assert.equal(bench.save(0), 'storage/read-only')
    const other = new StorageBench()
    other.open()
    assert.equal(other.save(0), 'storage/missing')
  })

  it('keeps what was written and the whole journal when the process is killed', () => {
    const bench = ready()
    bench.save(0)
    bench.append([1, 2])
    bench.restart()
    assert.deepEqual(bench.open().journal, Uint8Array.of(1, 2))
    bench.hash(0)
    assert.deepEqual(bench.value, expectedHash(0))
  })

  it('loses in a power cut exactly what no barrier covers', () => {
    const bench = ready()
    bench.save(0)
    bench.append([1])
    bench.barrier()
    bench.save(1)
    bench.append([2, 3, 4])
    bench.host.kill()
    bench.host.disk.crash(1)
    bench.restart()
    assert.deepEqual(bench.open().journal, Uint8Array.of(1, 2))
    bench.hash(0)
    assert.deepEqual(bench.value, expectedHash(0))
    bench.hash(1)
    assert.notDeepEqual(bench.value, expectedHash(1))
  })

  it('does not count a barrier that had not completed', () => {
    const bench = ready()
    bench.append([1])
    bench.begin((ticket) => bench.machine.ports.storage.barrier(ticket, 1))
    bench.host.kill()
    bench.host.disk.crash()
    bench.restart()
    assert.deepEqual(bench.open().journal, new Uint8Array(0))
  })

  it('does not make durable what was appended after the barrier began', () => {
    const bench = ready()
    bench.append([1])
    const barrier = bench.begin((ticket) => bench.machine.ports.storage.barrier(ticket, 1))
    const late = bench.begin((ticket) => bench.machine.ports.storage.append(ticket, 1, Uint8Array.of(2)))
    assert.deepEqual([bench.wait(barrier), bench.wait(late)], ['ok', 'ok'])
    bench.host.kill()
    bench.host.disk.crash()
    bench.restart()
    assert.deepEqual(bench.open().journal, Uint8Array.of(1))
  })

  it('replaces the journal durably', () => {
    const bench = ready()
    bench.append([1])
    bench.ask((ticket) => bench.machine.ports.storage.rewrite(ticket, 1, Uint8Array.of(9)))
    bench.append([2])
    bench.host.kill()
    bench.host.disk.crash()
    bench.restart()
    assert.deepEqual(bench.open().journal, Uint8Array.of(9))
  })

  it('is full after its capacity, and takes more once there is room', () => {
    const bench = ready()
    bench.host.disk.faults.capacity = 40_000
    assert.equal(bench.save(0), 'ok')
    assert.equal(bench.save(1), 'storage/full')
    assert.equal(bench.save(0), 'ok', 'writing over what is there needs no room')
    bench.host.disk.faults.capacity = Number.POSITIVE_INFINITY
    assert.equal(bench.flush(1), 'ok')
  })

  it('leaves a wrong byte behind when it corrupts, which a hash from the files shows', () => {
    const bench = ready()
    bench.host.disk.faults.corruptEvery = 1
    bench.save(0)
    bench.hash(0)
    assert.deepEqual(bench.value, expectedHash(0), 'memory is right')
    bench.release(0)
    bench.hash(0)
    assert.notDeepEqual(bench.value, expectedHash(0))
  })

  it('answers later when it is slow', () => {
    const took = (slowness: number): number => {
      const bench = ready()
      bench.host.disk.faults.slowness = slowness
      const before = bench.world.now
      bench.save(0)
      return bench.world.now - before
    }
    assert.ok(took(100) > 50 * took(1))
  })

  it('reads padding as zeros without its having been written', () => {
    const bench = new StorageBench()
    const files = [
      { path: ['t', 'a'], length: 20_000, pad: false },
      { path: ['t', '.pad'], length: 12_768, pad: true },
      { path: ['t', 'b'], length: 67_232, pad: false },
    ]
    const opened = bench.open({ ...SPEC, files })
    assert.deepEqual(opened.lengths, [-1, 12_768, -1])
    bench.prepare()
    bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, 0, 30_000, 2_000))
    assert.deepEqual(bench.value, new Uint8Array(2_000))
  })
})
