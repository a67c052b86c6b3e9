import assert from 'node:assert/strict'
import { concatBytes } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import { SocksHandshake, type SocksStep } from '../../src/host/socks-handshake.ts'
import type { Format } from './codec-target.ts'

const GRANTED = Uint8Array.of(5, 0, 0, 1, 10, 0, 0, 1, 4, 56)
const NAMED = Uint8Array.of(5, 0, 0, 3, 2, 97, 98, 4, 56)
const SIX = concatBytes([Uint8Array.of(5, 0, 0, 4), new Uint8Array(16), Uint8Array.of(4, 56)])
const TARGETS = ['10.0.0.9', '2001:db8::9', 'a.example', 'a'.repeat(255)]
const LOGIN = { user: 'somebody', password: 'some word' }

/** What a SOCKS5 proxy answers (RFC 1928): in whatever parts it comes, it ends at the first step that is an end, and never throws. */
export const SOCKS_ANSWERS: Format<{ readonly last: SocksStep; readonly fed: number }> = {
  seeds: [
    concatBytes([Uint8Array.of(5, 0), GRANTED, new Uint8Array(300).fill(7)]),
    concatBytes([Uint8Array.of(5, 2, 1, 0), NAMED, new Uint8Array(3)]),
    concatBytes([Uint8Array.of(5, 2, 1, 0), SIX]),
    Uint8Array.of(5, 2, 1, 1),
    Uint8Array.of(5, 0xff),
    Uint8Array.of(5, 0, 5, 5, 0, 1),
    Uint8Array.of(4, 0x5a, 0, 0, 0, 0, 0, 0),
  ],
  read(bytes, rng) {
    const handshake = new SocksHandshake(
      TARGETS[below(rng, TARGETS.length)]!,
      6881,
      below(rng, 2) === 0 ? undefined : LOGIN,
    )
    assert.ok(handshake.greeting().length >= 3)
    let last: SocksStep = { kind: 'wait' }
    let fed = 0
    // Mostly answer by answer, as it comes when somebody waits for each.
    while (fed < bytes.length && (last.kind === 'wait' || last.kind === 'say')) {
      const length = below(rng, 4) === 0 ? 1 + below(rng, 400) : handshake.atProxy ? 2 : 1 + below(rng, 30)
      const chunk = bytes.subarray(fed, fed + length)
      last = handshake.receive(chunk)
      fed += chunk.length
    }
    return { last, fed }
  },
  check({ last, fed }, bytes) {
    if (last.kind === 'failed') assert.match(last.reason, /^network\//)
    if (last.kind === 'say') assert.ok(last.bytes.length <= 513)
    if (last.kind !== 'open') return
    const { rest } = last
    assert.deepEqual(rest, bytes.subarray(fed - rest.length, fed), 'what came behind the answer')
    // At least a method, and a reply with a name that is empty.
    assert.ok(fed - rest.length >= 2 + 7)
  },
}
