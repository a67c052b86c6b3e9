import type { PickPeer } from './piece-picker.ts'

/** Whether `peer` has a piece and lets us ask for it. */
export function mayAsk(piece: number, peer: PickPeer): boolean {
  return peer.pieces.has(piece) && (peer.allowed === undefined || peer.allowed.has(piece))
}
