import { concatBytes, readUint16, readUint32, writeUint16, writeUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { ID_LENGTH } from '../core/id.ts'
import { FieldReader } from './field-reader.ts'
import {
  type Agreement,
  CONSTANT_LENGTH,
  type HandshakeFault,
  type HandshakeInit,
  LONGEST_PAD,
  METHOD,
  padding,
} from './handshake-init.ts'
import { KEY_LENGTH, KeyExchange } from './key-exchange.ts'
import { masked, type StreamKeys, streamKeys, syncMark } from './stream-keys.ts'

export interface AcceptedInit extends HandshakeInit {
  /** The torrent of a mark (`torrentMark`), if it is one of ours. */
  torrentOf(mark: Uint8Array): Id | undefined
  /** Asked once, when all that can be seen without arithmetic is in order: whether this stream may make us work. */
  mayWork(): boolean
}

/** The handshake of the side that was dialled. It selects no cipher where the remote can do without. */
export class AcceptedHandshake {
  outcome: Agreement | HandshakeFault | undefined
  /** Known before there is an outcome. */
  infoHash: Id | undefined
  readonly #init: AcceptedInit
  readonly #fields = new FieldReader(LONGEST_PAD + ID_LENGTH)

  constructor(init: AcceptedInit) {
    this.#init = init
    this.#fields.expect(KEY_LENGTH, (key) => this.#keyCame(key))
  }

  /** Takes the next bytes; returns where they end, before the end of `chunk` only when there is an outcome. */
  push(chunk: Uint8Array, at = 0): number {
    return this.#fields.push(chunk, at)
  }

  #keyCame(key: Uint8Array): void {
    const { sha1, send } = this.#init
    if (isForeign(key)) {
      this.#end('bad-key')
      return
    }
    if (!this.#init.mayWork()) {
      this.#end('busy')
      return
    }
    const exchange = new KeyExchange(this.#init.secret)
    const secret = exchange.agree(key)
    if (secret === undefined) {
      this.#end('bad-key')
      return
    }
    send(concatBytes([exchange.publicKey(), padding(this.#init)]))
    this.#fields.seek(
      syncMark(sha1, secret),
      LONGEST_PAD,
      () => this.#fields.expect(ID_LENGTH, (mark) => this.#named(mark, secret)),
      () => this.#end('no-sync'),
    )
  }

  #named(mark: Uint8Array, secret: Uint8Array): void {
    const { sha1 } = this.#init
    this.infoHash = this.#init.torrentOf(masked(sha1, secret, mark))
    if (this.infoHash === undefined) {
      this.#end('unknown-torrent')
      return
    }
    const keys = streamKeys(sha1, secret, this.infoHash)
    this.#fields.expect(CONSTANT_LENGTH + 6, (field) => this.#offered(field, keys))
  }

  #offered(field: Uint8Array, keys: StreamKeys): void {
    const { methods } = this.#init
    keys.dialler.crypt(field, field)
    const common = readUint32(field, CONSTANT_LENGTH) & methods
    const pad = readUint16(field, CONSTANT_LENGTH + 4)
    const method = (common & METHOD.plain) === 0 ? common : METHOD.plain
    if (field.subarray(0, CONSTANT_LENGTH).some((byte) => byte !== 0)) this.#end('bad-constant')
    else if (method === 0) this.#end('no-method')
    else if (pad > LONGEST_PAD) this.#end('pad-too-long')
    else {
      this.#fields.expect(pad + 2, (rest) => {
        keys.dialler.crypt(rest, rest)
        this.#select(method, readUint16(rest, pad), keys)
      })
    }
  }

  #select(method: number, initial: number, { dialler, accepter }: StreamKeys): void {
    const pad = padding(this.#init)
    const answer = new Uint8Array(CONSTANT_LENGTH + 6 + pad.length)
    writeUint32(answer, CONSTANT_LENGTH, method)
    writeUint16(answer, CONSTANT_LENGTH + 4, pad.length)
    answer.set(pad, CONSTANT_LENGTH + 6)
    accepter.crypt(answer, answer)
    this.#init.send(answer)
    this.#end({ method, sending: accepter, receiving: dialler, initial })
  }

  #end(outcome: Agreement | HandshakeFault): void {
    this.outcome = outcome
    this.#fields.stop()
  }
}

/** Text (HTTP, SSH) or a TLS record, which no key looks like: it is not answered, nor is anything worked out for it. */
function isForeign(key: Uint8Array): boolean {
  return key.every((byte) => byte < 128) || (key[0] === 0x16 && key[1] === 3 && key[2]! <= 4)
}
