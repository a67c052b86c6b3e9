import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Address,
  acceptsFrom,
  addressFromBytes,
  addressFromCompact,
  limitKey,
  parseAddress,
  passingAddress,
  type Scope,
  sameAddress,
  splitEndpoint,
  subnetKey,
  withPort,
} from '../../src/core/address.ts'

const at = (host: string, port = 6_881): Address => {
  const address = parseAddress(host, port)
  assert.ok(address !== undefined, host)
  return address
}

describe('an address', () => {
  it('is one frozen object per endpoint, however it was come by', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 0x1a, 0xe1)
    const address = addressFromCompact(bytes, 0, 4)
    assert.equal(address, at('1.2.3.4'))
    assert.equal(address, withPort(at('1.2.3.4', 1), 6_881))
    assert.ok(Object.isFrozen(address))
    assert.deepEqual(
      [address.host, address.port, address.text, address.family],
      ['1.2.3.4', 6_881, '1.2.3.4:6881', 4],
    )
  })

  it('HS20 of a passer-by is equal to it, and is not kept', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4)
    const passer = passingAddress(bytes, 0, 4, 6_882)
    assert.deepEqual(passer, at('1.2.3.4', 6_882))
    assert.notEqual(passer, at('1.2.3.4', 6_882))
    assert.ok(sameAddress(passer, at('1.2.3.4', 6_882)))
    assert.deepEqual(parseAddress('::ffff:1.2.3.4', 6_882, passingAddress), passer)
    assert.deepEqual(parseAddress('2001:db8::1', 1, passingAddress), at('2001:db8::1', 1))
  })

  it('does not change when the bytes that it was read from do', () => {
    const lent = Buffer.of(9, 8, 7, 6, 0, 80)
    const address = addressFromCompact(lent, 0, 4)
    lent.fill(0)
    assert.deepEqual(address.bytes, Uint8Array.of(9, 8, 7, 6))
  })

  it('writes IPv6 in its short form, in brackets beside a port', () => {
    const address = at('2001:0DB8:0:0:0:0:0:1')
    assert.deepEqual([address.host, address.text, address.family], ['2001:db8::1', '[2001:db8::1]:6881', 6])
  })

  it('4.16 of the mapped form is IPv4', () => {
    assert.equal(at('::ffff:1.2.3.4'), at('1.2.3.4'))
    const mapped = Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, 1, 2, 3, 4)
    assert.equal(addressFromBytes(mapped, 0, 6, 6_881), at('1.2.3.4'))
  })

  for (const host of [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '16909060',
    'fe80::1%eth0',
    ':',
    '1::2::3',
    '[::1]',
  ]) {
    it(`is not made of ${JSON.stringify(host)}`, () => assert.equal(parseAddress(host, 1), undefined))
  }

  it('is not made of a port out of range', () => {
    for (const port of [-1, 65_536, 1.5, Number.NaN]) assert.equal(parseAddress('1.2.3.4', port), undefined)
  })

  it('is read back from its own text', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
      fc.uint8Array({ minLength: 18, maxLength: 18 }),
    )
    fc.assert(
      fc.property(bytes, (compact) => {
        const address = addressFromCompact(compact, 0, compact.length === 6 ? 4 : 6)
        assert.equal(parseAddress(address.host, address.port), address)
        if (address.port === 0) return
        assert.deepEqual(splitEndpoint(address.text), { host: address.host, port: address.port })
      }),
    )
  })

  it('stays the same object while it is in use, however many others come and go', () => {
    const kept = at('5.5.5.5')
    const bytes = new Uint8Array(6)
    for (let i = 0; i < 200_000; i++) {
      new DataView(bytes.buffer).setUint32(0, i)
      addressFromCompact(bytes, 0, 4)
      if (i % 10_000 === 0) assert.equal(at('5.5.5.5'), kept)
    }
  })

  it('compares by endpoint', () => {
    assert.ok(sameAddress(at('1.2.3.4'), at('1.2.3.4')))
    assert.ok(!sameAddress(at('1.2.3.4'), at('1.2.3.4', 1)))
  })
})

