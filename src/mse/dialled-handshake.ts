import { concatBytes, readUint16, readUint32, writeUint16, writeUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
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
import type { Rc4 } from './rc4.ts'
import { masked, streamKeys, syncMark, torrentMark } from './stream-keys.ts'

export interface DialledInit extends HandshakeInit {
  readonly infoHash: Id
  /** What goes with the handshake, to be asked for once; at most 65,535 bytes. */
  initial(): Uint8Array
}

/** The handshake of the side that dials, which speaks first. */
export class DialledHandshake {
  outcome: Agreement | HandshakeFault | undefined
  readonly #init: DialledInit
  readonly #exchange: KeyExchange
  readonly #fields = new FieldReader(LONGEST_PAD + CONSTANT_LENGTH)

  constructor(init: DialledInit) {
    this.#init = init
    this.#exchange = new KeyExchange(init.secret)
    init.send(concatBytes([this.#exchange.publicKey(), padding(init)]))
    this.#fields.expect(KEY_LENGTH, (key) => this.#keyCame(key))
  }

  /** Takes the next bytes; returns where they end, before the end of `chunk` only when there is an outcome. */
  push(chunk: Uint8Array, at = 0): number {
    return this.#fields.push(chunk, at)
  }

  #keyCame(key: Uint8Array): void {
    const { sha1, infoHash, methods, send } = this.#init
    const secret = this.#exchange.agree(key)
    if (secret === undefined) {
      this.#end('bad-key')
      return
    }
    const { dialler, accepter } = streamKeys(sha1, secret, infoHash)
    const pad = padding(this.#init)
    const initial = this.#init.initial()
    const offer = new Uint8Array(CONSTANT_LENGTH + 6 + pad.length + 2 + initial.length)
    writeUint32(offer, CONSTANT_LENGTH, methods)
    writeUint16(offer, CONSTANT_LENGTH + 4, pad.length)
    offer.set(pad, CONSTANT_LENGTH + 6)
    writeUint16(offer, CONSTANT_LENGTH + 6 + pad.length, initial.length)
    offer.set(initial, CONSTANT_LENGTH + 8 + pad.length)
    dialler.crypt(offer, offer)
    send(concatBytes([syncMark(sha1, secret), masked(sha1, secret, torrentMark(sha1, infoHash)), offer]))

    // The constant is known, so it is known how it looks encrypted.
    const constant = new Uint8Array(CONSTANT_LENGTH)
    accepter.crypt(constant, constant)
    const found = (): void => this.#fields.expect(6, (field) => this.#selected(field, dialler, accepter))
    this.#fields.seek(constant, LONGEST_PAD, found, () => this.#end('no-sync'))
  }

  #selected(field: Uint8Array, sending: Rc4, receiving: Rc4): void {
    receiving.crypt(field, field)
    const method = readUint32(field, 0)
    const pad = readUint16(field, 4)
    const known = method === METHOD.plain || method === METHOD.rc4
    if (!known || (method & this.#init.methods) === 0) this.#end('no-method')
    else if (pad > LONGEST_PAD) this.#end('pad-too-long')
    else
      this.#fields.expect(pad, (padded) => {
        receiving.crypt(padded, padded)
        this.#end({ method, sending, receiving, initial: 0 })
      })
  }

  #end(outcome: Agreement | HandshakeFault): void {
    this.outcome = outcome
    this.#fields.stop()
  }
}
