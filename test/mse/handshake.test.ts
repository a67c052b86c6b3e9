import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes, latin1, toHex, writeUint16, writeUint32 } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import type { AcceptedInit } from '../../src/mse/accepted-handshake.ts'
import { type Agreement, METHOD } from '../../src/mse/handshake-init.ts'
import { KeyExchange } from '../../src/mse/key-exchange.ts'
import type { Rc4 } from '../../src/mse/rc4.ts'
import { masked, streamKeys, syncMark, torrentMark } from '../../src/mse/stream-keys.ts'
import { dice } from '../support/dice.ts'
import { accepting, BOTH, converse, dialling, inPieces, sha1, TORRENT } from '../support/mse-pair.ts'

const HELLO = latin1('a handshake of BitTorrent, 68 bytes as a rule, and what follows it')
const { plain, rc4 } = METHOD

function crypted(cipher: Rc4, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length)
  cipher.crypt(bytes, out)
  return out
}

/** What a stream of this agreement says after the handshake. */
function said({ method, sending }: Agreement, bytes: Uint8Array): Uint8Array {
  return method === rc4 ? crypted(sending, bytes) : bytes
}

function heard({ method, receiving, initial }: Agreement, bytes: Uint8Array): Uint8Array {
  const covered = method === rc4 ? bytes.length : initial
  return concatBytes([crypted(receiving, bytes.subarray(0, covered)), bytes.subarray(covered)])
}

describe('HS22: two ends of an encrypted handshake', () => {
  const matrix: [ours: number, theirs: number, selected: number][] = [
    [BOTH, BOTH, plain],
    [BOTH, rc4, rc4],
    [rc4, BOTH, rc4],
    [plain, BOTH, plain],
    [BOTH, plain, plain],
  ]
  for (const [offered, allowed, selected] of matrix) {
    it(`agree on ${selected} when ${offered} is offered and ${allowed} allowed, with any padding, in any cut`, () => {
      for (const [nth, [one, other]] of [
        [0, 0],
        [512, 512],
        [0, 512],
        [512, 0],
        [17, 300],
      ].entries()) {
        for (const longest of [1, 7, 100, 5000]) {
          const rng = dice(nth * 10 + longest)
          const near = dialling({ methods: offered, initial: () => HELLO, pad: () => one! }, nth + 1)
          const far = accepting({ methods: allowed, pad: () => other! }, nth + 100)
          converse(near, far, rng, longest)
          assert.equal(near.agreement.method, selected)
          assert.equal(far.agreement.method, selected)
          assert.equal(far.agreement.initial, HELLO.length)
          assert.equal(far.handshake.infoHash, TORRENT)
          // What was said first came with the handshake; what both say next follows it.
          const next = latin1('and more')
          inPieces(said(near.agreement, next), rng, longest, (chunk) => far.receive(chunk))
          inPieces(said(far.agreement, next), rng, longest, (chunk) => near.receive(chunk))
          assert.deepEqual(heard(far.agreement, concatBytes(far.rest)), concatBytes([HELLO, next]))
          assert.deepEqual(heard(near.agreement, concatBytes(near.rest)), next)
        }
      }
    })
  }

  it('pad by lot, so that no length tells them', () => {
    const lengths = new Set(
      Array.from({ length: 200 }, (_, seed) => dialling({}, seed + 1).take().length - 96),
    )
    assert.ok(lengths.size > 120, `${lengths.size} lengths`)
    assert.ok(Math.min(...lengths) >= 0 && Math.max(...lengths) <= 512)
  })

  it('part when they have no method in common', () => {
    const far = accepting({ methods: plain })
    converse(dialling({ methods: rc4 }), far)
    assert.equal(far.handshake.outcome, 'no-method')
  })

  it('part when one does not know the torrent, and say nothing of it', () => {
    const near = dialling({ infoHash: new Uint8Array(20) })
    const far = accepting({ pad: () => 0 })
    far.receive(near.take())
    near.receive(far.take())
    far.receive(near.take())
    assert.equal(far.handshake.outcome, 'unknown-torrent')
    assert.equal(far.sent.length, 0)
  })
})

