import { writeError, writeQuery, writeResponse } from '../codec/krpc-writer.ts'
import type { Address } from '../core/address.ts'
import { latin1, writeUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Answer } from './responder.ts'

/** Room for the longest message; also what passes an Ethernet whole as the payload of a datagram. */
const ROOM = 1472
/** Client letters and version (BEP 5, "v"). */
const VERSION: Uint8Array = latin1('LS\0\x01')
/** Where the id of a query's transaction is written; four bytes, as `Transactions` has it. */
const TRANSACTION = new Uint8Array(4)

/** Where a node's datagrams go. */
export interface DatagramSink {
  /** Room for one datagram, the sink's own once it was sent. */
  reserve(length: number): Uint8Array
  send(to: Address, datagram: Uint8Array): void
}

/** A query of ours. */
export interface Question {
  readonly method: 'ping' | 'find_node' | 'get_peers' | 'announce_peer' | 'sample_infohashes'
  /** The `target` of find_node and sample_infohashes, the `info_hash` of the others. */
  readonly target?: Id
  readonly token?: Uint8Array
  readonly port?: number
  readonly impliedPort?: boolean
  /** We have everything (BEP 33); left out while nobody knows. */
  readonly seed?: boolean | undefined
  /** Asks for filters (BEP 33). */
  readonly scrape?: boolean
}

/** Writes and sends a node's datagrams. */
export class Outbox {
  readonly #ownId: Id
  readonly #sink: DatagramSink
  readonly #maxReply: number

  constructor(ownId: Id, sink: DatagramSink, maxReply: number) {
    this.#ownId = ownId
    this.#sink = sink
    this.#maxReply = maxReply
  }

  query(to: Address, transaction: number, question: Question): void {
    const room = this.#sink.reserve(ROOM)
    writeUint32(TRANSACTION, 0, transaction)
    // Written out: a spread costs more than all the rest of this.
    const length = writeQuery(room, {
      method: question.method,
      transaction: TRANSACTION,
      id: this.#ownId,
      readOnly: false,
      version: VERSION,
      target: question.target,
      token: question.token,
      port: question.port,
      impliedPort: question.impliedPort,
      seed: question.seed,
      scrape: question.scrape,
    })
    this.#sink.send(to, room.subarray(0, length))
  }

  /** One datagram for one query, of at most `maxReply` bytes. */
  answer(to: Address, transaction: Uint8Array, answer: Answer): void {
    const room = this.#sink.reserve(ROOM)
    const length =
      answer.kind === 'error'
        ? writeError(room, {
            transaction,
            version: VERSION,
            ip: to,
            code: answer.code,
            message: answer.message,
          })
        : writeResponse(room, {
            transaction,
            id: this.#ownId,
            version: VERSION,
            ip: to,
            nodes: answer.fields.nodes,
            nodes6: answer.fields.nodes6,
            token: answer.fields.token,
            values: answer.fields.values,
            seedFilter: answer.fields.seedFilter,
            peerFilter: answer.fields.peerFilter,
            samples: answer.fields.samples,
            maxLength: this.#maxReply,
          })
    this.#sink.send(to, room.subarray(0, length))
  }
}
