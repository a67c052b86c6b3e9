import { toHex } from '../core/bytes.ts'
import type { SessionEvent } from '../session/events.ts'
import type { ListenAddress } from './events.ts'

/** Where a node listens, and under which ids. */
export class Places {
  readonly #list: ListenAddress[] = []

  /** One per bound address; live, to be read only. */
  get list(): readonly ListenAddress[] {
    return this.#list
  }

  opened({ address, nodeId }: Extract<SessionEvent, { kind: 'listening' }>): void {
    const { host, port } = address
    this.#list.push({ host, port, nodeId: nodeId === undefined ? undefined : toHex(nodeId) })
  }

  /** What listens there has another id. */
  renamed({ address, nodeId }: Extract<SessionEvent, { kind: 'node-id' }>): {
    readonly host: string
    readonly port: number
    readonly nodeId: string
  } {
    const { host, port } = address
    const place = { host, port, nodeId: toHex(nodeId) }
    this.#list[this.#list.findIndex((other) => other.host === host && other.port === port)] = place
    return place
  }
}
