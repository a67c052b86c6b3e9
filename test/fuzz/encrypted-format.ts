import assert from 'node:assert/strict'
import { latin1 } from '../../src/core/bytes.ts'
import type { Rng } from '../../src/core/rng.ts'
import {
  accept,
  type Carrier,
  converse,
  dial,
  encryption,
  HELLO,
  type Reader,
} from '../support/carried-streams.ts'
import { inPieces } from '../support/mse-pair.ts'
import type { Format } from './codec-target.ts'

/** A key, three paddings, marks, offer and the first payload: what we say until a stream begins, and then no more than we were told to. */
const MOST_SAID = 96 + 3 * 512 + 20 + 20 + 2 * 14 + 2 + 2 * HELLO.length

/** What came of a stream: how it ended, and what its reader has heard. */
interface Outcome {
  readonly said: readonly string[]
  readonly text: string
  readonly closed: string | undefined
}

/** What both sides say who draw the same lots each time; the payload is long enough to be cut. */
function conversation(dialsOnly: boolean, acceptsOnly: boolean) {
  const near = dial(encryption(dialsOnly, 1))
  const far = accept(encryption(acceptsOnly, 2))
  near.open()
  const first = converse(near, far)
  near.reader.say(latin1('from the one that dials'.repeat(20)))
  far.reader.say(latin1('from the other'.repeat(20)))
  const then = converse(near, far)
  return {
    there: Uint8Array.of(...first.there, ...then.there),
    back: Uint8Array.of(...first.back, ...then.back),
  }
}

const CLEAR_AND_RC4 = [conversation(false, false), conversation(true, false)]

/** Hands over `bytes` in pieces that are overwritten; nobody reads a stream that is over. */
function hear(bytes: Uint8Array, rng: Rng | undefined, carrier: Carrier, reader: Reader): Outcome {
  const receive = (chunk: Uint8Array): void => {
    if (carrier.closed === undefined) carrier.reader!.received(0, [chunk])
  }
  if (rng === undefined) receive(bytes)
  else inPieces(bytes, rng, 700, receive)
  const { length } = carrier.take()
  assert.ok(length <= MOST_SAID, `${length} bytes were said`)
  assert.ok(reader.text.length <= bytes.length)
  assert.equal(reader.said.filter((word) => word !== 'opened').length, carrier.closed === undefined ? 0 : 1)
  return { said: reader.said, text: reader.text, closed: carrier.closed }
}

function whole(
  format: Pick<Format<Outcome>, 'seeds'>,
  read: (bytes: Uint8Array, rng?: Rng) => Outcome,
): Format<Outcome> {
  return { ...format, read, check: (outcome, bytes) => assert.deepEqual(read(bytes), outcome) }
}

/** What an accepted stream may hear: the same comes of it whatever the cuts. */
export const ACCEPTED: Format<Outcome> = whole(
  { seeds: [...CLEAR_AND_RC4.map(({ there }) => there), HELLO] },
  (bytes, rng) => {
    const { carrier, reader } = accept(encryption(false, 2))
    return hear(bytes, rng, carrier, reader)
  },
)

/** The same of a dialled one. */
export const DIALLED: Format<Outcome> = whole(
  { seeds: CLEAR_AND_RC4.map(({ back }) => back) },
  (bytes, rng) => {
    const { carriers, reader, open } = dial(encryption(false, 1))
    open()
    return hear(bytes, rng, carriers[0]!, reader)
  },
)
