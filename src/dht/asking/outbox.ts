import type { Item } from '../../codec/item.ts'
import { type QueryMethod, writeError, writeQuery, writeResponse } from '../../codec/krpc-writer.ts'
import type { Address } from '../../core/address.ts'
import { EMPTY, latin1, writeUint32 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Answer, AnswerFields } from '../answering/answer.ts'

/** Room for the longest message; also what passes an Ethernet whole as the payload of a datagram. */
const ROOM = 1472
/** The longest answer that holds an item: it may exceed what BEP 32 allows, but is never fragmented. */
const ITEM_REPLY = { 4: 1472, 6: 1232 } as const
/** Room for an item beside nodes, before it is known whether both fit. */
const ITEM_ROOM = 2048
/** Client letters and version (BEP 5, "v"). */
const VERSION: Uint8Array = latin1('LS\0\x01')
/** Where the id of a query's transaction is written; four bytes, as `Transactions` has it. */
const TRANSACTION = new Uint8Array(4)

const BOTH = [4, 6] as const
const NEITHER = [] as const

/** Where a node's datagrams go. */
export interface DatagramSink {
  /** Room for one datagram, the sink's own once it was sent. */
  reserve(length: number): Uint8Array
  send(to: Address, datagram: Uint8Array): void
}

/** A query of ours. */
export interface Question {
  readonly method: QueryMethod
  /** The `info_hash` of get_peers and announce_peer, the `target` of the others. */
  readonly target?: Id
  readonly token?: Uint8Array
  readonly port?: number
  readonly impliedPort?: boolean
  /** We have everything (BEP 33); left out while nobody knows. */
  readonly seed?: boolean | undefined
  /** Asks for filters (BEP 33). */
  readonly scrape?: boolean
  /** What is put, and over which version alone (BEP 44). */
  readonly item?: Item
  readonly cas?: bigint | undefined
  /** The version that is known already. */
  readonly seq?: bigint | undefined
}

/** Writes and sends a node's datagrams. */
export class Outbox {
  /** Changes with our address. */
  ownId: Id
  /** We answer no queries (BEP 43). */
  readOnly = false
  readonly #sink: DatagramSink
  readonly #maxReply: number
  /** The sink's last room, and the views of its beginning that were sent, by their length. */
  #room: Uint8Array = EMPTY
  #cuts: (Uint8Array | undefined)[] | undefined

  constructor(ownId: Id, sink: DatagramSink, maxReply: number) {
    this.ownId = ownId
    this.#sink = sink
    this.#maxReply = maxReply
  }

  /** `isForBoth`: for nodes of either family (BEP 32, `want`). */
  query(to: Address, transaction: number, question: Question, isForBoth = false): void {
    const room = this.#sink.reserve(ROOM)
    writeUint32(TRANSACTION, 0, transaction)
    // Written out: a spread costs more than all the rest of this.
    const length = writeQuery(room, {
      method: question.method,
      transaction: TRANSACTION,
      id: this.ownId,
      readOnly: this.readOnly,
      version: VERSION,
      target: question.target,
      token: question.token,
      port: question.port,
      impliedPort: question.impliedPort,
      seed: question.seed,
      scrape: question.scrape,
      item: question.item,
      cas: question.cas,
      seq: question.seq,
      want: isForBoth ? BOTH : NEITHER,
    })
    this.#sink.send(to, this.#cut(room, length))
  }

  /**
   * One datagram for one query, of at most `maxReply` bytes unless it holds an item. False: it would be longer, whoever made it so, and is
   * not sent: what a stranger may be sent for a short query has a bound.
   */
  answer(to: Address, transaction: Uint8Array, answer: Answer): boolean {
    const isItem = answer.kind === 'response' && answer.fields.item !== undefined
    const room = this.#sink.reserve(isItem ? ITEM_ROOM : ROOM)
    const length =
      answer.kind === 'error'
        ? writeError(room, {
            transaction,
            version: VERSION,
            // Over IPv6 an error that told it would be longer than a query of 64 bytes.
            ip: to.family === 4 ? to : undefined,
            code: answer.code,
            message: answer.message,
          })
        : isItem
          ? this.#writeItem(room, to, transaction, answer.fields)
          : this.#write(room, to, transaction, answer.fields)
    if (length > (isItem ? ITEM_REPLY[to.family] : this.#maxReply)) return false
    this.#sink.send(to, this.#cut(room, length))
    return true
  }

  /** The first `length` bytes of `room`. A host gives the same room again and again: then no view of it is made twice. */
  #cut(room: Uint8Array, length: number): Uint8Array {
    if (room !== this.#room) {
      this.#room = room
      this.#cuts = undefined
      return room.subarray(0, length)
    }
    this.#cuts ??= new Array<Uint8Array | undefined>(room.length + 1)
    return (this.#cuts[length] ??= room.subarray(0, length))
  }

  /** Nodes make room for an item; one that is too long even so is left out. */
  #writeItem(room: Uint8Array, to: Address, transaction: Uint8Array, fields: AnswerFields): number {
    const whole = this.#write(room, to, transaction, fields)
    if (whole <= this.#maxReply) return whole
    const { nodes: _, nodes6: __, ...alone } = fields
    const length = this.#write(room, to, transaction, alone)
    if (length <= ITEM_REPLY[to.family]) return length
    const { item: ___, ...without } = fields
    return this.#write(room, to, transaction, without)
  }

  #write(room: Uint8Array, to: Address, transaction: Uint8Array, fields: AnswerFields): number {
    return writeResponse(room, {
      transaction,
      id: this.ownId,
      version: VERSION,
      ip: to,
      nodes: fields.nodes,
      nodes6: fields.nodes6,
      token: fields.token,
      values: fields.values,
      seedFilter: fields.seedFilter,
      peerFilter: fields.peerFilter,
      samples: fields.samples,
      item: fields.item,
      seq: fields.seq,
      maxLength: this.#maxReply,
    })
  }
}
