import type { Laboratory } from '../../support/laboratory.ts'
import type { Program } from '../../support/program.ts'

/** Where a client finds what it needs; each run has its own. */
export interface Seat {
  /** Local address of its own. */
  readonly host: string
  readonly port: number
  /** `host:port` of a DHT node. */
  readonly entry: string
  /** Folder that holds the content, or is to hold it. */
  readonly folder: string
  /** Folder for what else it keeps. */
  readonly state: string
  /** It takes encrypted streams alone, all of them RC4. */
  readonly encrypted: boolean
}

/** Which of a client's lines tell how far it is; what it does not tell is not measured. */
export interface Signs {
  readonly peer?: (line: string) => boolean
  readonly metadata?: (line: string) => boolean
  /** Everything is verified and handed to the kernel. */
  readonly done: (line: string) => boolean
}

/** A program that downloads and seeds. */
export interface Client {
  readonly name: string
  readonly signs: Signs
  /** Downloads and leaves when complete. */
  download(lab: Laboratory, magnet: string, seat: Seat): Program
  /** Seeds until stopped; absent: it is not measured as a seeder. */
  seed?(lab: Laboratory, torrent: string, seat: Seat): Program
}
