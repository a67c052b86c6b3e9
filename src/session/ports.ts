/**
 * Seam 2: what a session asks of its host, and what a host tells a session.
 *
 * Questions go out through nine ports (and two more, where there are web servers and gateways), each a few synchronous calls that return nothing or plain values; everything that
 * happens comes back through `Inputs`, the one choke point, with the time at which it happened. So a run is a function of its inputs and its random
 * seed: recording them is recording the run. `src/host` implements both sides on Node.js, `sim/` in virtual time.
 */
import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { Allocation, Command } from './commands.ts'
import type { OlderFile } from './older-files.ts'

export interface Ports {
  readonly clock: ClockPort
  readonly random: RandomPort
  readonly crypto: CryptoPort
  readonly names: NamesPort
  readonly udp: UdpPort
  readonly streams: StreamsPort
  readonly storage: StoragePort
  readonly hasher: HasherPort
  readonly state: StatePort
  /** Absent on a host that reaches no web servers. */
  readonly web?: WebPort
  /** Absent on a host without gateways. */
  readonly mapping?: MappingPort
}

/** Chosen by the session, unique for its life; each asynchronous question carries one and is completed exactly once. */
export type Ticket = number

/** A UDP socket, a listener or a store: chosen by the session. */
export type Handle = number

/** A stream: even when the session dialled (its choice), odd when the host accepted (the host's choice). */
export type StreamId = number

export interface Failure {
  readonly code: ErrorCode
  /** One sentence for a person. */
  readonly message: string
}

/** How an asynchronous question ended. What `value` is, each port's method says. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure }

/** What a host tells the session. Every call is one input: the session settles before it returns. Never called from within a port call. */
export interface Inputs {
  /** The time asked for by `ClockPort.wakeAt` has come (early or late is allowed). */
  timer(now: Micros): void
  /** `bytes` are lent until the call returns. */
  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void
  /** A remote dialled `listener`; `stream` is odd. */
  accepted(now: Micros, listener: Handle, stream: StreamId, from: Address): void
  /** A dialled stream is open. */
  connected(now: Micros, stream: StreamId): void
  /** What has arrived together, in order; `views` and their bytes are lent until the call returns. */
  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void
  /** `bytes` more of what was given to `StreamsPort` have left for the kernel. */
  sent(now: Micros, stream: StreamId, bytes: number): void
  /** The stream is gone (refused, reset, ended by the remote, or failed); said once, and never after `StreamsPort.close`. */
  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void
  completed(now: Micros, ticket: Ticket, outcome: Outcome): void
  /** What the user asks for. */
  command(now: Micros, command: Command): void
}

export interface ClockPort {
  /** Unix time in milliseconds, for what outlives the process alone. */
  wall(): number
  /** Asks for one `Inputs.timer` at `at`; replaces what was asked before. `Infinity`: none. */
  wakeAt(at: Micros): void
}

export interface RandomPort {
  /** For what a stranger must not guess: ids, tokens, transaction ids. */
  readonly secret: Rng
  /** For everything else. */
  readonly dice: Rng
}

