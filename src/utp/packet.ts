import { readUint16, readUint32, writeUint16, writeUint32 } from '../core/bytes.ts'

/** Types of packets (BEP 29). */
export const DATA = 0
export const FIN = 1
export const STATE = 2
export const RESET = 3
export const SYN = 4

export const HEAD_LENGTH = 20
const VERSION = 1

/** Extensions: selective acknowledgement (BEP 29), */
export const SELECTIVE_ACK = 1
/**
 * the longest datagram that its sender takes, two bytes (ours: only who has said so gets any that Ethernet does not carry, since others
 * read no more than 1,500 bytes and take what they were cut to for the whole),
 */
export const SIZE_OFFER = 0x4c
/** and bytes that mean nothing (ours): what a probe of the path is filled up with, so that what it carries can be sent again without. */
export const PADDING = 0x50

/** Head of an extension: type of the next, own length. */
export const EXTENSION_HEAD = 2
export const OFFER_LENGTH: number = EXTENSION_HEAD + 2
const LONGEST_EXTENSION = 255

/** The head of a packet, written over by each that is read or written: none is made per packet. */
export class PacketHead {
  type: number = STATE
  /** First extension; 0: none. Read by the writer alone. */
  extension = 0
  id = 0
  /** Of the sender's clock when it was sent, in microseconds. */
  timestamp = 0
  /** By how much the sender's clock was ahead of ours when our last packet reached it: delay, plus what lies between the clocks. 0: none yet. */
  delay = 0
  /** Bytes that the sender takes beyond what it has acknowledged. */
  window = 0
  seq = 0
  ack = 0
  /** Where the mask of selective acknowledgement lies, and its bytes; 0: there is none. */
  maskAt = 0
  maskLength = 0
  /** See `SIZE_OFFER`; 0: not said. */
  offer = 0
  payloadAt: number = HEAD_LENGTH

  /** Whether `bytes` are a packet of version 1, whose extensions end within it. Those that we do not know are passed over. */
  read(bytes: Uint8Array): boolean {
    const first = bytes[0]!
    if (bytes.length < HEAD_LENGTH || (first & 0x0f) !== VERSION || first >>> 4 > SYN) return false
    this.type = first >>> 4
    this.extension = bytes[1]!
    this.id = readUint16(bytes, 2)
    this.timestamp = readUint32(bytes, 4)
    this.delay = readUint32(bytes, 8)
    this.window = readUint32(bytes, 12)
    this.seq = readUint16(bytes, 16)
    this.ack = readUint16(bytes, 18)
    this.maskLength = 0
    this.offer = 0
    this.payloadAt = HEAD_LENGTH
    return this.extension === 0 || this.#readExtensions(bytes)
  }

  #readExtensions(bytes: Uint8Array): boolean {
    let at = HEAD_LENGTH
    for (let kind = this.extension; kind !== 0; ) {
      if (at + EXTENSION_HEAD > bytes.length) return false
      const next = bytes[at]!
      const length = bytes[at + 1]!
      at += EXTENSION_HEAD
      if (at + length > bytes.length) return false
      if (kind === SELECTIVE_ACK) {
        this.maskAt = at
        this.maskLength = length
      } else if (kind === SIZE_OFFER && length === 2) this.offer = readUint16(bytes, at)
      at += length
      kind = next
    }
    this.payloadAt = at
    return true
  }

  /** Writes the head, without extensions. */
  write(into: Uint8Array): void {
    into[0] = (this.type << 4) | VERSION
    into[1] = this.extension
    writeUint16(into, 2, this.id)
    writeUint32(into, 4, this.timestamp)
    writeUint32(into, 8, this.delay)
    writeUint32(into, 12, this.window)
    writeUint16(into, 16, this.seq)
    writeUint16(into, 18, this.ack)
  }
}

/** Fills `length` bytes at `at` with extensions that mean nothing; `length` is none or more than one. Where the next byte goes. */
export function writePadding(into: Uint8Array, at: number, length: number): number {
  let from = at
  for (let left = length; left > 0; ) {
    let part = Math.min(left, LONGEST_EXTENSION + EXTENSION_HEAD)
    // One byte alone would be no extension.
    if (left - part === 1) part -= 1
    left -= part
    into[from] = left > 0 ? PADDING : 0
    into[from + 1] = part - EXTENSION_HEAD
    into.fill(0, from + EXTENSION_HEAD, from + part)
    from += part
  }
  return from
}
