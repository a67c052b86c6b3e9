import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Geometry } from '../../src/core/geometry.ts'
import { PieceMemory } from '../../src/host/piece-memory.ts'
import { SegmentStock } from '../../src/host/segment-stock.ts'
import { content } from './rig.ts'

const MIB = 1024 * 1024

test('the room of a released piece is used again, but not while a socket or a write may still read it', () => {
  const stock = new SegmentStock(48 * MIB)
  const memory = new PieceMemory(new Geometry(100_000, 10_000), stock, '1/')
  memory.write(0, 0, content(10))
  const { room } = memory.held(0, 0)!
  memory.release(0, 0, 10_000)
  memory.write(1, 0, content(10))
  assert.equal(memory.held(1, 0)!.room, room)

  const first = memory.held(1, 0)!
  const view = stock.lend(first, first.bytes.subarray(0, 10))
  stock.lendAgain(view)
  memory.release(1, 0, 10_000)
  stock.returned(view)
  memory.write(2, 0, content(10))
  assert.notEqual(memory.held(2, 0)!.room, room)
  stock.returned(view)
  memory.write(3, 0, content(10))
  assert.equal(memory.held(3, 0)!.room, room)

  const third = memory.held(3, 0)!
  stock.use(third)
  memory.release(3, 0, 10_000)
  memory.write(4, 0, content(10))
  assert.notEqual(memory.held(4, 0)!.room, room)
  stock.unused(third)
  memory.write(5, 0, content(10))
  assert.equal(memory.held(5, 0)!.room, room)
})

test('a piece that was flushed lives on as a cache, one that was not does not', () => {
  const memory = new PieceMemory(new Geometry(100_000, 10_000), new SegmentStock(48 * MIB), '1/')
  memory.write(0, 0, content(10_000))
  memory.held(0, 0)!.flushed = 10_000
  memory.release(0, 0, 10_000)
  assert.deepEqual(memory.find(0, 0)?.bytes, content(10_000))
  memory.write(1, 0, content(10_000))
  memory.release(1, 0, 10_000)
  assert.equal(memory.find(1, 0), undefined)
})

test('a piece that is begun anew is no longer served from the cache', () => {
  const memory = new PieceMemory(new Geometry(100_000, 10_000), new SegmentStock(48 * MIB), '1/')
  memory.write(0, 0, content(10_000))
  memory.held(0, 0)!.flushed = 10_000
  memory.release(0, 0, 10_000)
  memory.write(0, 0, content(10, 2))
  memory.release(0, 0, 10_000)
  assert.equal(memory.find(0, 0), undefined)
})

test('large pieces are held and released in runs of a mebibyte', () => {
  const length = 3 * MIB + 5_000
  const memory = new PieceMemory(new Geometry(2 * length, length), new SegmentStock(48 * MIB), '1/')
  const bytes = content(length)
  for (let at = 0; at < length; at += 70_000) memory.write(1, at, bytes.subarray(at, at + 70_000))
  assert.equal(memory.segmentsOf(1), 4)
  assert.equal(memory.held(1, 3)!.bytes.length, 5_000)
  memory.release(1, 0, MIB + 100)
  assert.equal(memory.held(1, 0), undefined)
  assert.notEqual(memory.held(1, 1), undefined)
  assert.ok(memory.holdsAny(1))
  memory.release(1, MIB + 100, length - MIB - 100)
  assert.ok(!memory.holdsAny(1))
  assert.equal(memory.heldBytes, 0)
})

test('RS3: held, cached and free rooms together stay within the limit: free ones give way first, then what was cached longest', () => {
  const stock = new SegmentStock(48 * MIB)
  const geometry = new Geometry(200 * MIB, MIB)
  const memory = new PieceMemory(geometry, stock, '1/')
  const flushed = (piece: number): void => {
    memory.write(piece, 0, new Uint8Array(1))
    memory.held(piece, 0)!.flushed = MIB
    memory.release(piece, 0, MIB)
  }
  for (let piece = 0; piece < 32; piece++) memory.write(piece, 0, new Uint8Array(1))
  for (let piece = 32; piece < 150; piece++) flushed(piece)
  assert.equal(stock.cachedBytes, 16 * MIB)
  assert.equal(stock.bytes, 48 * MIB)
  assert.equal(memory.find(40, 0), undefined)
  assert.notEqual(memory.find(149, 0), undefined)
  const other = new PieceMemory(new Geometry(40_000, 10_000), stock, '2/')
  other.write(0, 0, content(10))
  assert.equal(stock.cachedBytes, 15 * MIB)
  assert.equal(stock.mostBytes, 48 * MIB)
  memory.clear()
  other.clear()
  assert.equal(stock.cachedBytes, 0)
  assert.equal(stock.freeBytes, stock.bytes)
})

test('RS3: remotes that do not read pin a third of the memory at most; beyond it they are sent copies, and nothing is read ahead', () => {
  const stock = new SegmentStock(6 * MIB)
  const memory = new PieceMemory(new Geometry(20 * MIB, MIB), stock, '1/')
  const views: Uint8Array[] = []
  for (let piece = 0; piece < 4; piece++) {
    const segment = memory.toRead(piece, 0)!
    memory.keep(piece, 0, segment)
    const view = stock.lend(segment, segment.bytes.subarray(0, 16_384))
    if (view.buffer === segment.room.buffer) views.push(view)
    else assert.equal(view.buffer.byteLength, 16_384)
  }
  assert.equal(views.length, 2)
  for (let piece = 10; piece < 14; piece++) memory.write(piece, 0, new Uint8Array(1))
  assert.equal(memory.toRead(5, 0), undefined)
  assert.equal(stock.bytes, 6 * MIB)
  for (const view of views) stock.returned(view)
  assert.notEqual(memory.toRead(5, 0), undefined)
  assert.equal(stock.mostBytes, 6 * MIB)
})
