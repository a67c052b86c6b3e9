import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import type { Encryption } from '../../src/session/encryption.ts'
import { WorkLimit } from '../../src/session/work-limit.ts'
import {
  accept,
  Carrier,
  converse,
  dial,
  encryption,
  HELLO,
  PEER,
  Reader,
} from '../support/carried-streams.ts'
import { dice } from '../support/dice.ts'
import { inPieces, TORRENT } from '../support/mse-pair.ts'

/** A remote that has met nobody who speaks encrypted. */
function metInClear(): Encryption {
  const by = encryption()
  const { open, end, carriers } = dial(by)
  open()
  end()
  open()
  carriers[1]!.reader!.received(0, [HELLO])
  return by
}

describe('a dialled stream', () => {
  it('says in the clear what it has said in vain, once more to another stream, and tells nobody twice', () => {
    const { carriers, reader, open, end } = dial()
    open()
    assert.deepEqual(reader.said, ['opened'])
    assert.ok(carriers[0]!.take().length >= 96)
    assert.equal(reader.left, 0)
    end()
    assert.equal(carriers.length, 2)
    open()
    assert.deepEqual(carriers[1]!.take(), HELLO)
    assert.equal(reader.left, HELLO.length)
    carriers[1]!.reader!.received(0, [latin1('hello')])
    reader.say(latin1('more'))
    assert.equal(toLatin1(carriers[1]!.take()), 'more')
    assert.equal(reader.text, 'hello')
    assert.equal(reader.left, HELLO.length + 4)
    assert.deepEqual(reader.said, ['opened'])
    end()
    assert.deepEqual(reader.said, ['opened', 'network/ended'])
  })

  it('is encrypted at the second try where the clear was answered before', () => {
    for (const told of [true, false]) {
      const near = dial(metInClear())
      const far = accept()
      near.open()
      assert.deepEqual(near.carriers[0]!.take(told), HELLO)
      near.end()
      near.open()
      converse(near, far)
      assert.equal(far.reader.text, toLatin1(HELLO))
      near.reader.say(latin1('more'))
      far.reader.say(latin1('answer'))
      converse(near, far)
      assert.equal(far.reader.text, `${toLatin1(HELLO)}more`)
      assert.equal(near.reader.text, 'answer')
      assert.equal(near.reader.left, HELLO.length + 4)
    }
  })

  it('is not tried twice once the remote has said a word, nor when it was never open, nor where clear is none', () => {
    const heard = dial()
    heard.open()
    heard.carriers[0]!.reader!.received(0, [Uint8Array.of(7)])
    heard.end()
    assert.deepEqual([heard.carriers.length, heard.reader.said.at(-1)], [1, 'network/ended'])
    const refused = dial()
    refused.end()
    assert.deepEqual([refused.carriers.length, refused.reader.said], [1, ['network/ended']])
    const required = dial(encryption(true))
    required.open()
    required.end()
    assert.deepEqual([required.carriers.length, required.reader.said.at(-1)], [1, 'network/ended'])
  })

  it('tries neither way for ever', () => {
    const near = dial()
    near.open()
    near.end()
    near.open()
    near.end()
    assert.deepEqual([near.carriers.length, near.reader.said], [2, ['opened', 'network/ended']])
  })

  it('goes the other way the next time, when its time was over or what came was no key', () => {
    for (const spoil of [
      (near: ReturnType<typeof dial>) => near.stream.close(true),
      (near: ReturnType<typeof dial>) => near.carriers[0]!.reader!.received(0, [new Uint8Array(96)]),
      (near: ReturnType<typeof dial>) =>
        near.carriers[0]!.reader!.received(0, [new Uint8Array(1000).fill(3)]),
    ]) {
      const by = encryption()
      const near = dial(by)
      near.open()
      spoil(near)
      assert.equal(near.carriers[0]!.closed, 'now')
      const next = dial(by)
      next.open()
      assert.deepEqual(next.carriers[0]!.take(), HELLO)
      by.prefers(PEER)
      const after = dial(by)
      after.open()
      assert.ok(after.carriers[0]!.take().length >= 96)
    }
  })

  it('says what it was closed for', () => {
    const near = dial()
    near.open()
    near.carriers[0]!.reader!.received(0, [new Uint8Array(96)])
    assert.deepEqual(near.reader.said, ['opened', 'mse/bad-key'])
  })

  it('remembers no more than 2048 of those that are in the clear', () => {
    const by = encryption()
    for (let i = 0; i < 2049; i++) {
      let carrier!: Carrier
      const address = parseAddress('203.0.113.9', 1000 + i)!
      const stream = by.dialled(address, TORRENT, () => {
        carrier = new Carrier()
        return carrier
      })
      stream.reader = new Reader(new Carrier())
      carrier.reader!.opened(0)
      stream.close(true)
    }
    const first = (port: number): number => {
      let carrier!: Carrier
      const stream = by.dialled(parseAddress('203.0.113.9', port)!, TORRENT, () => {
        carrier = new Carrier()
        return carrier
      })
      new Reader(stream)
      carrier.reader!.opened(0)
      return carrier.take().length
    }
    assert.ok(first(1000) >= 96)
    assert.equal(first(1001), HELLO.length)
    assert.equal(first(3048), HELLO.length)
  })
})

