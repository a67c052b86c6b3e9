import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Ports, RandomPort } from '../../src/session/ports.ts'

/** Ports that answer nothing: the answers of a replayed run are in its record. */
export function nullPorts(random: RandomPort): Ports {
  const nothing = (): void => {}
  const room = (length: number): Uint8Array => new Uint8Array(length)
  return {
    clock: { wall: () => 0, wakeAt: nothing },
    random,
    crypto: nodeCrypto,
    names: { resolve: nothing, own: nothing, changed: nothing },
    udp: { bind: nothing, join: nothing, reserve: room, send: nothing, close: nothing },
    streams: {
      listen: nothing,
      connect: nothing,
      reserve: (_stream, length) => room(length),
      send: nothing,
      flush: nothing,
      pause: nothing,
      resume: nothing,
      close: nothing,
      unlisten: nothing,
    },
    storage: {
      open: nothing,
      prepare: nothing,
      write: nothing,
      flush: nothing,
      release: nothing,
      read: nothing,
      append: nothing,
      rewrite: nothing,
      barrier: nothing,
      confirm: nothing,
      select: nothing,
      marks: nothing,
      move: nothing,
      stay: nothing,
      close: nothing,
      erase: nothing,
    },
    hasher: { hash: nothing, digests: nothing, leaves: nothing },
    state: { claim: nothing, read: nothing, replace: nothing },
    web: { get: nothing, read: nothing, close: nothing },
    mapping: { map: nothing, unmap: nothing },
  }
}