describe('the scope of an address', () => {
  const scopes: Readonly<Record<Scope, readonly string[]>> = {
    loopback: ['127.0.0.1', '127.255.255.255', '::1'],
    private: [
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '169.254.0.1',
      '100.64.0.1',
      '100.127.255.255',
      'fe80::1',
      'febf::1',
      'fc00::1',
      'fdff::1',
    ],
    global: [
      '11.0.0.1',
      '172.15.0.1',
      '172.32.0.1',
      '192.169.0.1',
      '169.253.0.1',
      '100.63.0.1',
      '100.128.0.1',
      '192.0.2.1',
      '203.0.113.1',
      '2001:db8::1',
      'fec0::1',
      '::2',
    ],
  }
  for (const [scope, hosts] of Object.entries(scopes)) {
    for (const host of hosts) it(`is ${scope} for ${host}`, () => assert.equal(at(host).scope, scope))
  }

  const [loopback, local, global] = [at('127.0.0.1'), at('10.0.0.1'), at('8.8.8.8')]
  it('lets nobody name what is narrower than himself', () => {
    const all = [loopback, local, global]
    const accepted = all.map((sender) => all.map((named) => acceptsFrom(sender, named)))
    assert.deepEqual(accepted, [
      [true, true, true],
      [false, true, true],
      [false, false, true],
    ])
  })

  it('decides what limits count: the IP and its subnet, or the endpoint', () => {
    assert.equal(limitKey(global), limitKey(withPort(global, 1)))
    assert.notEqual(limitKey(local), limitKey(withPort(local, 1)))
    assert.notEqual(limitKey(global), limitKey(at('8.8.8.9')))
    assert.equal(
      limitKey(at('2001:db8::1')),
      limitKey(at('2001:db8::ffff:1', 1)),
      'a host may use all of its /64',
    )
    assert.notEqual(limitKey(at('2001:db8::1')), limitKey(at('2001:db8:0:1::1')))
    // 8.8.8.88 in ASCII.
    assert.notEqual(limitKey(at('8.8.8.88')), limitKey(at('382e:382e:382e:3838::1')))
    assert.equal(subnetKey(global), subnetKey(at('8.8.8.9', 1)))
    assert.notEqual(subnetKey(global), subnetKey(at('8.8.9.8')))
    assert.equal(subnetKey(at('2001:db8::1')), subnetKey(at('2001:db8::ffff:1')))
    assert.notEqual(subnetKey(at('2001:db8::1')), subnetKey(at('2001:db8:0:1::1')))
    assert.notEqual(subnetKey(loopback), subnetKey(withPort(loopback, 1)))
  })
})

describe('an unusable address', () => {
  for (const host of [
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    'ff00::1',
    'ff02::1',
  ]) {
    it(`2.25, 3.12 is ${host}, from whomever`, () => {
      assert.equal(at(host).usable, false)
      assert.equal(acceptsFrom(at('127.0.0.1'), at(host)), false)
    })
  }

  it('has port 0', () => {
    assert.equal(at('8.8.8.8', 0).usable, false)
    assert.equal(at('8.8.8.8', 65_535).usable, true)
  })
})

describe('an endpoint in text', () => {
  for (const [text, host, port] of [
    ['1.2.3.4:80', '1.2.3.4', 80],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ['router.example.org:6881', 'router.example.org', 6_881],
    ['bücher.example:1', 'bücher.example', 1],
    ['under_score-1:1', 'under_score-1', 1],
  ] as const) {
    it(`is split: ${text}`, () => assert.deepEqual(splitEndpoint(text), { host, port }))
  }

  for (const text of [
    '',
    '1.2.3.4',
    ':80',
    'a:',
    'a:0',
    'a:65536',
    'a:-1',
    'a:1x',
    '::1:80',
    '[::1]',
    '[::1]80',
    '[a]:80',
    'a b:80',
    'a\x1b:80',
    'a/b:80',
    'u@a:80',
    `${'x'.repeat(254)}:1`,
  ]) {
    it(`is none: ${JSON.stringify(text.slice(0, 30))}`, () => assert.equal(splitEndpoint(text), undefined))
  }
})
