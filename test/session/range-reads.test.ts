import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { equalBytes } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import type { AddOptions, Command } from '../../src/session/commands.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { Picker } from '../../src/swarm/picker.ts'
import { StreamReader } from './stream-reader.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const PIECE = 256 * 1024
const LENGTH = 64 * PIECE
/** Of each seed; the last is slow. */
const UP = [256 * 1024, 256 * 1024, 256 * 1024, 16 * 1024]
/** Half of what the swarm gives. */
const RATE = 400 * 1024

/** Knows no readers: the rarest pieces first. */
const RAREST_ALONE: SessionPolicies = { swarm: { picker: ({ urgent: _, ...init }) => new Picker(init) } }

interface Setup {
  readonly seed?: number
  readonly policies?: SessionPolicies
  readonly add?: Partial<AddOptions>
}

/** A download with four seeds, five seconds after its beginning. */
class Scene {
  readonly swarm: VirtualSwarm
  readonly leech: ReturnType<VirtualSwarm['join']>
  readonly #readers: StreamReader[] = []

  constructor({ seed = 1, policies, add }: Setup = {}) {
    this.swarm = new VirtualSwarm({ seed, length: LENGTH, pieceLength: PIECE })
    const peers = UP.map((up) => this.swarm.join({ mode: 'seed', rates: { up, down: 1 << 20 } }))
    this.leech = this.swarm.join({
      ...{ peers, informed: true, add: add ?? {} },
      ...(policies && { policies }),
      heard: (event) => {
        for (const reader of this.#readers) reader.heard(event)
      },
    })
    this.swarm.pass(5 * SECOND)
  }

  /** The first piece that is not had. */
  get missing(): number {
    for (let piece = 0; ; piece++) if (!this.leech.has(piece)) return piece
  }

  read(begin: number, end: number, rate = RATE): StreamReader {
    const { world } = this.swarm
    const command = (command: Command): void => this.leech.host.command(command)
    const read = this.#readers.length + 1
    const reader = new StreamReader({ world, read, begin, end, rate, start: PIECE, command })
    this.#readers.push(reader)
    return reader
  }
}

function contentOf(swarm: VirtualSwarm, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin)
  const { geometry } = swarm.payload
  for (let piece = Math.floor(begin / PIECE); piece * PIECE < end; piece++) {
    const from = Math.max(begin, piece * PIECE)
    const to = Math.min(end, piece * PIECE + geometry.lengthOf(piece))
    bytes.set(swarm.payload.piece(piece).read(from - piece * PIECE, to - from), from - begin)
  }
  return bytes
}

describe('a range that is read as it arrives', () => {
  it('waits less than a second in all below the rate of the swarm, where it waits for the rarest first alone', () => {
    for (const seed of [1, 2, 3]) {
      const scene = new Scene({ seed })
      const begin = scene.missing * PIECE
      const asked = scene.swarm.world.now
      const reader = scene.read(begin, LENGTH)
      scene.swarm.until(() => reader.done)
      const wait = reader.startedAt - asked + reader.stalled
      assert.ok(wait < SECOND && reader.stalls <= 1, `seed ${seed}: ${wait} us, ${reader.stalls} stalls`)
      assert.ok(equalBytes(reader.bytes, contentOf(scene.swarm, begin, LENGTH)))
      const other = new Scene({ seed, policies: RAREST_ALONE })
      const waits = other.read(begin, LENGTH)
      other.swarm.until(() => waits.done)
      const lag = waits.startedAt - asked + waits.stalled
      assert.ok(lag > 5 * SECOND, `rarest first: ${lag} us`)
      assert.ok(equalBytes(waits.bytes, reader.bytes))
    }
  })

  it('takes no part before it is asked for, and goes on from the readers that are left when one leaves', () => {
    const scene = new Scene()
    const one = scene.read(0, LENGTH, 1)
    const two = scene.read(LENGTH / 2, LENGTH)
    scene.swarm.until(() => two.received > LENGTH / 4)
    assert.ok(one.received <= PIECE + 2 * 64 * 1024, `${one.received} bytes for who plays one a second`)
    one.leave()
    scene.swarm.until(() => two.done)
    assert.ok(equalBytes(two.bytes, contentOf(scene.swarm, LENGTH / 2, LENGTH)))
    const { received } = one
    scene.swarm.until(() => scene.leech.done)
    assert.equal(one.received, received)
  })
})
