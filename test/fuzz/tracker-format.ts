import assert from 'node:assert/strict'
import { parseTrackerAnswer, type TrackerAnswer } from '../../src/codec/tracker-answer.ts'
import { decodeUdpAnswer, type UdpTrackerAnswer } from '../../src/codec/udp-tracker.ts'
import { fromHex, latin1 } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import type { Format } from './codec-target.ts'

const COMPACT = `12:\x01\x02\x03\x04\x1a\xe1\x05\x06\x07\x08\x00\x01`

/** What trackers answer over HTTP (BEP 3, BEP 7, BEP 23). */
export const TRACKER_ANSWER: Format<TrackerAnswer> = {
  seeds: [
    `d8:completei5e10:incompletei3e8:intervali1800e12:min intervali60e5:peers${COMPACT}6:peers618:\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\x1a\xe1e`,
    'd8:intervali900e5:peersld2:ip7:1.2.3.47:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti5eed2:ip3:::14:porti6eeee',
    'd14:failure reason17:unknown info-hash15:warning message4:slow10:tracker id3:abce',
    'd11:external ip4:\x01\x02\x03\x048:intervali99999999999e5:peers0:e',
  ].map(latin1),
  read: parseTrackerAnswer,
  check({ failure, warning, interval, minInterval, trackerId, peers }) {
    for (const sentence of [failure, warning]) assert.ok((sentence?.length ?? 0) <= 400)
    for (const time of [interval, minInterval])
      assert.ok(time === undefined || (Number.isSafeInteger(time) && time >= 0))
    assert.ok((trackerId?.length ?? 0) <= 512 && peers.length <= 2_000)
    for (const { port } of peers) assert.ok(port >= 0 && port <= 65_535)
  },
}

/** And over UDP (BEP 15). */
export const UDP_TRACKER_ANSWER: Format<UdpTrackerAnswer> = {
  seeds: [
    '00000000000000070102030405060708',
    '0000000100000009000007080000000100000002010203041ae1',
    `0000000100000009000007080000000100000002${'20010db8'.padEnd(30, '0')}011ae1`,
    '00000003000000016e6f',
  ].map((hex) => fromHex(hex)!),
  read: (bytes, rng) => decodeUdpAnswer(bytes, below(rng, 2) === 0 ? 4 : 6),
  check(answer) {
    assert.ok(answer.transaction >= 0 && answer.transaction < 2 ** 32)
    if (answer.kind === 'connected') assert.equal(answer.connection.length, 8)
    else if (answer.kind === 'announced') assert.ok(answer.interval >= 0 && answer.peers.length <= 2_000)
    else assert.ok(answer.message.length <= 400)
  },
}
