import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { SECOND } from '../../src/core/time.ts'
import type { ClockPort } from '../../src/session/ports.ts'
import { Rounds } from '../../src/session/rounds.ts'
import { FAST, HostilePeer, message, uint32 } from '../support/hostile-peer.ts'
import { fullBits } from '../support/peer-pair.ts'

const WIDE = new Geometry(1000 * BLOCK_LENGTH, BLOCK_LENGTH)

describe('a limit of what is sent', () => {
  it('RS6: is shared by the peers that wait for it', () => {
    const limits = new RateLimits(0, Number.POSITIVE_INFINITY, 4 * BLOCK_LENGTH)
    let wakeAt = Number.POSITIVE_INFINITY
    const clock = { wall: () => 0, wakeAt: (at: number) => (wakeAt = at) } as unknown as ClockPort
    const rounds = new Rounds(clock)
    const remotes = Array.from({ length: 3 }, () => {
      return HostilePeer.greeted(FAST, { terms: { limits, geometry: WIDE, pieces: fullBits(1000) } })
    })
    const { now } = remotes[0]!.station
    rounds.begin(now)
    for (const remote of remotes) {
      remote.station.peer.unchoke(now)
      for (let piece = 0; piece < 450; piece++) remote.send(message(6, uint32(piece, 0, BLOCK_LENGTH)))
      const { peer } = remote.station
      rounds
        .seat({
          tick: (at) => peer.tick(at),
          nextDeadline: () => peer.nextDeadline(),
          settle: () => remote.station.settle(),
        })
        .touch()
    }
    rounds.end(now)
    for (let at = wakeAt; at < now + 60 * SECOND; at = wakeAt) {
      for (const remote of remotes) remote.station.now = at
      rounds.begin(at)
      rounds.tick(at)
      rounds.end(at)
    }
    const shares = remotes.map(({ station }) => station.owner.only('serve').length)
    assert.ok(Math.min(...shares) >= 75 && Math.max(...shares) <= 85, `${shares}`)
  })
})
