import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Disk, type DiskFaults } from '../../../sim/hosts/disk.ts'
import { damageState, type StateDamage } from '../../../sim/hosts/state-damage.ts'
import { MILLISECOND, SECOND } from '../../../src/core/time.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import { dice } from '../../support/dice.ts'
import { expectedHash, PAYLOAD, ready, SPEC, type StorageBench } from './storage-bench.ts'

function readyWith(faults: Partial<DiskFaults>): StorageBench {
  const bench = ready()
  Object.assign(bench.host.disk.faults, faults)
  return bench
}

/** Virtual time that `action` takes. */
function took(bench: StorageBench, action: () => void): number {
  const before = bench.world.now
  action()
  return bench.world.now - before
}

describe('a disk with faults', () => {
  it('takes the seek, write, sync and hash time that it was given', () => {
    const slow = readyWith({ seek: 10 * MILLISECOND, rate: 32_768, sync: 2 * SECOND, hashRate: 65_536 })
    assert.equal(
      took(slow, () => slow.save(0)),
      SECOND + 10 * MILLISECOND,
    )
    assert.equal(
      took(slow, () => slow.hash(0)),
      SECOND / 2,
    )
    assert.equal(
      took(slow, () => slow.barrier()),
      2 * SECOND,
    )
  })

  it('fails each n-th request with an I/O error, and does not do what was asked', () => {
    const bench = readyWith({ failEvery: 2 })
    const codes = [bench.save(0), bench.save(1), bench.save(2)]
    assert.deepEqual(
      codes.map((code) => code === 'storage/io'),
      codes[0] === 'ok' ? [false, true, false] : [true, false, true],
    )
    bench.host.disk.faults.failEvery = 1
    assert.equal(bench.append([1]), 'state/io')
    assert.equal(bench.barrier(), 'state/io')
    assert.equal(
      bench.ask((ticket) => bench.machine.ports.state.replace(ticket, 'a', Uint8Array.of(1))),
      'state/io',
    )
    assert.equal(
      bench.ask((ticket) => bench.machine.ports.state.read(ticket, 'a')),
      'state/io',
    )
    bench.host.disk.faults.failEvery = 0
    bench.restart()
    assert.equal(bench.open().journal.length, 0)
    assert.equal(bench.host.disk.state.size, 0)
  })

  it('is only read where it is read-only: content, journal and state', () => {
    const bench = ready()
    bench.save(0)
    bench.release(0)
    bench.host.disk.faults.readOnly = true
    assert.equal(bench.save(1), 'storage/read-only')
    assert.equal(bench.append([1]), 'state/read-only')
    assert.equal(bench.hash(0), 'ok')
    assert.deepEqual(bench.value, expectedHash(0))
    bench.host.disk.faults.readOnly = false
    assert.equal(bench.flush(1), 'ok')
  })

  it('misses its folders while they are gone, and finds all in them when they are back', () => {
    const bench = ready()
    bench.save(0)
    bench.release(0)
    bench.host.disk.faults.gone = true
    assert.equal(bench.save(1), 'storage/missing')
    assert.equal(bench.hash(0), 'storage/missing')
    assert.equal(
      bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, 0, 0, 10)),
      'storage/missing',
    )
    assert.equal(bench.append([7]), 'ok', 'the journal lies elsewhere')
    bench.restart()
    const without = bench.open()
    assert.deepEqual([without.folder, without.lengths, without.journal], [false, [-1], Uint8Array.of(7)])
    assert.equal(bench.prepare(), 'storage/missing')
    bench.host.disk.faults.gone = false
    bench.restart()
    assert.equal(bench.open().folder, true)
    assert.equal(bench.hash(0), 'ok')
    assert.deepEqual(bench.value, expectedHash(0))
  })

  it('rots at rest: what was written right is read wrong, and nobody is told', () => {
    const bench = ready()
    for (let piece = 0; piece < PAYLOAD.geometry.pieceCount; piece++) {
      bench.save(piece)
      bench.release(piece)
    }
    assert.equal(bench.host.disk.rot(dice(1), 1), 1)
    const wrong = Array.from({ length: PAYLOAD.geometry.pieceCount }, (_, piece) => {
      assert.equal(bench.hash(piece), 'ok')
      return Buffer.compare(bench.value as Uint8Array, expectedHash(piece)) !== 0
    })
    assert.equal(wrong.filter(Boolean).length, 1)
    assert.equal(new Disk().rot(dice(1), 5), 0, 'nothing is stored that could')
  })

  it('reads zeros where a file has a hole, and nothing beyond its end', () => {
    const bench = ready()
    bench.save(1)
    bench.release(1)
    const read = (piece: number): string =>
      bench.ask((ticket) => bench.machine.ports.storage.read(ticket, 1, piece, 0, 100))
    assert.equal(read(0), 'ok')
    assert.deepEqual(bench.value, new Uint8Array(100))
    assert.equal(bench.hash(0), 'ok')
    assert.deepEqual(bench.value, nodeCrypto.sha1(new Uint8Array(32_768)))
    assert.equal(read(2), 'storage/missing')
    assert.equal(bench.hash(2), 'storage/missing')
    bench.restart()
    bench.open()
    bench.prepare()
    assert.equal(bench.host.disk.used, 32_768, 'a hole takes no room')
  })

  it('loses in a power cut what no barrier covers, but for a part of the journal', () => {
    const bench = ready()
    bench.append([1, 2, 3])
    bench.host.powerCut(2)
    assert.equal(bench.host.machine, undefined)
    bench.restart()
    assert.deepEqual(bench.open(SPEC).journal, Uint8Array.of(1, 2))
  })

  it('damages state files in every way that a crash may', () => {
    const original = Uint8Array.from({ length: 100 }, (_, i) => i + 1)
    const after = (damage: StateDamage): Uint8Array | undefined => {
      const disk = new Disk()
      disk.state.set('dht-4.state', original)
      damageState(disk, damage, dice(3))
      return disk.state.get('dht-4.state')
    }
    assert.equal(after('gone'), undefined)
    assert.deepEqual(after('blank'), new Uint8Array(100))
    const torn = after('torn')!
    assert.ok(torn.length < 100)
    assert.deepEqual(torn, original.slice(0, torn.length))
    const corrupt = after('corrupt')!
    assert.equal(corrupt.filter((byte, i) => byte !== original[i]).length, 1)
    assert.equal(original[50], 51, 'what the machine handed over is left alone')
  })
})
