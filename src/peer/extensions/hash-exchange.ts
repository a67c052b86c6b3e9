import {
  encodeHashMessage,
  HASH_HEAD_LENGTH,
  type HashRequest,
  hashRequestKey,
  proofsSent,
  readHashRequest,
} from '../../codec/hash-message.ts'
import { MESSAGE } from '../../codec/wire.ts'
import { BLOCK_LENGTH } from '../../core/geometry.ts'
import { NODE_LENGTH } from '../../core/merkle.ts'
import { type Micros, NEVER } from '../../core/time.ts'
import type { Link } from '../link.ts'
import { MEMORY_DELAY } from '../outbox.ts'

/** Hash requests of both directions (BEP 52). What the hashes are worth is the owner's affair. */
export class HashExchange<Peer> {
  readonly #link: Link<Peer>
  /** Requests of the remote that wait, oldest first. */
  readonly #queue: HashRequest[] = []
  /** Of those that the owner is working on. */
  #serving = 0
  /** Requests of ours, by key. */
  readonly #asked = new Map<string, HashRequest>()
  /** Requests passed over, one after the other, since the remote does not take what it was answered. */
  #unread = 0

  constructor(link: Link<Peer>) {
    this.#link = link
  }

  /** False when the remote knows no such requests, or enough are outstanding. */
  request(now: Micros, request: HashRequest): boolean {
    const { remote, options, outbox } = this.#link
    const key = hashRequestKey(request)
    if (!remote.v2 || this.#asked.size >= options.maxHashRequests || this.#asked.has(key)) return false
    this.#asked.set(key, request)
    outbox.message(now, MESSAGE.hashRequest, encodeHashMessage(request))
    return true
  }

  /** Answers `HashOwner.requested`: with the nodes, or none. */
  answer(now: Micros, request: HashRequest, nodes: Uint8Array | undefined): void {
    this.#serving -= 1
    if (nodes === undefined) this.#reject(now, request)
    else this.#link.outbox.message(now, MESSAGE.hashes, encodeHashMessage(request, nodes))
  }

  /** A message with a legal length. */
  receive(now: Micros, id: number, payload: Uint8Array): void {
    const request = readHashRequest(payload)
    if (id === MESSAGE.hashRequest) {
      this.#requested(now, request)
      return
    }
    const { owner, peer } = this.#link
    // The root as it was asked for, not a copy of each answer's.
    const key = hashRequestKey(request)
    const asked = this.#asked.get(key)
    if (asked === undefined) {
      this.#link.fail(now, 'wire/unrequested-hashes')
      return
    }
    this.#asked.delete(key)
    if (id === MESSAGE.hashReject) owner.hashes.rejected(peer, now, asked)
    else if (payload.length !== HASH_HEAD_LENGTH + NODE_LENGTH * (asked.length + proofsSent(asked)))
      this.#link.fail(now, 'wire/bad-hashes')
    else owner.hashes.given(peer, now, asked, payload.subarray(HASH_HEAD_LENGTH))
  }

  /** Hands queued requests to the owner, each when the answer before it was taken; when that may go on. */
  settle(now: Micros): Micros {
    const { owner, peer, outbox, limits } = this.#link
    while (this.#queue.length > 0 && this.#serving === 0 && outbox.unsent < BLOCK_LENGTH) {
      if (!outbox.hasMemory(BLOCK_LENGTH)) return now + MEMORY_DELAY
      if (!limits.up.ready(now)) return limits.up.readyAt(now)
      this.#serving += 1
      owner.hashes.requested(peer, now, this.#queue.shift()!)
    }
    return NEVER
  }

  #requested(now: Micros, request: HashRequest): void {
    const { outbox, counters, options } = this.#link
    if (this.#queue.length < options.maxHashQueue) {
      this.#queue.push(request)
      return
    }
    if (outbox.unsent < BLOCK_LENGTH && outbox.hasMemory(0)) {
      this.#unread = 0
      this.#reject(now, request)
      return
    }
    counters.hashesRefused += 1
    this.#unread += 1
    if (this.#unread > options.maxBadRequests) this.#link.fail(now, 'wire/not-reading')
  }

  #reject(now: Micros, request: HashRequest): void {
    this.#link.counters.hashesRefused += 1
    this.#link.outbox.message(now, MESSAGE.hashReject, encodeHashMessage(request))
  }
}
