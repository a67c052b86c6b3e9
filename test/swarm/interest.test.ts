import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ALL_BITS,
  EXTENDED,
  extended,
  HAVE_ALL,
  hex,
  INTERESTED,
  message,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { LoneTorrent } from './lone-torrent.ts'

const NOT_INTERESTED = message(3)
const have = (piece: number): Uint8Array => message(4, uint32(piece))
const dontHave = (piece: number): Uint8Array => extended(4, uint32(piece))

describe('interest', () => {
  it('BF13: a piece taken back is counted no longer, whoever had everything', () => {
    const lone = new LoneTorrent()
    const seed = lone.enter().send(HAVE_ALL)
    lone.enter(EXTENDED).send(message(5, hex('c0')))
    assert.deepEqual(lone.availability, [2, 2, 1, 1])
    seed.send(dontHave(0), dontHave(3))
    assert.deepEqual(lone.availability, [1, 2, 1, 0])
    seed.send(have(3), dontHave(3), dontHave(3))
    assert.deepEqual(lone.availability, [1, 2, 1, 0])
    seed.station.peer.close(seed.station.now, 'swarm/stopped')
    assert.deepEqual(lone.availability, [1, 1, 0, 0])
  })

  it('BF14: availability stays exact however often one piece is turned to and fro', () => {
    const lone = new LoneTorrent()
    const flipper = lone.enter().send(HAVE_ALL)
    lone.enter().send(HAVE_ALL)
    for (let turn = 0; turn < 100_000 && !flipper.ending; turn++) {
      flipper.send(turn % 2 === 0 ? dontHave(1) : have(1))
      if (!flipper.ending) assert.deepEqual(lone.availability, [2, 1 + (turn % 2), 2, 2])
    }
    assert.deepEqual([flipper.ending, lone.availability], ['wire/flood-state', [1, 1, 1, 1]])
  })

  it('BF13: ends with the last piece that we lack, and comes back with it', () => {
    const lone = new LoneTorrent(0, 1)
    const remote = lone.enter(EXTENDED).send(message(5, hex('e0')))
    remote.expect(INTERESTED)
    remote.send(dontHave(0)).seconds(4).expect(have(0))
    remote.send(dontHave(2)).seconds(4).expect(NOT_INTERESTED)
    remote.send(have(2)).expect(INTERESTED)
  })

  it('BF13: what was asked of who took the piece back is asked of another', () => {
    for (const reserved of [EXTENDED, ALL_BITS]) {
      const lone = new LoneTorrent(0, 1, 3)
      const first = lone.enter(reserved).send(message(5, hex('20')), UNCHOKE)
      const asked = first.messages().filter((said) => said.startsWith('06'))
      assert.equal(asked.length, 2)
      first.send(dontHave(2))
      // With BEP 6 the reject says it of each request.
      if (reserved === ALL_BITS) first.send(...asked.map((said) => message(16, hex(said.slice(2)))))
      const second = lone.enter(reserved).send(message(5, hex('20')), UNCHOKE)
      assert.deepEqual(
        second.messages().filter((said) => said.startsWith('06')),
        asked,
      )
    }
  })
})