/** A remote that knows what it does: it dials `far`, and has learned the secret. */
function knowing(init: Partial<AcceptedInit> = {}) {
  const far = accepting({ pad: () => 0, ...init })
  const exchange = new KeyExchange(dice(9))
  far.receive(exchange.publicKey())
  const secret = exchange.agree(far.take())!
  const { dialler } = streamKeys(sha1, secret, TORRENT)
  const names = concatBytes([syncMark(sha1, secret), masked(sha1, secret, torrentMark(sha1, TORRENT))])
  return { far, names, dialler, secret }
}

/** The encrypted part of what the side that dials says, padding and payload aside. */
function offer(constant: number, provide: number, pad: number): Uint8Array {
  const bytes = new Uint8Array(14)
  bytes[7] = constant
  writeUint32(bytes, 8, provide)
  writeUint16(bytes, 12, pad)
  return bytes
}

describe('HS22: a hostile dialler', () => {
  it('is sent away at the bound when its padding does not end', () => {
    const { far, names } = knowing()
    far.receive(new Uint8Array(512 + 19))
    assert.equal(far.handshake.outcome, undefined)
    far.receive(new Uint8Array(1))
    assert.equal(far.handshake.outcome, 'no-sync')
    far.receive(names)
    assert.equal(far.handshake.outcome, 'no-sync')
    const late = knowing()
    late.far.receive(concatBytes([new Uint8Array(513), late.names]))
    assert.equal(late.far.handshake.outcome, 'no-sync')
    const within = knowing()
    within.far.receive(concatBytes([new Uint8Array(512), within.names]))
    assert.equal(within.far.handshake.infoHash, TORRENT)
  })

  const offers: [what: string, bytes: Uint8Array, outcome: string | undefined][] = [
    ['its constant is none', offer(1, BOTH, 0), 'bad-constant'],
    ['it offers nothing', offer(0, 0, 0), 'no-method'],
    ['it offers what nobody knows', offer(0, 0xff_ff_ff_fc, 0), 'no-method'],
    ['it announces 513 bytes of padding', offer(0, BOTH, 513), 'pad-too-long'],
    ['it announces 512', offer(0, BOTH | 0x80, 512), undefined],
  ]
  for (const [what, bytes, outcome] of offers) {
    it(`comes to ${outcome ?? 'nothing yet'} when ${what}`, () => {
      const { far, names, dialler } = knowing()
      far.receive(concatBytes([names, crypted(dialler, bytes)]))
      assert.equal(far.handshake.outcome, outcome)
    })
  }

  it('learns nothing when its key is none, and costs nothing', () => {
    const key = new Uint8Array(96)
    for (const [what, bytes] of [
      ['0', key],
      ['text', latin1('GET / HTTP/1.1\r\nHost: example.org\r\n'.padEnd(120, 'x'))],
      ['TLS', concatBytes([Uint8Array.of(22, 3, 1), new Uint8Array(100).fill(0xf0)])],
    ] as const) {
      const far = accepting({ mayWork: () => assert.fail('it works') })
      far.receive(bytes)
      assert.equal(far.handshake.outcome, 'bad-key', what)
      assert.equal(far.sent.length, 0)
    }
    const far = accepting()
    far.receive(new Uint8Array(96).fill(0xff))
    assert.equal(far.handshake.outcome, 'bad-key')
    assert.equal(far.sent.length, 0)
  })

  it('gets no answer while there is too much to do', () => {
    const near = dialling()
    const far = accepting({ mayWork: () => false })
    far.receive(near.take())
    assert.equal(far.handshake.outcome, 'busy')
    assert.equal(far.sent.length, 0)
  })

  it('that sends half a key is waited for', () => {
    const far = accepting()
    far.receive(dialling().take().subarray(0, 95))
    assert.equal(far.handshake.outcome, undefined)
    assert.equal(far.sent.length, 0)
  })
})

