/** Arithmetic of sequence and acknowledgement numbers, which are 16 bits and begin anew after the last. */

/** How far `a` lies after `b`, from -32,768 to 32,767. */
export function seqDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16
}

export function seqPlus(seq: number, steps: number): number {
  return (seq + steps) & 0xffff
}
