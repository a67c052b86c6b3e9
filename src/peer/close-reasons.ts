/** Why connections end: one code per rule of conduct, and what each costs the remote. */

/** `close`: may be dialled again after back-off. `strike`: counts against the address. `ban`: refused for this torrent. */
export type Severity = 'close' | 'strike' | 'ban'

/** The machine's own reasons; the rule stands above each. */
export type WireReason =
  /** The first twenty bytes are not BEP 3's. */
  | 'wire/bad-protocol'
  /** Incoming: nobody here knows the info-hash. */
  | 'wire/unknown-torrent'
  /** Outgoing: answered with another info-hash. */
  | 'wire/wrong-torrent'
  /** The other end is ourselves. */
  | 'wire/self'
  /** A peer id was promised and another one came (BEP 3). */
  | 'wire/wrong-peer-id'
  /** Both handshakes were not done in time. */
  | 'wire/timeout-handshake'
  /** Nothing was received for two minutes (BEP 3). */
  | 'wire/timeout-idle'
  /** Nothing could be sent for two minutes although there was something to send. */
  | 'wire/timeout-send'
  /** More answers are waiting than the remote reads. */
  | 'wire/not-reading'
  /** A frame longer than any legal one. */
  | 'wire/frame-too-long'
  /** A message without payload (choke to not-interested, have-all, have-none) that has one. */
  | 'wire/bad-length-state'
  | 'wire/bad-length-have'
  | 'wire/bad-length-bitfield'
  | 'wire/bad-length-request'
  | 'wire/bad-length-piece'
  | 'wire/bad-length-cancel'
  | 'wire/bad-length-port'
  | 'wire/bad-length-suggest'
  | 'wire/bad-length-reject'
  | 'wire/bad-length-allowed-fast'
  | 'wire/bad-length-extended'
  | 'wire/bad-length-hashes'
  /** A message of BEP 6 that was not negotiated. */
  | 'wire/fast-not-negotiated'
  /** HAVE of a piece that does not exist. */
  | 'wire/bad-have'
  /** The same of a piece that is taken back (BEP 54). */
  | 'wire/bad-dont-have'
  /** A reject for what was never requested (BEP 6). */
  | 'wire/bad-reject'
  /** Blocks nobody asked for: at once with BEP 6, else after several. */
  | 'wire/unrequested-block'
  /** A block longer or shorter than requested, or outside its piece. */
  | 'wire/bad-block'
  /** A request for more than 128 KiB. */
  | 'wire/request-too-long'
  /** Too many requests that could not be served. */
  | 'wire/bad-requests'
  /** Too many requests long after they were choked. */
  | 'wire/requests-while-choked'
  /** Too many unknown messages. */
  | 'wire/flood-unknown'
  /** Too many messages that change nothing. */
  | 'wire/flood-state'
  /** Two malformed metadata messages (BEP 9). */
  | 'wire/bad-metadata-message'
  /** A metadata message that exceeds any legal one. */
  | 'wire/metadata-message-too-long'
  /** Six messages of peer exchange in a minute (BEP 11). */
  | 'wire/flood-peers'
  /** Two malformed messages of peer exchange. */
  | 'wire/bad-peers-message'
  /** One above 500 KiB. */
  | 'wire/peers-message-too-long'
  /** Hashes that nobody asked for, or a reject of such (BEP 52). */
  | 'wire/unrequested-hashes'
  /** Fewer or more hashes than were asked for. */
  | 'wire/bad-hashes'

/** The machine's own reasons, the stream's, and those of the owner. */
export type CloseReason = WireReason | `stream/${string}` | `swarm/${string}`

/** What each of them costs. */
export const WIRE_REASONS: Readonly<Record<WireReason, Severity>> = Object.freeze({
  'wire/bad-protocol': 'close',
  'wire/unknown-torrent': 'close',
  'wire/wrong-torrent': 'close',
  'wire/self': 'close',
  'wire/wrong-peer-id': 'close',
  'wire/timeout-handshake': 'close',
  'wire/timeout-idle': 'close',
  'wire/timeout-send': 'close',
  'wire/not-reading': 'strike',
  'wire/frame-too-long': 'strike',
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
  'wire/bad-length-hashes': 'close',
  'wire/unrequested-hashes': 'close',
  'wire/bad-hashes': 'close',
  'wire/fast-not-negotiated': 'close',
  'wire/bad-have': 'close',
  'wire/bad-dont-have': 'close',
  'wire/bad-reject': 'close',
  'wire/unrequested-block': 'close',
  'wire/bad-block': 'close',
  'wire/request-too-long': 'close',
  'wire/bad-requests': 'close',
  'wire/requests-while-choked': 'close',
  'wire/flood-unknown': 'strike',
  'wire/flood-state': 'strike',
  'wire/bad-metadata-message': 'strike',
  'wire/metadata-message-too-long': 'close',
  'wire/flood-peers': 'close',
  'wire/bad-peers-message': 'strike',
  'wire/peers-message-too-long': 'close',
})
