import type { Micros } from '../../src/core/time.ts'
import type { DiskFaults } from '../hosts/disk.ts'
import type { Impairment } from '../network/impairment.ts'
import type { Manner } from '../network/site.ts'

/** Which members a fault is about: their hosts' numbers, from 1. */
export type Hosts = readonly number[]

interface Span {
  /** Seconds of virtual time. */
  readonly from: number
  readonly until: number
}

/**
 * Something that goes wrong from one second to another, as plain data. What began is undone at its end, or before when all
 * faults stop.
 */
export type Fault =
  /**
   * The machine dies and starts again at the end. With `power`, what the disk had not synced is gone, but for `torn` bytes of
   * each journal's tail that had come to it all the same (default 0).
   */
  | (Span & {
      readonly kind: 'crash'
      readonly host: number
      readonly power?: boolean
      readonly torn?: number
    })
  /** Nothing gets to these hosts or away from them, or their streams are reset. */
  | (Span & { readonly kind: 'manner'; readonly hosts: Hosts; readonly manner: Exclude<Manner, 'open'> })
  /** Nothing gets from the senders to the receivers; the other way only by a cut of its own. */
  | (Span & { readonly kind: 'cut'; readonly senders: Hosts; readonly receivers: Hosts })
  /** Packets take longer, in microseconds, or share so many bytes a second. */
  | (Span & {
      readonly kind: 'clog'
      readonly senders: Hosts
      readonly receivers: Hosts
      readonly delay?: Micros
      readonly rate?: number
    })
  /** Datagrams are lost, doubled or overtaken everywhere. */
  | (Span & { readonly kind: 'impairment'; readonly shares: Partial<Impairment> })
  | (Span & { readonly kind: 'disk'; readonly hosts: Hosts; readonly faults: Partial<DiskFaults> })