describe('an encrypted stream', () => {
  for (const required of [false, true]) {
    it(`carries any bytes in any cut, ${required ? 'encrypted' : 'in the clear'} after the handshake, and writes into no view`, () => {
      for (const longest of [1, 13, 70_000]) {
        const near = dial(encryption(required))
        const far = accept()
        near.open()
        converse(near, far, longest)
        const payload = new Uint8Array(200_000)
        dice(4).fill(payload)
        const kept = payload.slice()
        near.stream.send(payload)
        near.stream.reserve(3).set(latin1('end'))
        near.stream.flush()
        const onTheWire = near.carriers[0]!.take(false)
        near.carriers[0]!.reader!.sent(0, onTheWire.length)
        assert.equal(onTheWire.length, payload.length + 3)
        assert.equal(toLatin1(onTheWire.subarray(0, 100)) === toLatin1(payload.subarray(0, 100)), !required)
        const lent = onTheWire.slice()
        far.carrier.reader!.received(0, [onTheWire.subarray(0, 70_001), onTheWire.subarray(70_001)])
        assert.deepEqual(onTheWire, lent)
        assert.deepEqual(payload, kept)
        assert.deepEqual(concatBytes(far.reader.chunks), concatBytes([HELLO, payload, latin1('end')]))
        assert.equal(near.reader.left, HELLO.length + payload.length + 3)
      }
    })
  }

  it('says all before it is closed in good order, and nothing when at once', () => {
    for (const now of [false, true]) {
      const near = dial(encryption(true))
      const far = accept()
      near.open()
      converse(near, far)
      near.stream.reserve(4).set(latin1('last'))
      near.stream.close(now)
      assert.equal(near.carriers[0]!.closed, now ? 'now' : 'gently')
      far.carrier.reader!.received(0, [near.carriers[0]!.take(false)])
      assert.equal(far.reader.text, `${toLatin1(HELLO)}${now ? '' : 'last'}`)
    }
  })

  it('is not read any further once its reader has closed it', () => {
    const near = dial(encryption(true))
    const far = accept()
    near.open()
    converse(near, far)
    near.stream.send(new Uint8Array(200_000))
    near.stream.flush()
    far.reader.received = (_now, views) => {
      far.reader.chunks.push(...views)
      far.stream.close(true)
    }
    far.carrier.reader!.received(0, [near.carriers[0]!.take(), Uint8Array.of(1)])
    assert.equal(far.reader.chunks.length, 2)
  })
})

describe('an accepted stream', () => {
  it('is in the clear when it begins so, byte by byte included', () => {
    for (const longest of [1, 19, 20, 68]) {
      const far = accept()
      inPieces(HELLO, dice(3), longest, (chunk) => far.carrier.reader!.received(0, [chunk]))
      assert.equal(far.reader.text, toLatin1(HELLO))
      far.reader.say(latin1('hello'))
      assert.equal(toLatin1(far.carrier.take()), 'hello')
    }
  })

  it('is closed at the twentieth byte when it must not be', () => {
    const far = accept(encryption(true))
    far.carrier.reader!.received(0, [HELLO.subarray(0, 19)])
    assert.deepEqual(far.reader.said, [])
    far.carrier.reader!.received(0, [HELLO.subarray(19)])
    assert.deepEqual([far.reader.said, far.carrier.closed], [['mse/in-the-clear'], 'now'])
    assert.equal(far.reader.text, '')
  })

  it('may begin with a key that begins as the clear does', () => {
    // One key in 256 does.
    for (let seed = 1; ; seed++) {
      const near = dial(encryption(false, seed))
      near.open()
      const first = near.carriers[0]!.take()
      if (first[0] !== 19) continue
      const far = accept()
      far.carrier.reader!.received(0, [first.subarray(0, 1)])
      far.carrier.reader!.received(0, [first.subarray(1)])
      converse(near, far)
      assert.equal(far.reader.text, toLatin1(HELLO))
      return
    }
  })

  it('is for the torrent that it was encrypted for', () => {
    const near = dial()
    const far = accept()
    assert.ok(far.stream.concerns(new Uint8Array(20)))
    near.open()
    converse(near, far)
    assert.ok(far.stream.concerns(TORRENT))
    assert.ok(!far.stream.concerns(new Uint8Array(20)))
  })

  it('is closed when nobody knows the torrent, or knows it no more', () => {
    const by = encryption(false, 3)
    by.forget(TORRENT)
    const near = dial()
    const far = accept(by)
    near.open()
    converse(near, far)
    assert.deepEqual([far.reader.said, far.carrier.closed], [['mse/unknown-torrent'], 'now'])
  })
})

describe('HS20: what strangers may make us work out', () => {
  it('is 8 handshakes at once of one IP, then one a second, in the global scope', () => {
    const limit = new WorkLimit()
    const allowed = (now: number, host: string): number => {
      let count = 0
      for (let port = 1; port <= 100; port++) if (limit.allows(now, parseAddress(host, port)!)) count += 1
      return count
    }
    assert.equal(allowed(0, '8.0.0.1'), 8)
    assert.equal(allowed(3 * SECOND, '8.0.0.1'), 3)
    assert.equal(allowed(3 * SECOND, '127.0.0.1'), 100)
  })

  it('is 200 at once of all, then 100 a second, and the IPs that are counted are bounded', () => {
    const limit = new WorkLimit()
    const flood = (now: number): number => {
      let count = 0
      for (let i = 0; i < 5000; i++)
        if (limit.allows(now, parseAddress(`8.1.${i >> 8}.${i & 255}`, 1000)!)) count += 1
      return count
    }
    assert.equal(flood(0), 200)
    assert.equal(flood(SECOND), 100)
  })
})
