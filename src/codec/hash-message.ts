/** Messages about the trees of hashes: request, answer and reject have the same head (BEP 52). */
import { copyBytes, readUint32, toLatin1, writeUint32 } from '../core/bytes.ts'
import { levelsOf, NODE_LENGTH } from '../core/merkle.ts'

/** Bytes of a request, and of what stands before the hashes of an answer. */
export const HASH_HEAD_LENGTH = 48
/** Hashes of one layer in an answer; more are not to be asked for. */
export const MOST_HASHES = 512
/** Payload of an answer: no tree has so many layers that one beside each would be more. */
export const LONGEST_HASHES: number = HASH_HEAD_LENGTH + NODE_LENGTH * (MOST_HASHES + 64)

/** Which nodes of which tree. */
export interface HashRequest {
  /** Of the file's tree, 32 bytes. */
  readonly root: Uint8Array
  /** The layer, counted from the leaves. */
  readonly base: number
  /** The first node in it, */
  readonly index: number
  /** and how many. */
  readonly length: number
  /** Layers above of which the node beside the way up is asked for; those that follow from the nodes themselves are counted and left out. */
  readonly proofs: number
}

/** `payload` has 48 bytes or more. */
export function readHashRequest(payload: Uint8Array): HashRequest {
  return {
    root: copyBytes(payload, 0, NODE_LENGTH),
    base: readUint32(payload, 32),
    index: readUint32(payload, 36),
    length: readUint32(payload, 40),
    proofs: readUint32(payload, 44),
  }
}

/** The payload of a request or a reject; with `nodes` that of an answer. */
export function encodeHashMessage(request: HashRequest, nodes?: Uint8Array): Uint8Array {
  const payload = new Uint8Array(HASH_HEAD_LENGTH + (nodes?.length ?? 0))
  payload.set(request.root)
  writeUint32(payload, 32, request.base)
  writeUint32(payload, 36, request.index)
  writeUint32(payload, 40, request.length)
  writeUint32(payload, 44, request.proofs)
  if (nodes !== undefined) payload.set(nodes, HASH_HEAD_LENGTH)
  return payload
}

/** Equal for equal requests. */
export function hashRequestKey(request: HashRequest): string {
  return toLatin1(encodeHashMessage(request))
}

/** How many of the proof layers are in the answer: below, they follow from the nodes. */
export function proofsSent({ length, proofs }: Pick<HashRequest, 'length' | 'proofs'>): number {
  return Math.max(0, proofs - Math.max(0, levelsOf(length) - 1))
}
