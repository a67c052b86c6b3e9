import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const KIB = 1024
const MIB = 1024 * KIB
const PEERS = 20

/** A block is 16 KiB, so what is slower is measured for as long as it takes to see that many. */
const CASES: readonly { limit: number; length: number; window: Micros; name: string }[] = [
  { name: '10 KiB/s', limit: 10 * KIB, length: 16 * MIB, window: 60 * SECOND },
  { name: '50 KiB/s', limit: 50 * KIB, length: 16 * MIB, window: 10 * SECOND },
  { name: '1 MiB/s', limit: MIB, length: 64 * MIB, window: 10 * SECOND },
  { name: '20 MiB/s', limit: 20 * MIB, length: 1024 * MIB, window: 10 * SECOND },
]
/** For slow start and the first rounds of choking. */
const WARM_UP = 15 * SECOND

type Direction = 'download' | 'upload'

/** Twenty peers fetch from one member that is limited, or it from them. */
function limited(direction: Direction, limit: number, length: number, add = {}) {
  const swarm = new VirtualSwarm({ length, pieceLength: length > 512 * MIB ? MIB : 256 * KIB })
  const session = direction === 'upload' ? { uploadLimit: limit } : { downloadLimit: limit }
  const rates = { up: 100 * MIB, down: 100 * MIB }
  const join = (mode: 'seed' | 'download', more: object) => swarm.join({ mode, rates, ...more })
  const others: ReturnType<typeof join>[] = []
  let member: ReturnType<typeof join>
  if (direction === 'upload') {
    member = join('seed', { session, add })
    for (let i = 0; i < PEERS; i++)
      others.push(join('download', { peers: [member], session: { uploadLimit: 20 * KIB } }))
  } else {
    for (let i = 0; i < PEERS; i++) others.push(join('seed', {}))
    member = join('download', { peers: others, session, add })
  }
  const { counters } = swarm.world.streams
  const total = () =>
    direction === 'upload' ? counters.sent(member.host.index) : counters.received(member.host.index)
  /** Bytes a second from now on, as a share of `of`. */
  const measure = (window: Micros, of: number): number => {
    const before = total()
    swarm.pass(window)
    return (((total() - before) / window) * SECOND) / of
  }
  return { swarm, member, others, measure, total }
}

describe('rate limits', () => {
  for (const direction of ['upload', 'download'] as const) {
    for (const { name, limit, length, window } of CASES) {
      it(`RS6: ${direction} of ${name} is kept within 5 %, protocol counted, with ${PEERS} peers`, () => {
        const { swarm, measure } = limited(direction, limit, length)
        swarm.pass(WARM_UP)
        for (let i = 0; i < 3; i++) {
          const share = measure(window, limit)
          assert.ok(Math.abs(share - 1) < 0.05, `${share}`)
        }
      })
    }

    it(`RS6: a change of the ${direction} limit holds at once, up, down and without any`, () => {
      const { swarm, member, measure, total } = limited(direction, 10 * KIB, 64 * MIB)
      swarm.pass(WARM_UP)
      const set = (rate: number) => {
        const none = Number.POSITIVE_INFINITY
        const rates = { download: none, upload: none, [direction]: rate }
        member.host.command({ kind: 'limits', ...rates }, swarm.world.now)
        // What is on its way arrives.
        swarm.pass(2 * SECOND)
      }
      for (const rate of [MIB, 50 * KIB, 300 * KIB]) {
        set(rate)
        const share = measure(10 * SECOND, rate)
        assert.ok(Math.abs(share - 1) < 0.05, `${share} of ${rate}`)
      }
      const before = total()
      set(Number.POSITIVE_INFINITY)
      assert.ok(total() - before > 4 * MIB, `${total() - before}`)
    })

    it(`RS6: a torrent has its own limit of ${direction}, within that of the session`, () => {
      const own = { [`${direction}Limit`]: 100 * KIB }
      const { swarm, member, measure } = limited(direction, 50 * KIB, 64 * MIB, own)
      const none = Number.POSITIVE_INFINITY
      swarm.pass(WARM_UP)
      const both = measure(10 * SECOND, 50 * KIB)
      member.host.command({ kind: 'limits', download: none, upload: none }, swarm.world.now)
      swarm.pass(2 * SECOND)
      const mine = measure(10 * SECOND, 100 * KIB)
      const rates = { download: none, upload: none, [direction]: 200 * KIB }
      member.host.command({ kind: 'limits', torrent: 1, ...rates }, swarm.world.now)
      swarm.pass(2 * SECOND)
      const changed = measure(10 * SECOND, 200 * KIB)
      for (const share of [both, mine, changed]) assert.ok(Math.abs(share - 1) < 0.05, `${share}`)
    })
  }
})
