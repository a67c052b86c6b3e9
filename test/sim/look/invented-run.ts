import { type Playback, PlaybackRecorder } from '../../../sim/experiment/playback.ts'
import type { ReportedRun } from '../../../sim/look/reported-run.ts'
import { randomId } from '../../../src/core/id.ts'
import { below, unit } from '../../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../../src/core/time.ts'
import { dice } from '../../support/dice.ts'

const HOSTS = 48
const PIECES = 40
const LOOKUPS = 20
const MINUTES = 10

/** A run that never was, with everything that a page can show; `slower` is a factor on its times. */
export function inventedRun(seed: number, slower: number = 1): ReportedRun {
  const rng = dice(seed)
  const spread = (count: number, draw: () => number): number[] => {
    return Array.from({ length: count }, draw).toSorted((a, b) => a - b)
  }
  const course = (at: (share: number) => number): [number, number][] => {
    return Array.from({ length: 121 }, (_, i) => [(i * MINUTES * 60) / 120, at(i / 120)])
  }
  return {
    scenario: 'invented',
    seed,
    values: { nodes: HOSTS, pieces: PIECES, slower },
    start: 'joined',
    digest: (0x1234_5678 + seed).toString(16).padStart(16, '0'),
    virtualMs: MINUTES * 60_000,
    events: 1_234_567,
    metrics: { lookupMsMedian: 180 * slower, seedCopies: 1.25, wastedShare: 0.013, linkBytes: 73_400_320 },
    checks: [
      { name: 'peers complete', pass: true, value: 47, bound: '>= 47' },
      { name: 'copies that the seed sent', pass: false, value: 1.25, bound: '<= 1.2' },
    ],
    unasked: [],
    pending: [
      { name: 'peers found twice', pass: true, value: 1, bound: '>= 0.9', waitsFor: 'better look-ups' },
    ],
    passed: false,
    samples: {
      lookupMs: spread(400, () => slower * (60 + 900 * unit(rng) ** 3)),
      lookupHops: spread(400, () => 1 + below(rng, 4)),
      downloadSeconds: spread(47, () => slower * (200 + 250 * unit(rng))),
      nodeBytesPerSecond: spread(47, () => 20 * 4_000 ** unit(rng)),
      ratio: spread(47, () => 2 * unit(rng)),
    },
    series: {
      population: course((share) => Math.min(HOSTS, Math.round(HOSTS * 4 * share))),
      'availability:least': course((share) => Math.floor(HOSTS * share ** 2)),
      'availability:mean': course((share) => HOSTS * share ** 1.4),
      'availability:most': course((share) => HOSTS * share ** 0.8),
      staleShare: course((share) => 0.08 * share * (1 - share) * slower),
    },
    flows: ['routers', 'seed', 'peers'].flatMap((from) => {
      return ['routers', 'seed', 'peers'].map((to) => {
        return {
          from,
          to,
          datagrams: below(rng, 5_000),
          bytes: below(rng, 2 ** (from === 'peers' ? 30 : 22)),
        }
      })
    }),
    violation: undefined,
    wallMs: 2_345,
    peakRss: 98 * 2 ** 20,
    command: `lodestone-sim run invented --seed ${seed}`,
    playback: playback(seed),
  }
}

function playback(seed: number): Playback {
  const rng = dice(seed)
  const recorder = new PlaybackRecorder()
  for (let host = 1; host <= HOSTS; host++) {
    recorder.host(host, host === 1 ? 'seed' : host < 5 ? 'routers' : 'peers', randomId(rng))
    recorder.up(host * SECOND, host)
    if (host % 12 === 0) recorder.down(400 * SECOND, host)
  }
  for (let walk = 1; walk <= LOOKUPS; walk++) {
    const begun = walk * 25 * SECOND
    const asker = 1 + below(rng, HOSTS)
    recorder.lookupBegun(begun, walk, asker, randomId(rng))
    for (let hop = 0; hop < 9; hop++) {
      const to = 1 + below(rng, HOSTS)
      const at = begun + hop * 90 * MILLISECOND
      recorder.lookupHop(at, walk, asker, to, 'query')
      if (hop % 4 === 3) recorder.lookupHop(at + SECOND, walk, to, asker, 'timeout')
      else recorder.lookupHop(at + 80 * MILLISECOND, walk, to, asker, 'answer')
    }
    recorder.lookupEnded(begun + 2 * SECOND, walk)
  }
  for (let piece = 0; piece < PIECES; piece++) recorder.pieceVerified(0, 1, piece, PIECES)
  for (let step = 0; step < PIECES * (HOSTS - 4); step++) {
    const at = 60 * SECOND + step * 250 * MILLISECOND
    recorder.pieceVerified(at, 5 + (step % (HOSTS - 4)), (step * 7) % PIECES, PIECES)
  }
  return recorder.playback
}
