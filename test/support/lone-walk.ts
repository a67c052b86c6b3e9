import assert from 'node:assert/strict'
import { writeNode } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import type { LookupRequest, LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { INFO_HASH, LoneNode, type SentQuery } from './lone-node.ts'
import { address } from './virtual-dht.ts'

export const FIRST = address('60.100.1.1')
export const FIRST_ID: Id = latin1('firstfirstfirstfirst')
export const TOKEN = '5:token4:tokn'

export interface Walk {
  readonly lone: LoneNode
  readonly peers: string[]
  result: LookupResult | undefined
  /** Queries of the walk so far. */
  queries(): SentQuery[]
  cancel(): void
}

/** A look-up by a node whose only contact is `FIRST`. */
export function walk(request: Partial<LookupRequest> = {}, options?: Partial<DhtOptions>): Walk {
  const lone = new LoneNode(options === undefined ? {} : { options })
  lone.befriend(FIRST_ID, FIRST)
  const before = lone.sent.length
  const self: Walk = {
    lone,
    peers: [],
    result: undefined,
    queries: () =>
      lone
        .queries(before)
        .filter(({ message }) => message.method === 'get_peers' || message.method === 'announce_peer'),
    cancel: () => handle.cancel(lone.now),
  }
  const handle = lone.node.lookup(
    lone.now,
    { target: INFO_HASH, want: 'peers', ...request },
    {
      peers: (_, peers) => {
        for (const { text } of peers) self.peers.push(text)
      },
      done: (_, result) => {
        assert.equal(self.result, undefined, 'done is called once')
        self.result = result
      },
    },
  )
  return self
}

export function nodes(...list: readonly (readonly [Id, Address])[]): Uint8Array {
  const bytes = new Uint8Array(26 * list.length)
  let at = 0
  for (const [id, place] of list) at = writeNode(bytes, at, { id, address: place })
  return concatBytes([latin1(`5:nodes${bytes.length}:`), bytes])
}

/** An id that shares all but the last bytes with the target: the nearer, the smaller `distance`. */
export function near(distance: number): Id {
  const id = INFO_HASH.slice()
  id[18]! ^= distance >> 8
  id[19]! ^= distance & 255
  return id
}
