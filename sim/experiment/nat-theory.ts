import type { NatOptions } from '../network/nat-box.ts'

/** How a box treats its hosts (RFC 4787). */
export type NatKind = Pick<NatOptions, 'mapping' | 'filtering'>

/** A host in the open, in the same terms. */
const OPEN: NatKind = { mapping: 'none', filtering: 'none' }

/**
 * What packets between two hosts come to, of whom a third one, met over UDP, knows the endpoints (RFC 5128; Ford, Srisuresh and Kegel, 2005).
 * `undefined`: in the open. Said of rules alone: no box, port or time is in it.
 */
export class NatTheory {
  readonly #caller: NatKind
  readonly #target: NatKind

  constructor(caller: NatKind | undefined, target: NatKind | undefined) {
    this.#caller = caller ?? OPEN
    this.#target = target ?? OPEN
  }

  /** Whether the caller alone may dial: the target's endpoint must be the same for everybody, and let in strangers. */
  get reaches(): boolean {
    return answersAsKnown(this.#target) && this.#target.filtering === 'none'
  }

  /** Whether they meet when both dial at once: one dial that is let in and answered from where it went is enough. */
  get punches(): boolean {
    return opens(this.#caller, this.#target) || opens(this.#target, this.#caller)
  }
}

/** Whether who dials a host where the third one knows it hears from there: a port that is another for each remote never answers. */
function answersAsKnown(host: NatKind): boolean {
  return host.mapping === 'none'
}

/** Whether the dial of `from` leads to `to`, which has sent to where the third one knows `from`. */
function opens(from: NatKind, to: NatKind): boolean {
  // By the address it is let in from any port; by the port only from the one that is known.
  const isLetIn = to.filtering !== 'address-and-port' || answersAsKnown(from)
  return isLetIn && answersAsKnown(to)
}
