/**
 * What `npm run mutate` mutates, each file with the test files that must notice and the score (per cent of the mutants that some test
 * fails on) below which it fails. A floor is only ever raised; a file joins when its survivors have been looked at.
 */
export interface Mutated {
  readonly file: string
  /** A mutant is run against those of them alone that reach it. */
  readonly tests: readonly string[]
  readonly floor: number
}

export const ROOMS: Readonly<Record<string, readonly Mutated[]>> = {
  codec: [
    // 47 of 49: in two, a store is overwritten at once by the next field.
    { file: 'src/codec/compact.ts', tests: ['test/codec/compact.test.ts'], floor: 95 },
  ],
  dht: [
    // 51 of 57: what is left makes no difference (a length that is compared twice, a turn that adds nothing).
    { file: 'src/dht/answering/tokens.ts', tests: ['test/dht/tokens.test.ts'], floor: 89 },
  ],
  swarm: [
    {
      file: 'src/swarm/blame.ts',
      tests: ['test/swarm/blame.test.ts', 'test/swarm/block-evidence.test.ts'],
      // 58 of 59: the last returns what the rest of its function would.
      floor: 98,
    },
    { file: 'src/swarm/block-evidence.ts', tests: ['test/swarm/block-evidence.test.ts'], floor: 100 },
    // 50 of 51: what is there before anybody has entered, nobody hears.
    { file: 'src/swarm/news.ts', tests: ['test/swarm/news.test.ts'], floor: 98 },
  ],
  peer: [
    // 191 of 200: heads that lie whole in a chunk are read without the copy that the others take, to the same end.
    { file: 'src/peer/framer.ts', tests: ['test/peer/framer.test.ts'], floor: 95 },
  ],
  utp: [
    // 59 of 66: whether a bound belongs to what it bounds, to the microsecond, and a cut that is waited for once too often.
    { file: 'src/utp/congestion.ts', tests: ['test/utp/congestion.test.ts'], floor: 89 },
    // 31 of 36, before the tests knew the round trips after a cut; what is left compares what is equal.
    { file: 'src/utp/queue-fall.ts', tests: ['test/utp/congestion.test.ts'], floor: 86 },
  ],
  mse: [
    // 51 of 53: a row and a power too many, which nobody asks for.
    { file: 'src/mse/key-exchange.ts', tests: ['test/mse/key-exchange.test.ts'], floor: 96 },
    // 67 of 70: a byte that is overwritten at once, and the loop of eight, which is there for speed.
    { file: 'src/mse/rc4.ts', tests: ['test/mse/rc4.test.ts'], floor: 95 },
    { file: 'src/mse/stream-keys.ts', tests: ['test/mse/stream-keys.test.ts'], floor: 100 },
  ],
}
