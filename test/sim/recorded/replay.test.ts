import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { poisoner } from '../../../sim/adversaries/poisoner.ts'
import { bootSession, PORT } from '../../../sim/hosts/session-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import { Payload } from '../../../sim/payload/payload.ts'
import { replay } from '../../../sim/recorded/replay.ts'
import { concatBytes, latin1 } from '../../../src/core/bytes.ts'
import { SECOND } from '../../../src/core/time.ts'
import { randomFrom } from '../../../src/host/crypto.ts'
import type { SessionPolicies } from '../../../src/session/policies.ts'
import { Recorder } from '../../../src/session/recorder.ts'
import { decodeFrames, encodeFrame, RECORD_MAGIC } from '../../../src/session/recording.ts'
import { Session } from '../../../src/session/session.ts'
import { simCommand } from '../../support/sim-command.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const PAYLOAD = new Payload({ seed: 1, name: 'a', length: 300_000, pieceLength: 65_536 })

/** A download by magnet link in a simulated world, recorded as a real one is; from a liar too, if `policies` are given. */
function recordedDownload(policies?: SessionPolicies): Uint8Array {
  const world = new World({ seed: 3 })
  const router = world.addHost()
  bootSession(router, 0, { listen: false, bootstrap: [] }, () => {})
  const bootstrap = [{ host: router.host, port: PORT }]
  const source = { infoHash: PAYLOAD.infoHash, metadata: undefined, name: 'a', peers: [], nodes: [] }
  const options = { out: '/torrents', overwrite: false, recheck: false, maxPeers: 10 }
  for (const served of policies === undefined ? [{}] : [{}, policies]) {
    const seed = world.addHost()
    seed.disk.volume(PAYLOAD.storeSpec('/torrents')).fill(PAYLOAD)
    bootSession(seed, 0, { bootstrap }, () => {}, served)
    seed.command({
      kind: 'add',
      torrent: 1,
      source: { ...source, metadata: PAYLOAD.info },
      options: { ...options, mode: 'seed' },
    })
  }

  const parts: Uint8Array[] = []
  const host = world.addHost()
  const recorder = new Recorder({ write: (bytes) => parts.push(bytes.slice()) })
  const randomSeed = latin1('a seed of thirty-two bytes, or so')
  const given = { bind: [host.host], port: PORT, bootstrap }
  let isDone = false
  host.boot(0, (ports) => {
    const session = new Session({
      ports: recorder.watch({ ...ports, random: randomFrom(randomSeed) }),
      options: given,
      emit: (event) => {
        recorder.event(world.now, event)
        if (event.kind === 'done') isDone = true
      },
    })
    return Object.assign(recorder, {
      start: (now: number) => Recorder.prototype.start.call(recorder, now, session, given, randomSeed),
    })
  })
  host.command({ kind: 'add', torrent: 1, source, options: { ...options, mode: 'download' } }, SECOND)
  assert.ok(world.run(600 * SECOND, () => isDone))
  host.command({ kind: 'stop' })
  world.run(world.now + 10 * SECOND)
  recorder.end(world.now)
  return concatBytes(parts)
}

describe('replay', () => {
  let record: Uint8Array
  before(() => {
    record = recordedDownload()
  })

  it('arrives at the same events as the recorded download', () => {
    const result = replay(record)
    assert.equal(result.difference, undefined)
    assert.ok(result.events >= 6, `${result.events} events`)
    assert.equal(result.equal, result.events)
    assert.ok(result.inputs > 50)
    assert.deepEqual([result.cut, result.torn], [false, false])
  })

  it('CL9: finds the same liars by the same digests of blocks', () => {
    const poisoned = recordedDownload(poisoner({ share: 0.5 }))
    const events = [...decodeFrames(poisoned)].filter(({ what }) => what === 'event')
    const banned = events.filter(({ fields }) => (fields[0] as { code?: string }).code === 'peer/banned')
    assert.equal(banned.length, 1)
    const result = replay(poisoned)
    assert.deepEqual([result.difference, result.equal], [undefined, events.length])
  })

  it('leaves the content out of the record', () => {
    assert.ok(record.length < 250_000, `${record.length} bytes`)
  })

  it('replays the record of a run that was torn off anywhere', () => {
    for (let part = 1; part < 20; part++) {
      const torn = record.subarray(0, Math.floor((record.length * part) / 20))
      const result = replay(torn)
      assert.deepEqual([result.difference, result.torn], [undefined, true], `at ${torn.length}`)
      // Whoever asked for a part got all of it.
      if (result.events > 0) assert.equal(replay(torn, result.events - 1).torn, false)
    }
  })

  it('says in its line, and as JSON, that a record ends in the middle of a run', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'record')
      for (const [length, torn] of [
        [record.length, false],
        [record.length - 1, true],
        [record.length / 2, true],
      ] as const) {
        writeFileSync(path, record.subarray(0, length))
        const { code, out } = await simCommand(['replay', path])
        assert.equal(code, 0)
        assert.match(
          out,
          torn ? /as recorded; the record ends in the middle of a run\.$/m : /as recorded\.$/m,
        )
        const told = await simCommand(['replay', path, '--json'])
        assert.equal((JSON.parse(told.out) as { torn: boolean }).torn, torn)
      }
    })
  })

  it('says which event differs when an input was changed', () => {
    let changed = false
    const frames = [...decodeFrames(record)].filter(({ what }) => {
      // Without its first answer the node knows nobody.
      if (changed || what !== 'datagram') return true
      changed = true
      return false
    })
    const result = replay(concatBytes([RECORD_MAGIC, ...frames.map((frame) => encodeFrame(frame))]))
    assert.notEqual(result.difference, undefined)
    assert.ok(result.equal < result.events)
  })

  it('stops with a recorded event, and tells what the node knew and what came last', () => {
    const whole = replay(record)
    const { events, equal, difference, state, last, inputs } = replay(record, 2)
    assert.deepEqual([events, equal, difference], [3, 3, undefined])
    assert.ok(inputs < whole.inputs)
    assert.match(last.at(-1)!, /^\d+\.\d{6} s: event /)
    assert.equal(state.nodes.length, 1)
    const kinds = [...decodeFrames(record)].flatMap(({ what, fields }) => {
      return what === 'event' ? [(fields[0] as { kind: string }).kind] : []
    })
    const done = replay(record, kinds.indexOf('done'))
    assert.deepEqual(
      done.state.torrents.map(({ torrent, total, verified }) => [torrent, total, verified]),
      [[1, 300_000, 300_000]],
    )
  })

  it('says so when the replayed session reports less or more than was recorded', () => {
    const frames = [...decodeFrames(record)]
    const at = frames.findIndex(({ what }) => what === 'event')
    const build = (list: typeof frames): Uint8Array =>
      concatBytes([RECORD_MAGIC, ...list.map((frame) => encodeFrame(frame))])
    assert.notEqual(replay(build(frames.toSpliced(at, 0, frames[at]!))).difference, undefined)
    const withoutEvents = frames.filter(({ what }) => what !== 'event')
    assert.notEqual(replay(build(withoutEvents)).difference, undefined)
  })

  it('refuses what is no record', () => {
    for (const file of [new Uint8Array(0), latin1('LDR1'), latin1('d8:announce')]) {
      assert.throws(() => replay(file), { kind: 'usage' })
    }
  })
})
