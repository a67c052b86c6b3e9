/** Why connections end: one code per rule of conduct, and what each costs the remote. */

/** `close`: may be dialled again after back-off. `strike`: counts against the address. `ban`: refused for this torrent. */
export type Severity = 'close' | 'strike' | 'ban'

/** What each of the machine's own reasons costs. The rule stands beside each code. */
export const WIRE_REASONS = Object.freeze({
  /** The first twenty bytes are not BEP 3's. */
  'wire/bad-protocol': 'close',
  /** Incoming: nobody here knows the info-hash. */
  'wire/unknown-torrent': 'close',
  /** Outgoing: answered with another info-hash. */
  'wire/wrong-torrent': 'close',
  /** The other end is ourselves. */
  'wire/self': 'close',
  /** A peer id was promised and another one came (BEP 3). */
  'wire/wrong-peer-id': 'close',
  /** Both handshakes were not done in time. */
  'wire/timeout-handshake': 'close',
  /** Nothing was received for two minutes (BEP 3). */
  'wire/timeout-idle': 'close',
  /** Nothing could be sent for two minutes although there was something to send. */
  'wire/timeout-send': 'close',
  /** More answers are waiting than the remote reads. */
  'wire/not-reading': 'strike',
  /** A frame longer than any legal one. */
  'wire/frame-too-long': 'strike',
  /** A message without payload (choke to not-interested, have-all, have-none) that has one. */
  'wire/bad-length-state': 'close',
  'wire/bad-length-have': 'close',
  'wire/bad-length-bitfield': 'close',
  'wire/bad-length-request': 'close',
  'wire/bad-length-piece': 'close',
  'wire/bad-length-cancel': 'close',
  'wire/bad-length-port': 'close',
  'wire/bad-length-suggest': 'close',
  'wire/bad-length-reject': 'close',
  'wire/bad-length-allowed-fast': 'close',
  'wire/bad-length-extended': 'close',
  /** A message of BEP 6 that was not negotiated. */
  'wire/fast-not-negotiated': 'close',
  /** HAVE of a piece that does not exist. */
  'wire/bad-have': 'close',
  /** A reject for what was never requested (BEP 6). */
  'wire/bad-reject': 'close',
  /** Blocks nobody asked for: at once with BEP 6, else after several. */
  'wire/unrequested-block': 'strike',
  /** A block longer or shorter than requested, or outside its piece. */
  'wire/bad-block': 'close',
  /** A request for more than 128 KiB. */
  'wire/request-too-long': 'close',
  /** Too many requests that could not be served. */
  'wire/bad-requests': 'close',
  /** Too many requests long after they were choked. */
  'wire/requests-while-choked': 'close',
  /** Too many unknown messages. */
  'wire/flood-unknown': 'strike',
  /** Too many messages that change nothing. */
  'wire/flood-state': 'strike',
  /** Two malformed metadata messages (BEP 9). */
  'wire/bad-metadata-message': 'strike',
  /** A metadata message that exceeds any legal one. */
  'wire/metadata-message-too-long': 'close',
} as const satisfies Readonly<Record<`wire/${string}`, Severity>>)

export type WireReason = keyof typeof WIRE_REASONS

/** The machine's own reasons, the stream's, and those of the owner. */
export type CloseReason = WireReason | `stream/${string}` | `swarm/${string}`
