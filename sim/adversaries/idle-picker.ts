import type { Pick, PiecePicker } from '../../src/swarm/piece-picker.ts'

/** Wants nothing of anybody: for those who only pretend to take part. */
export class IdlePicker implements PiecePicker {
  peerPieces(): void {}

  peerHave(): void {}

  peerLost(): void {}

  peerGone(): void {}

  readonly hasUnshared = false

  availabilityOf(): number {
    return 0
  }

  next(): Pick | undefined {
    return undefined
  }

  witnessIn(): number {
    return -1
  }

  employs(): boolean {
    return false
  }

  relieve(): number {
    return -1
  }
}