/** Synchronous and small; bulk goes to `HasherPort`. */
export interface CryptoPort {
  sha1(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
  /** Ed25519 (RFC 8032): the key of a seed of 32 bytes; */
  publicKey(seed: Uint8Array): Uint8Array
  /** the signature of `bytes`, 64 bytes; */
  sign(seed: Uint8Array, bytes: Uint8Array): Uint8Array
  /** and whether it is one. False for keys of small order, by which everything seems signed. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
}

export interface NamesPort {
  /** Completes with `readonly Address[]` (may be empty). Literal addresses never get here. */
  resolve(ticket: Ticket, host: string, port: number): void
  /** Completes with the machine's own addresses, port 0, as `readonly Address[]` in the order of the system. */
  own(ticket: Ticket): void
  /** The same, once they are others than they were when it was asked. Absent where they never change. */
  changed?(ticket: Ticket): void
}

/** Failures to bind or listen carry `network/port-taken`, `network/no-address`, `network/denied` or `network/failed`. */
export interface UdpPort {
  /** Binds `socket` to a literal local address, port 0: the system's choice. Completes with the bound `Address`. */
  bind(ticket: Ticket, socket: Handle, host: string, port: number): void
  /** Room for one datagram of `length` bytes or more: filled and given to `send`, which owns it, before the next is asked for. */
  reserve(length: number): Uint8Array
  /**
   * Binds `socket` to the port of a multicast group, which other programs use too, and joins it on the interfaces of these literal
   * local addresses of its family: a wildcard stands for all. Completes with `undefined`. What is sent to the group leaves once by
   * each, one hop far, and comes back as well. Absent on a host without multicast.
   */
  join?(ticket: Ticket, socket: Handle, group: Address, hosts: readonly string[]): void
  /** Sends `datagram` (room from `reserve`, perhaps shortened). Loss is silent. */
  send(socket: Handle, to: Address, datagram: Uint8Array): void
  close(socket: Handle): void
}

/**
 * `Inputs.streamClosed` says `network/refused`, `network/timeout`, `network/reset`, `network/ended` or `network/failed`; where a proxy is at
 * fault `network/proxy-unreachable`, `-silent`, `-denied`, `-forbidden`, `-foreign` or `-ended`.
 */
export interface StreamsPort {
  /** Listens on a literal local address. Completes with the bound `Address`. */
  listen(ticket: Ticket, listener: Handle, host: string, port: number): void
  /** Dials; answered by `connected` or `streamClosed`. `from` is a literal local address to bind to, if any; it fails from the other family. */
  connect(stream: StreamId, to: Address, from: string | undefined): void
  /** Room for `length` bytes at the end of what waits to be sent; filled by the caller before it returns to the host. */
  reserve(stream: StreamId, length: number): Uint8Array
  /** Queues a read-only view (payload) after all that was reserved; not copied. */
  send(stream: StreamId, view: Uint8Array): void
  /** Hands what was queued to the kernel in one go; answered by `sent`. */
  flush(stream: StreamId): void
  pause(stream: StreamId): void
  resume(stream: StreamId): void
  /** Flushes what is queued, then closes. `now`: resets at once. No input for this stream follows. */
  close(stream: StreamId, now: boolean): void
  /** Closes a listener. */
  unlisten(listener: Handle): void
}

/** The gateway between the machine and the open network, if it can be asked for something. */
export interface MappingPort {
  /**
   * Has it hand on what comes to one of its IPv4 ports (`wanted`, if that can be had) to our `port`; again: renews that. Completes with
   * `MappedPort` or fails (`network/not-mapped`) within 20 s.
   */
  map(ticket: Ticket, protocol: 'tcp' | 'udp', port: number, wanted: number): void
  /** Takes everything back, what is under way included. Completes within some seconds. */
  unmap(ticket: Ticket): void
}

export interface MappedPort {
  /** Of the gateway. */
  readonly port: number
  /** The same with its address, where it tells one; another gateway may stand behind it. */
  readonly address: Address | undefined
  /** For so long; 0: for ever. */
  readonly lifetime: Micros
}

/** Where a torrent's bytes lie. */
export interface StoreSpec {
  readonly infoHash: Uint8Array
  /** Folder as the user gave it (resolved by the host). */
  readonly out: string
  readonly pieceLength: number
  readonly length: number
  /** In the order of the metainfo; safe path components below `out`, the torrent's name included. */
  readonly files: readonly StoreFile[]
  /** Seeding what exists: nothing is created or written. */
  readonly readOnly: boolean
  /** What lies there may go: a file that is longer than its length is cut by `StoragePort.confirm`; */
  readonly overwrite: boolean
  /** what an older version wrote and nobody has changed since, where it is in the way, too. */
  readonly replaces?: readonly OlderFile[] | undefined
  readonly allocation?: Allocation | undefined
  /** No journal and no lock, though that of another process refuses it: the store's life is the process's. */
  readonly ephemeral: boolean
}

export interface StoreFile {
  readonly path: readonly string[]
  readonly length: number
  /** Padding (BEP 47): never on disk, reads as zeros, writes go nowhere. */
  readonly pad: boolean
  /** Not wanted: while there is no such file, none is made, and what a neighbour's piece has of it is kept apart. */
  readonly skip?: boolean
}

export interface EraseSpec extends Pick<StoreSpec, 'infoHash' | 'out' | 'files'> {
  /** What lies under its names is known as its own; else only a journal can say so, and without one nothing is removed. */
  readonly owned: boolean
}

export interface StoreOpened {
  /** Whether the out folder exists. */
  readonly folder: boolean
  /** Length on disk of each file, -1 where there is none (a pad has its full length). */
  readonly lengths: readonly number[]
  /** See `StoragePort.marks`. */
  readonly marks: readonly number[]
  /** The journal's raw bytes, empty when there is none. */
  readonly journal: Uint8Array
  /** Where something was moved to that stood in the journal's place and was none; the journal is empty then. */
  readonly journalAside: string | undefined
  /** A move that was cut off: it is in this folder, and what is left of it here may go. The journal is there, and empty here. */
  readonly movedTo?: string | undefined
  /** Absolute paths of the files, as they will be written. */
  readonly paths: readonly string[]
}

export interface StoreMoved {
  /** Absolute: the out folder that it was in, */
  readonly from: string
  /** and the one where it is now. */
  readonly to: string
  /** Of the files, now. */
  readonly paths: readonly string[]
}

/**
 * Pieces, and the torrent's journal and lock. The port owns piece memory: `write` copies arriving bytes into it (the one
 * copy; the simulator's keeps references), and no machine above ever sees them. Failures carry a code: `storage/full`,
 * `storage/read-only`, `storage/missing`, `storage/io`, `storage/denied`, `storage/locked`, `storage/unsafe-path`,
 * `storage/too-many-files`. What befalls journal and lock has the same names under `state/`.
 */
export interface StoragePort {
  /** Takes the lock, reads the journal, looks at the files; writes nothing. Completes with `StoreOpened`. */
  open(ticket: Ticket, store: Handle, spec: StoreSpec): void
  /** Creates the out folder, folders and empty files. Completes with `undefined`. */
  prepare(ticket: Ticket, store: Handle): void
  /**
   * Which files are not wanted from now on, by index (`StoreFile.skip`). What was kept apart of one that is wanted goes where it belongs,
   * what is there of one that is not wanted stays. Completes with `undefined`.
   */
  select(ticket: Ticket, store: Handle, skip: readonly boolean[]): void
  /** Copies bytes into the memory of `piece`, which is made at the first write. */
  write(store: Handle, piece: number, offset: number, view: Uint8Array): void
  /** Writes `[begin, begin + length)` of a piece's memory to the files. Completes with `undefined`. */
  flush(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void
  /** Gives up `[begin, begin + length)` of a piece's memory (it may live on as a read cache). */
  release(store: Handle, piece: number, begin: number, length: number): void
  /** Completes with a `Uint8Array`: lent until the input returns, but whoever gives it to `StreamsPort.send` within that has it sent. */
  read(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void
  /** Appends to the journal, no barrier. Completes with `undefined`. */
  append(ticket: Ticket, store: Handle, records: Uint8Array): void
  /** Replaces the whole journal atomically. Completes with `undefined`. */
  rewrite(ticket: Ticket, store: Handle, journal: Uint8Array): void
  /** All that was flushed before is on the medium when it completes (with `undefined`); then the journal. */
  barrier(ticket: Ticket, store: Handle): void
  /**
   * Asked when everything is verified and flushed. Every file is in place: an ordinary file, the one that was written, of at
   * least its length; else `storage/missing`, or `storage/unsafe-path` where something else stands in its place. Completes with the paths of those that are longer (`readonly string[]`), which
   * `StoreSpec.overwrite` has had cut.
   */
  confirm(ticket: Ticket, store: Handle): void
  /**
   * Of each file 32 bits of its length, of when it was changed and of which it is (inode); 0: there is none. Another mark: somebody has
   * written to it or replaced it. Completes with `readonly number[]`.
   */
  marks(ticket: Ticket, store: Handle): void
  /**
   * Puts files, what is kept apart of them, journal and lock into another folder, on whatever volume. Reads go on meanwhile, writes wait.
   * Until the copy is there, durable and equal, nothing of the old place is touched, and a failure leaves nothing behind; from then on
   * the old files are good for `erase` alone. Completes with `StoreMoved`, or `undefined`: it is there already. What lies there already
   * must be the same (`storage/foreign-files`); `storage/inside-itself`: it cannot be there.
   */
  move(ticket: Ticket, store: Handle, out: string): void
  /** A move that is under way fails soon, unless it is over. */
  stay(store: Handle): void
  /** Lets go of files and lock. Completes with `undefined`. */
  close(ticket: Ticket, store: Handle): void
  /**
   * Removes the files of a torrent of which no store is open, what is kept apart of them, its journal, and the folders on the way of its files
   * that are empty then; never the out folder, nor anything through a link. Completes with a sentence for each thing that was left
   * (`readonly string[]`).
   */
  erase(ticket: Ticket, spec: EraseSpec): void
}

export interface HasherPort {
  /** SHA-1 of a whole piece, from memory where it is held, else from the files. Completes with 20 bytes. */
  hash(ticket: Ticket, store: Handle, piece: number): void
  /**
   * SHA-1 of each block of 16 KiB in `[begin, begin + length)`, which begins with one, from memory where it is held, else from the
   * files. Completes with 20 bytes a block.
   */
  digests(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void
  /** The same with SHA-256 (BEP 52). Completes with 32 bytes a block, none of no bytes. */
  leaves(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void
}

export interface StatePort {
  /**
   * Takes the state folder for this process, until it ends. Completes with whether it is ours: a later process starts from
   * a copy of what is there and writes no table back.
   */
  claim(ticket: Ticket): void
  /** A named small file of the state folder. Completes with `Uint8Array`, or `undefined` when there is none. */
  read(ticket: Ticket, name: string): void
  /**
   * Replaces it atomically: it is the old one or the new, though after a power cut perhaps neither. Nobody waits for the disk,
   * since all that is kept here can be found again. Completes with `undefined`.
   */
  replace(ticket: Ticket, name: string, bytes: Uint8Array): void
}

/** One request to a web server. */
export interface WebAsk {
  readonly secure: boolean
  /** Where the server is: nothing is looked up any more. `undefined`: a proxy is between, which looks `host` up. */
  readonly to: Address | undefined
  /** A literal local address to ask from, if any. */
  readonly from: string | undefined
  /** As the URL has it: for the certificate, */
  readonly host: string
  readonly port: number
  /** and with the port, for the request. */
  readonly authority: string
  /** With the query. */
  readonly path: string
  /** Bytes `begin` to `end` of what is there alone. */
  readonly range?: { readonly begin: number; readonly end: number } | undefined
}

/** What a server says before it sends; texts as they came, `undefined` where it says nothing. */
export interface WebHead {
  readonly status: number
  readonly length: string | undefined
  readonly range: string | undefined
  readonly encoding: string | undefined
  readonly location: string | undefined
  readonly retryAfter: string | undefined
}

/** Web servers, asked by GET. Connections are kept and used again. Failures carry the codes of streams, `web/certificate`, or `network/name`. */
export interface WebPort {
  /** Completes with a `WebHead`, before any of the body is read. No redirect is followed. */
  get(ticket: Ticket, call: Handle, ask: WebAsk): void
  /** What has come of the body, once something has. Completes with a `Uint8Array`, lent until the input returns; empty: that was all. */
  read(ticket: Ticket, call: Handle): void
  /** Ends the call, whatever is under way; once only. */
  close(call: Handle): void
}