/** What `near` said, to one who knows the secret but does as it likes. */
function answering(near: ReturnType<typeof dialling>) {
  const exchange = new KeyExchange(dice(8))
  const secret = exchange.agree(near.take().subarray(0, 96))!
  near.receive(exchange.publicKey())
  const { accepter } = streamKeys(sha1, secret, TORRENT)
  return (select: number, pad: number, constant = 0): Uint8Array =>
    crypted(accepter, offer(constant, select, pad))
}

describe('HS22: a hostile listener', () => {
  const selections: [offered: number, select: number, pad: number, outcome: string | undefined][] = [
    [rc4, plain, 0, 'no-method'],
    [plain, rc4, 0, 'no-method'],
    [BOTH, 0, 0, 'no-method'],
    [BOTH, BOTH, 0, 'no-method'],
    [BOTH, 4, 0, 'no-method'],
    [BOTH, 0x8000_0001, 0, 'no-method'],
    [BOTH, rc4, 513, 'pad-too-long'],
    [BOTH, rc4, 512, undefined],
  ]
  for (const [offered, select, pad, outcome] of selections) {
    it(`comes to ${outcome ?? 'nothing yet'} when it selects ${select} of ${offered} with ${pad} bytes`, () => {
      const near = dialling({ methods: offered })
      near.receive(answering(near)(select, pad))
      assert.equal(near.handshake.outcome, outcome)
    })
  }

  it('is left at the bound when its padding does not end', () => {
    const near = dialling()
    answering(near)
    near.receive(new Uint8Array(512 + 7))
    assert.equal(near.handshake.outcome, undefined)
    near.receive(new Uint8Array(1))
    assert.equal(near.handshake.outcome, 'no-sync')
  })

  it('is told nothing more when its key is none', () => {
    const near = dialling()
    near.take()
    near.receive(new Uint8Array(96))
    assert.equal(near.handshake.outcome, 'bad-key')
    assert.equal(near.sent.length, 0)
  })

  it('that has another torrent in mind is not understood', () => {
    const near = dialling()
    const exchange = new KeyExchange(dice(8))
    const secret = exchange.agree(near.take().subarray(0, 96))!
    near.receive(exchange.publicKey())
    const { accepter } = streamKeys(sha1, secret, new Uint8Array(20))
    near.receive(concatBytes([crypted(accepter, offer(0, rc4, 0)), new Uint8Array(512)]))
    assert.equal(near.handshake.outcome, 'no-sync')
  })
})

it('what is heard is random bytes to whoever does not know the torrent', () => {
  // All that passes on the wire, both ways, over many handshakes: each byte value about as often as any other.
  const counts = new Uint32Array(256)
  let all = 0
  for (let seed = 1; seed <= 60; seed++) {
    const near = dialling({ initial: () => HELLO, methods: rc4 }, seed)
    const far = accepting({}, seed + 500)
    for (let turn = 0; turn < 2; turn++) {
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        const bytes = from.take()
        assert.ok(!toHex(bytes).includes(toHex(TORRENT)))
        for (const byte of bytes) counts[byte]! += 1
        all += bytes.length
        to.receive(bytes)
      }
    }
    assert.equal(far.agreement.method, rc4)
  }
  const expected = all / 256
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  assert.ok(chiSquared < 360, `${chiSquared}`)
})

it('random bytes come to nothing on either side, and neither throws', () => {
  const rng = dice(77)
  for (let round = 0; round < 300; round++) {
    const noise = new Uint8Array(below(rng, 1500))
    rng.fill(noise)
    const side = round % 2 === 0 ? dialling({}, round + 1) : accepting({}, round + 1)
    inPieces(noise, rng, 700, (chunk) => side.receive(chunk))
    assert.ok(typeof side.handshake.outcome !== 'object')
  }
})
