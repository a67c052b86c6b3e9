import type { Address } from '../core/address.ts'
import { toLatin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { METHOD } from '../mse/handshake-init.ts'
import { torrentMark } from '../mse/stream-keys.ts'
import { AcceptedStream } from './accepted-stream.ts'
import { DialledStream, type Way } from './dialled-stream.ts'
import type { EncryptionMode } from './options.ts'
import type { CryptoPort, Ports, RandomPort } from './ports.ts'
import type { Stream } from './stream.ts'
import { WorkLimit } from './work-limit.ts'

/** Addresses remembered that do not speak encrypted; the one that was learned longest ago is forgotten. */
const MOST_CLEAR = 2048

/** Encrypted streams of a session: which torrents they may be for, who is spoken to how, and what strangers may cost. */
export class Encryption {
  readonly #required: boolean
  readonly #crypto: CryptoPort
  readonly #random: RandomPort
  readonly #limit = new WorkLimit()
  /** Info-hashes by their marks. */
  readonly #torrents = new Map<string, Id>()
  readonly #clear = new Set<string>()

  /** `undefined` for `off`. */
  static of(mode: EncryptionMode, ports: Pick<Ports, 'crypto' | 'random'>): Encryption | undefined {
    return mode === 'off' ? undefined : new Encryption(mode === 'require', ports)
  }

  constructor(required: boolean, { crypto, random }: Pick<Ports, 'crypto' | 'random'>) {
    this.#required = required
    this.#crypto = crypto
    this.#random = random
  }

  /** Incoming streams may be for this torrent, until `forget`. */
  know(infoHash: Id): void {
    this.#torrents.set(this.#markOf(infoHash), infoHash)
  }

  forget(infoHash: Id): void {
    this.#torrents.delete(this.#markOf(infoHash))
  }

  /** A stream to a peer of this torrent. `dial` begins one, a second time where the first came to nothing. */
  dialled(address: Address, infoHash: Id, dial: () => Stream): Stream {
    const { text } = address
    return new DialledStream({
      handshake: this.#handshake,
      infoHash,
      dial,
      ways: this.#waysTo(text),
      answered: (way) => {
        if (way === 'clear') this.#metInClear(text)
        else this.#clear.delete(text)
      },
    })
  }

  accepted(stream: Stream, from: Address): AcceptedStream {
    return new AcceptedStream(stream, {
      clear: !this.#required,
      handshake: (now) => ({
        ...this.#handshake,
        torrentOf: (mark) => this.#torrents.get(toLatin1(mark)),
        mayWork: () => this.#limit.allows(now, from),
      }),
    })
  }

  /** Others say that it likes to be spoken to encrypted (BEP 11): it is tried again, whatever was so before. */
  prefers(address: Address): void {
    this.#clear.delete(address.text)
  }

  #waysTo(text: string): readonly Way[] {
    if (this.#required) return ['encrypted']
    return this.#clear.has(text) ? ['clear', 'encrypted'] : ['encrypted', 'clear']
  }

  #metInClear(text: string): void {
    this.#clear.delete(text)
    this.#clear.add(text)
    if (this.#clear.size > MOST_CLEAR) this.#clear.delete(this.#clear.keys().next().value!)
  }

  #markOf(infoHash: Id): string {
    return toLatin1(torrentMark(this.#crypto.sha1, infoHash))
  }

  get #handshake() {
    const { rc4, plain } = METHOD
    const methods = this.#required ? rc4 : rc4 | plain
    return { secret: this.#random.secret, sha1: this.#crypto.sha1, methods }
  }
}
