import type { PeerKey } from './piece-tracker.ts'

export interface Verdict {
  /** Supplied a bad piece alone: to be banned now. */
  readonly ban: readonly PeerKey[]
  /** On parole from now on (they were not before). */
  readonly suspects: readonly PeerKey[]
}

/** Peers on parole at once; the longest suspected is let off. */
const MOST_SUSPECTS = 4096
/** Good pieces that a suspect must supply alone, at most, whatever it was involved in. */
const MOST_PROOFS = 2

/**
 * Who is to blame for a piece that fails its hash. One peer alone supplied it: that one. Several did: all are suspects, the
 * piece is fetched again from one peer alone (`PieceTracker`), and suspects get whole pieces alone (`Picker`) until a good one
 * clears them or a bad one convicts them. So nobody is banned without proof, and a poisoner spoils one shared piece and one
 * of its own.
 */
export class Blame {
  /** How many good pieces each suspect owes. */
  readonly #owed = new Map<PeerKey, number>()

  /** A piece failed; `contributors` is what `PieceTracker.failed` returned. */
  failed(contributors: readonly PeerKey[]): Verdict {
    if (contributors.length === 1) {
      this.#owed.delete(contributors[0]!)
      return { ban: contributors, suspects: [] }
    }
    const suspects: PeerKey[] = []
    for (const peer of contributors) {
      const owed = this.#owed.get(peer) ?? 0
      if (owed === 0) suspects.push(peer)
      this.#owed.set(peer, Math.min(owed + 1, MOST_PROOFS))
    }
    while (this.#owed.size > MOST_SUSPECTS) this.#owed.delete(this.#owed.keys().next().value!)
    return { ban: [], suspects }
  }

  /** A piece is right; `contributors` is what `PieceTracker.verified` returned. Who is cleared by it. */
  verified(contributors: readonly PeerKey[]): readonly PeerKey[] {
    const owed = contributors.length === 1 ? this.#owed.get(contributors[0]!) : undefined
    if (owed === undefined) return []
    if (owed === 1) this.#owed.delete(contributors[0]!)
    else this.#owed.set(contributors[0]!, owed - 1)
    return owed === 1 ? contributors : []
  }

  suspects(peer: PeerKey): boolean {
    return this.#owed.has(peer)
  }

  /** It has left. */
  gone(peer: PeerKey): void {
    this.#owed.delete(peer)
  }
}
