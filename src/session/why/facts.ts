import type { CloseReason } from '../../peer/close-reasons.ts'

/** What is so of a torrent at one moment: all that a judgement of what limits it rests on. Counts, bytes, bytes per second. */
export interface Facts {
  /** `over`: it wants nothing (complete, stopped, failed). */
  readonly phase: 'starting' | 'metadata' | 'opening' | 'active' | 'over'
  readonly private: boolean
  /** The out folder is not there. */
  readonly folderMissing: boolean
  /** What the disk says, while it refuses to write. */
  readonly refusal: string | undefined
  /** 0 to 1, of what is on disk already. */
  readonly checked: number
  /** Good contacts in the DHT; absent: no DHT, or peers are connected. */
  readonly contacts?: number
  /** 1: strangers reach us over the DHT, 0: they do not; absent: not known. */
  readonly reachable?: number
  /** The port of the gateway that leads to ours; 0: none does; absent: no gateway was asked. */
  readonly mapped?: number
  /** 1: a common peer could bring us together with those behind translators (BEP 55), 0: not over these transports, or not for this torrent. */
  readonly punching: number
  /** Endpoints of peers that are known, and of those: never tried, being dialled. */
  readonly candidates: number
  readonly untried: number
  readonly dialling: number
  /** Handshakes done by peers that dialled us, and that we dialled, since the torrent was added. */
  readonly incoming: number
  readonly outgoing: number
  /** Dials since then that nobody took, and connections that the remote ended before they were of use. */
  readonly unanswered: number
  readonly declined: number
  /** How dials and connections ended since then. */
  readonly ends: ReadonlyMap<CloseReason, number>
  /** Who was convicted of sending what is false. */
  readonly liars: number
  readonly connected: number
  /** Of those that are connected: web servers that are asked for something. */
  readonly servers: number
  /** Connected peers that serve the metadata, and how many sizes of it they claim. */
  readonly suppliers: number
  readonly claims: number
  /** The info dictionary is there, and hashes of its pieces are asked for (BEP 52). */
  readonly hashless: boolean
  /** Wanted pieces that we lack, and of those: nobody connected has them. */
  readonly lacking: number
  readonly nowhere: number
  /** Connected peers that have what we lack. Each is one of the following, or has nothing to do at present. */
  readonly useful: number
  /** It chokes us. */
  readonly choking: number
  /** It could be asked for more: our limit does not let us. */
  readonly rateHeld: number
  /** It was asked for less than half of what keeps it busy, since open pieces take all the memory that they may. */
  readonly starved: number
  /** It was asked and sends nothing. */
  readonly silent: number
  /** It was asked, and sends. */
  readonly asked: number
  /** Requests that wait for an answer. */
  readonly outstanding: number
  /** Open pieces, and of those: wait for their hash, or to be written. */
  readonly open: number
  readonly hashing: number
  readonly writing: number
  readonly down: number
  /** That of the fastest peer. */
  readonly fastest: number
  /** Absent: none. */
  readonly limit?: number
  /** Payload since it was added, and of that: in pieces that were wrong. */
  readonly received: number
  readonly spoiled: number
}
