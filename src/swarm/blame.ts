import { type BadCopy, BlockEvidence } from './block-evidence.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface Verdict {
  /** Supplied wrong data, provably: to be banned now. */
  readonly ban: readonly PeerKey[]
  /** On parole from now on (they were not before). */
  readonly suspects: readonly PeerKey[]
  /** On parole no longer. */
  readonly cleared: readonly PeerKey[]
}

/** Peers on parole at once; the longest suspected is let off. */
const MOST_SUSPECTS = 4096
/** Good pieces that a suspect must supply alone, at most, whatever it was involved in. */
const MOST_PROOFS = 2

/**
 * Who is to blame for a piece that fails its hash. One peer alone supplied it: that one. Several did: the digests of their blocks
 * are kept, and when the good copy comes exactly those are convicted whose block differs, whether they are still here or not; the
 * others are acquitted. Until then all are suspects: the piece is fetched again from one peer alone (`PieceTracker`), which brings
 * the good copy soonest, and suspects get whole pieces alone (`Picker`), so that a poisoner spoils nothing more that is shared; a
 * good one clears them or a bad one convicts them. Nobody is banned without proof.
 */
export class Blame {
  /** How many good pieces, or acquittals, each suspect owes. */
  readonly #owed = new Map<PeerKey, number>()
  readonly #evidence = new BlockEvidence()

  /** A piece failed; `contributors` is what `PieceTracker.failed` returned. Without `copy` there is parole alone. */
  failed(contributors: readonly PeerKey[], copy?: BadCopy): Verdict {
    if (contributors.length === 1) {
      this.#owed.delete(contributors[0]!)
      return { ban: contributors, suspects: [], cleared: [] }
    }
    const ban = copy === undefined ? [] : this.#evidence.add(copy)
    const suspects: PeerKey[] = []
    for (const peer of contributors) {
      const owed = this.#owed.get(peer) ?? 0
      if (owed === 0) suspects.push(peer)
      this.#owed.set(peer, Math.min(owed + 1, MOST_PROOFS))
    }
    for (const peer of ban) this.#owed.delete(peer)
    while (this.#owed.size > MOST_SUSPECTS) this.#owed.delete(this.#owed.keys().next().value!)
    return { ban, suspects: suspects.filter((peer) => !ban.includes(peer)), cleared: [] }
  }

  /** Whether the good copy of a piece would tell who spoiled the bad one. */
  awaits(piece: number): boolean {
    return this.#evidence.holds(piece)
  }

  /** The good copy of such a piece, block by block. */
  compared(piece: number, digests: Uint8Array): Verdict {
    const { guilty, innocent } = this.#evidence.judge(piece, digests)
    for (const peer of guilty) this.#owed.delete(peer)
    return { ban: guilty, suspects: [], cleared: innocent.filter((peer) => this.#credit(peer)) }
  }

  /** A piece is right; `contributors` is what `PieceTracker.verified` returned. */
  verified(contributors: readonly PeerKey[]): Verdict {
    const proof = contributors.length === 1 && this.#credit(contributors[0]!)
    return { ban: [], suspects: [], cleared: proof ? contributors : [] }
  }

  suspects(peer: PeerKey): boolean {
    return this.#owed.has(peer)
  }

  /** It has left: it may still be convicted. */
  gone(peer: PeerKey): void {
    this.#owed.delete(peer)
  }

  /** True when it owes nothing any more and did before. */
  #credit(peer: PeerKey): boolean {
    const owed = this.#owed.get(peer)
    if (owed === undefined) return false
    if (owed > 1) this.#owed.set(peer, owed - 1)
    else this.#owed.delete(peer)
    return owed === 1
  }
}
