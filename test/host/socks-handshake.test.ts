import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatBytes, fromHex, latin1, toHex } from '../../src/core/bytes.ts'
import { SocksHandshake } from '../../src/host/socks-handshake.ts'

const LOGIN = { user: 'me', password: 'pässword' }

function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(' ', ''))!
}

/** Gives `answers` one after another and returns what was said, and how it ended. */
function talk(handshake: SocksHandshake, answers: readonly string[]): string[] {
  const said = [toHex(handshake.greeting())]
  for (const answer of answers) {
    const step = handshake.receive(hex(answer))
    if (step.kind === 'say') said.push(toHex(step.bytes))
    else if (step.kind === 'open') said.push(`open ${toHex(step.rest)}`)
    else said.push(step.kind === 'failed' ? step.reason : 'wait')
  }
  return said
}

describe('the handshake with a SOCKS5 proxy (RFC 1928)', () => {
  it('asks for a connection to an IPv4 address', () => {
    assert.deepEqual(
      talk(new SocksHandshake('10.1.2.3', 6881, undefined), ['0500', '05000001 7f000001 0438']),
      ['050100', '050100010a0102031ae1', 'open '],
    )
  })

  it('to an IPv6 address, to one that is an IPv4 address in IPv6 clothes, and to a name that the proxy looks up', () => {
    const asked = (host: string): string => talk(new SocksHandshake(host, 80, undefined), ['0500'])[1]!
    assert.equal(asked('2001:db8::1'), '0501000420010db80000000000000000000000010050')
    assert.equal(asked('::ffff:10.0.0.1'), '050100010a0000010050')
    assert.equal(asked('seed.example'), `050100030c${toHex(latin1('seed.example'))}0050`)
  })

  it('logs in where the proxy asks for that (RFC 1929), and offers no login that it has not', () => {
    const said = talk(new SocksHandshake('10.1.2.3', 1, LOGIN), ['0502', '0100'])
    assert.deepEqual(said, [
      '05020002',
      `01026d650970c3a473${toHex(latin1('sword'))}`,
      '050100010a0102030001',
    ])
    assert.deepEqual(
      talk(new SocksHandshake('10.1.2.3', 1, LOGIN), ['0502', '0105']).at(-1),
      'network/proxy-denied',
    )
    assert.deepEqual(talk(new SocksHandshake('10.1.2.3', 1, LOGIN), ['05ff']).at(-1), 'network/proxy-denied')
    assert.deepEqual(
      talk(new SocksHandshake('10.1.2.3', 1, undefined), ['05ff']).at(-1),
      'network/proxy-denied',
    )
    // A method that was not offered.
    assert.deepEqual(
      talk(new SocksHandshake('10.1.2.3', 1, undefined), ['0502']).at(-1),
      'network/proxy-foreign',
    )
    assert.deepEqual(talk(new SocksHandshake('10.1.2.3', 1, LOGIN), ['0501']).at(-1), 'network/proxy-foreign')
  })

  for (const [code, reason] of [
    [1, 'network/failed'],
    [2, 'network/proxy-forbidden'],
    [3, 'network/failed'],
    [4, 'network/failed'],
    [5, 'network/refused'],
    [6, 'network/timeout'],
    [7, 'network/proxy-foreign'],
    [8, 'network/failed'],
    [99, 'network/failed'],
  ] as const) {
    it(`takes the reply ${code} for ${reason}, with an address behind it or none`, () => {
      const head = `05${code.toString(16).padStart(2, '0')}`
      for (const answer of [`${head}0001 00000000 0000`, head])
        assert.equal(talk(new SocksHandshake('10.1.2.3', 1, undefined), ['0500', answer]).at(-1), reason)
    })
  }

  it('sends away what is no SOCKS5 proxy, or answers before it is asked', () => {
    const last = (...answers: string[]): string =>
      talk(new SocksHandshake('10.1.2.3', 1, LOGIN), answers).at(-1)!
    for (const answers of [
      [toHex(latin1('HTTP/1.1 400 Bad Request'))],
      ['0400'],
      ['0500', '04000001 7f000001 0438'],
      ['0500', '05000002 7f000001 0438'],
      ['0500 05000001 7f000001 0438'],
      ['0502', '0500'],
      ['0502', '0100 0500'],
    ])
      assert.equal(last(...answers), 'network/proxy-foreign', answers.join(' '))
  })

  it('hands on what the far end has said already, and comes to the same in whatever parts an answer arrives', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          '05000001 7f000001 0438',
          '05000003 02 6162 0438',
          `05000004 ${'00'.repeat(16)} 0438`,
        ),
        fc.uint8Array({ maxLength: 600 }),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (answer, behind, cuts) => {
          const handshake = new SocksHandshake('10.1.2.3', 1, undefined)
          handshake.greeting()
          handshake.receive(hex('0500'))
          const bytes = concatBytes([hex(answer), behind])
          let at = 0
          for (const cut of [...cuts, bytes.length]) {
            // Lent: it is overwritten as soon as the call returns.
            const chunk = bytes.slice(at, at + cut)
            at += chunk.length
            const step = handshake.receive(chunk)
            if (step.kind === 'open') {
              assert.deepEqual(concatBytes([step.rest, bytes.subarray(at)]), behind)
              return
            }
            assert.equal(step.kind, 'wait')
            chunk.fill(0xee)
          }
          assert.fail('it never opened')
        },
      ),
    )
  })

  it('tells whose fault it was that the socket ended', () => {
    const handshake = new SocksHandshake('10.1.2.3', 1, undefined)
    assert.equal(handshake.blame('network/refused'), 'network/proxy-unreachable')
    assert.equal(handshake.blame('network/timeout'), 'network/proxy-unreachable')
    handshake.greeting()
    assert.equal(handshake.blame('network/timeout'), 'network/proxy-silent')
    assert.equal(handshake.blame('network/reset'), 'network/proxy-ended')
    handshake.receive(hex('0500'))
    // From here on it is the peer that does not answer.
    assert.equal(handshake.blame('network/timeout'), 'network/timeout')
    assert.equal(handshake.blame('network/ended'), 'network/proxy-ended')
  })
})
