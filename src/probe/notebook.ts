import { type Address, isWildcard } from '../core/address.ts'
import { equalBytes, latin1, readUint16, toLatin1, writeUint16 } from '../core/bytes.ts'
import { ID_LENGTH, type Id, randomId } from '../core/id.ts'
import { below, type Rng } from '../core/rng.ts'
import { bencoded, expand, type Macros } from './notation.ts'
import type { Reply } from './reply.ts'
import type { SourceName, SourceNotes } from './sources.ts'

/** Version numbers of a case. */
const VERSIONS = 100n
/** Transactions drawn whose fate is known. */
const REMEMBERED = 1024

/** The key of this run's mutable items. */
export interface ItemKey {
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}

export interface NotebookInit {
  readonly family: 4 | 6
  readonly rng: Rng
  readonly sources: ReadonlyMap<SourceName, SourceNotes>
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly key: ItemKey
}

/** What is known while the rules are run: who asks from where, the node's id, and the hash, tokens and replies of the case. */
export class Notebook {
  readonly family: 4 | 6
  readonly sources: ReadonlyMap<SourceName, SourceNotes>
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly key: ItemKey
  /** Of the node under test, as it last said. */
  nodeId: Id = new Uint8Array(ID_LENGTH)
  /** Each id under which somebody was made up who never answers. */
  readonly strangers: Set<string> = new Set<string>()
  /** The info-hash of the case, and another one. */
  hash: Id
  otherHash: Id
  /** What the version numbers of the case begin with: higher than any before. */
  version = 0n
  /** The last reply of the case. */
  reply: Reply | undefined
  /** The transaction of what was sent last; `undefined` when it had none. */
  transaction: Uint8Array | undefined
  readonly #rng: Rng
  readonly #tokens = new Map<string, Uint8Array>()
  /** Transactions that were drawn, the latest few, and whether an answer came. */
  readonly #drawn = new Map<number, boolean>()
  #transaction: number

  constructor(init: NotebookInit) {
    this.family = init.family
    this.sources = init.sources
    this.sha1 = init.sha1
    this.key = init.key
    this.#rng = init.rng
    // Away from what the rules themselves give.
    this.#transaction = 0x8000 + below(init.rng, 0x4000)
    this.hash = randomId(init.rng)
    this.otherHash = randomId(init.rng)
    for (const [name, { id }] of init.sources) if (name !== 'friend') this.strangers.add(toLatin1(id))
  }

  /** A case begins: nothing of the one before is left. */
  turnPage(): void {
    this.hash = randomId(this.#rng)
    this.otherHash = randomId(this.#rng)
    this.reply = undefined
    this.version += VERSIONS
    this.#tokens.clear()
  }

  keepToken(name: string, token: Uint8Array): void {
    this.#tokens.set(name, token)
  }

  /** Where the source is for the node under test: as that calls it, else as it is bound. */
  endpoint(name: SourceName): Address | undefined {
    const { seen, address } = this.sources.get(name)!
    return seen ?? (isWildcard(address) ? undefined : address)
  }

  asked(name: SourceName): number {
    return this.sources.get(name)!.asked
  }

  /** Two bytes that no query has had for long. */
  nextTransaction(): Uint8Array {
    const bytes = new Uint8Array(2)
    this.#transaction = this.#transaction === 0xe000 ? 0x8000 : this.#transaction + 1
    writeUint16(bytes, 0, this.#transaction)
    this.#drawn.set(this.#transaction, false)
    this.#drawn.delete(this.#transaction - REMEMBERED)
    return bytes
  }

  /** An answer has come to that one. */
  cross(transaction: Uint8Array | undefined): void {
    const number = this.#numberOf(transaction)
    if (number !== undefined) this.#drawn.set(number, true)
  }

  /** It is sent, perhaps once more: an answer is due. */
  uncross(transaction: Uint8Array | undefined): void {
    const number = this.#numberOf(transaction)
    if (number !== undefined) this.#drawn.set(number, false)
  }

  /** Whether it has been answered. */
  isCrossed(transaction: Uint8Array | undefined): boolean {
    const number = this.#numberOf(transaction)
    return number !== undefined && this.#drawn.get(number) === true
  }

  /** Whether it was drawn for something that was asked before, so that what comes now is late. */
  isOld(transaction: Uint8Array | undefined): boolean {
    const number = this.#numberOf(transaction)
    return number !== undefined && !this.#isCurrent(transaction!)
  }

  #isCurrent(transaction: Uint8Array): boolean {
    return this.transaction !== undefined && equalBytes(transaction, this.transaction)
  }

  #numberOf(transaction: Uint8Array | undefined): number | undefined {
    if (transaction?.length !== 2) return undefined
    const number = readUint16(transaction, 0)
    return this.#drawn.has(number) ? number : undefined
  }

  /** An id of nobody. */
  stranger(): Id {
    const id = randomId(this.#rng)
    this.strangers.add(toLatin1(id))
    return id
  }

  /** The bytes of a packet that `name` sends; `<b:name>` is one of `blobs`. */
  write(text: string, name: SourceName, blobs: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
    return expand(text, this.#macros(name, blobs))
  }

  #macros(source: SourceName, blobs: Readonly<Record<string, Uint8Array>>): Macros {
    return (name) => {
      const [macro = '', argument = ''] = name.split(':')
      switch (macro) {
        case 'A':
          return `2:id20:${toLatin1(this.sources.get(source)!.id)}`
        case 'S':
          return `2:id20:${toLatin1(this.stranger())}`
        case 'b':
          return toLatin1(blobs[argument]!)
        case 'N':
          return toLatin1(this.nodeId)
        case 'F':
          return toLatin1(this.sources.get('friend')!.id)
        case 'h':
          return toLatin1(this.hash)
        case 'ih':
          return `9:info_hash20:${toLatin1(this.hash)}`
        case 'tg':
          return `6:target20:${toLatin1(this.hash)}`
        case 'ih2':
          return `9:info_hash20:${toLatin1(this.otherHash)}`
        case 'tok':
          return `5:token${bencoded(toLatin1(this.#tokens.get(argument) ?? latin1('aoeusnth')))}`
        case 's':
          return toLatin1(this.nextTransaction())
        case 't':
          return `1:t2:${toLatin1(this.nextTransaction())}`
        case 'z':
          return `1:t2:${toLatin1(this.nextTransaction())}1:y1:qe`
        default:
          throw new Error(`no macro is called ${name}`)
      }
    }
  }
}
