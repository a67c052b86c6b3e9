/** What is wanted of a torrent changes while it runs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { EXTENDED, type HostilePeer, hex, message, UNCHOKE, uint32 } from '../support/hostile-peer.ts'
import { LoneTorrent } from './lone-torrent.ts'
import { levelsOf, setOf } from './support.ts'

const [REQUEST, CANCEL, INTEREST, DISINTEREST] = ['06', '08', '02', '03']

/** Pieces of messages of a kind, such as requests. */
function pieces(messages: readonly string[], kind: string | undefined): number[] {
  return messages
    .filter((said) => said.slice(0, 2) === kind)
    .map((said) => Number.parseInt(said.slice(2, 10), 16))
}

function block(piece: number, begin: number, length = BLOCK_LENGTH): Uint8Array {
  return message(7, uint32(piece, begin), new Uint8Array(length))
}

/** A peer with all but the first piece that unchokes, and what it was asked for at once. */
function asked(lone: LoneTorrent): { remote: HostilePeer; first: string[] } {
  const remote = lone.enter(EXTENDED).send(message(5, hex('70')), UNCHOKE)
  return { remote, first: remote.messages() }
}

function select(lone: LoneTorrent, remote: HostilePeer, ...wanted: number[]): string[] {
  lone.torrent.wants!.select(remote.station.now, levelsOf(setOf(4, wanted)))
  lone.torrent.settle(remote.station.now)
  remote.station.settle()
  return remote.messages()
}

describe('a selection that changes', () => {
  it('CL22: what is outstanding of a piece that is wanted no more is cancelled, and another asked for instead', () => {
    const lone = new LoneTorrent('later')
    lone.begin(setOf(4, [0, 1, 2]))
    const { remote, first } = asked(lone)
    assert.deepEqual(new Set(pieces(first, REQUEST)), new Set([1, 2]))
    const heard = select(lone, remote, 0, 2, 3)
    assert.deepEqual(pieces(heard, CANCEL), [1, 1])
    assert.deepEqual(pieces(heard, REQUEST), [3, 3])
    remote.send(block(1, 0))
    const { tracker } = lone.torrent.download!
    assert.deepEqual(
      [tracker.stateOf(1), remote.ending],
      ['missing', undefined],
      'a late block is no offence',
    )
  })

  it('CL22: interest ends with the last wanted piece and comes back when one is wanted again, which is then fetched', () => {
    const lone = new LoneTorrent(0, 1, 3)
    const { remote, first } = asked(lone)
    assert.ok(first.includes(INTEREST!))
    assert.ok(select(lone, remote, 0, 1, 3).includes(DISINTEREST!))
    assert.equal(lone.events.filter(({ kind }) => kind === 'complete').length, 1)
    const heard = select(lone, remote, 2, 3)
    assert.ok(heard.includes(INTEREST!))
    assert.deepEqual(new Set(pieces(heard, REQUEST)), new Set([2]))
    remote.send(block(2, 0), block(2, BLOCK_LENGTH))
    assert.equal(lone.have.has(2), true)
    assert.equal(lone.events.filter(({ kind }) => kind === 'complete').length, 2)
  })

  it('CL22: blocks that had come of a piece are forgotten with it, and asked for anew when it is wanted again', () => {
    const lone = new LoneTorrent(0, 1, 3)
    const { remote } = asked(lone)
    remote.send(block(2, 0))
    select(lone, remote, 0)
    assert.equal(lone.torrent.download!.tracker.openCount, 0)
    assert.deepEqual(pieces(select(lone, remote, 2), REQUEST), [2, 2])
  })

  it('counts what remains by what is wanted', () => {
    const lone = new LoneTorrent(0)
    const { tracker } = lone.torrent.download!
    lone.torrent.wants!.select(0, levelsOf(setOf(4, [0, 3])))
    assert.equal(tracker.remaining, tracker.geometry.lengthOf(3))
    lone.torrent.wants!.select(0, levelsOf(new Bitfield(4)))
    assert.deepEqual([tracker.remaining, tracker.complete], [0, true])
    lone.torrent.wants!.select(0, levelsOf(setOf(4, [1, 2])))
    assert.deepEqual([tracker.remaining, tracker.complete], [4 * BLOCK_LENGTH, false])
  })
})

describe('a range that is read as it arrives', () => {
  it('is fetched although nothing of it is selected, and given up when its reader leaves', () => {
    const lone = new LoneTorrent('later')
    lone.begin(setOf(4, [0]))
    lone.have.add(0)
    const { remote, first } = asked(lone)
    assert.deepEqual(pieces(first, REQUEST), [])
    const { wants, download } = lone.torrent
    const step = (act: () => void): string[] => {
      act()
      lone.torrent.settle(remote.station.now)
      remote.station.settle()
      return remote.messages()
    }
    const begun = step(() => wants!.read(remote.station.now, 1, 1, 2))
    assert.ok(begun.includes(INTEREST!))
    assert.deepEqual(pieces(begun, REQUEST), [1, 1, 2, 2])
    remote.send(block(1, 0), block(1, BLOCK_LENGTH))
    assert.equal(lone.have.has(1), true)
    const left = step(() => wants!.leave(remote.station.now, 1))
    assert.deepEqual(pieces(left, CANCEL), [2, 2])
    assert.ok(left.includes(DISINTEREST!))
    assert.deepEqual([download!.tracker.stateOf(2), download!.tracker.wanted.count], ['missing', 1])
  })

  it('comes before what was asked for already', () => {
    const lone = new LoneTorrent('later')
    lone.begin(setOf(4, [1, 2, 3]))
    const { remote, first } = asked(lone)
    const last = pieces(first, REQUEST).at(-1)!
    lone.torrent.wants!.read(remote.station.now, 1, last, last)
    lone.torrent.settle(remote.station.now)
    remote.station.settle()
    const said = remote.messages()
    assert.equal(pieces(said, CANCEL).length, 4)
    assert.equal(new Set(pieces(said, CANCEL)).has(last), false)
    assert.deepEqual(pieces(said, REQUEST).length, 4, 'asked for again, behind it')
  })
})
