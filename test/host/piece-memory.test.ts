import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Geometry } from '../../src/core/geometry.ts'
import { PieceMemory } from '../../src/host/piece-memory.ts'
import { SegmentStock } from '../../src/host/segment-stock.ts'
import { content } from './rig.ts'

const MIB = 1024 * 1024

test('the room of a released piece is used again, unless a socket or a write may still read it', () => {
  const memory = new PieceMemory(new Geometry(100_000, 10_000), new SegmentStock(), '1/')
  memory.write(0, 0, content(10))
  const { room } = memory.held(0, 0)!
  memory.release(0, 0, 10_000)
  memory.write(1, 0, content(10))
  assert.equal(memory.held(1, 0)!.room, room)

  memory.held(1, 0)!.lent = true
  memory.release(1, 0, 10_000)
  memory.write(2, 0, content(10))
  assert.notEqual(memory.held(2, 0)!.room, room)

  const second = memory.held(2, 0)!
  second.users = 1
  memory.release(2, 0, 10_000)
  memory.write(3, 0, content(10))
  assert.notEqual(memory.held(3, 0)!.room, second.room)
})

test('a piece that was flushed lives on as a cache, one that was not does not', () => {
  const memory = new PieceMemory(new Geometry(100_000, 10_000), new SegmentStock(), '1/')
  memory.write(0, 0, content(10_000))
  memory.held(0, 0)!.flushed = 10_000
  memory.release(0, 0, 10_000)
  assert.deepEqual(memory.find(0, 0)?.bytes, content(10_000))
  memory.write(1, 0, content(10_000))
  memory.release(1, 0, 10_000)
  assert.equal(memory.find(1, 0), undefined)
})

test('a piece that is begun anew is no longer served from the cache', () => {
  const memory = new PieceMemory(new Geometry(100_000, 10_000), new SegmentStock(), '1/')
  memory.write(0, 0, content(10_000))
  memory.held(0, 0)!.flushed = 10_000
  memory.release(0, 0, 10_000)
  memory.write(0, 0, content(10, 2))
  memory.release(0, 0, 10_000)
  assert.equal(memory.find(0, 0), undefined)
})

test('large pieces are held and released in runs of a mebibyte', () => {
  const length = 3 * MIB + 5_000
  const memory = new PieceMemory(new Geometry(2 * length, length), new SegmentStock(), '1/')
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

test('the cache and the free rooms stay within their caps', () => {
  const stock = new SegmentStock()
  const memory = new PieceMemory(new Geometry(200 * MIB, MIB), stock, '1/')
  const view = new Uint8Array(1)
  for (let piece = 0; piece < 150; piece++) memory.write(piece, 0, view)
  for (let piece = 0; piece < 150; piece++) {
    memory.held(piece, 0)!.flushed = MIB
    memory.release(piece, 0, MIB)
  }
  assert.ok(stock.cachedBytes <= 24 * MIB)
  assert.ok(stock.freeBytes <= 64 * MIB)
  assert.equal(memory.find(0, 0), undefined)
  assert.notEqual(memory.find(149, 0), undefined)
  memory.clear()
  assert.equal(stock.cachedBytes, 0)
})
