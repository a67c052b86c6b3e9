import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeKrpc, type KrpcError, type KrpcResponse } from '../../src/codec/krpc.ts'
import { packet, text } from './vectors.ts'

function response(notation: string, loneEighteen?: 4 | 6): KrpcResponse {
  const message = decodeKrpc(packet(notation), loneEighteen)
  assert.equal(message?.kind, 'response', notation)
  return message as KrpcResponse
}

function error(notation: string): KrpcError {
  const message = decodeKrpc(packet(notation))
  assert.equal(message?.kind, 'error', notation)
  return message as KrpcError
}

describe('responses', () => {
  const ID = '2:id20:abcdefghij0123456789'
  const wrap = (r: string): string => `d1:rd${r}e1:t2:aa1:y1:re`
  const node4 = 'mnopqrstuvwxyz123456\x01\x02\x03\x04\x1a\xe1'
  const node6 = 'mnopqrstuvwxyz123456\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe1'
  const hosts = (peers: readonly { text: string }[]): string[] => peers.map((peer) => peer.text)

  it('reads nodes, nodes6, values and token', () => {
    const found = response(
      wrap(`${ID}5:nodes26:${node4}6:nodes638:${node6}5:token3:abc6:valuesl6:\x05\x06\x07\x08\0\x50e`),
    )
    assert.deepEqual(hosts(found.nodes.map((node) => node.address)), ['1.2.3.4:6881'])
    assert.equal(text(found.nodes[0]!.id), 'mnopqrstuvwxyz123456')
    assert.deepEqual(hosts(found.nodes6.map((node) => node.address)), ['[2001:db8::1]:6881'])
    assert.deepEqual(hosts(found.values), ['5.6.7.8:80'])
    assert.equal(text(found.token!), 'abc')
  })

  it('8.19 8.20 reads samples, brought into their bounds', () => {
    const sampleIn = (fields: string): unknown => response(wrap(`${ID}${fields}`)).sample
    const two = 'mnopqrstuvwxyz123456'.repeat(2)
    const hashes = Uint8Array.from(two, (letter) => letter.charCodeAt(0))
    const none = new Uint8Array(0)
    assert.deepEqual(sampleIn(`8:intervali60e3:numi7e7:samples40:${two}`), { hashes, total: 7, interval: 60 })
    assert.deepEqual(sampleIn('8:intervali0e3:numi0e7:samples0:'), { hashes: none, total: 0, interval: 0 })
    assert.equal(sampleIn('8:intervali60e3:numi7e'), undefined)
    assert.equal(sampleIn('7:samplesi5e'), undefined)
    assert.deepEqual(sampleIn(`7:samples40:${two}`), { hashes, total: 2, interval: 0 })
    assert.deepEqual(sampleIn(`8:intervali-1e3:numi1e7:samples40:${two}`), { hashes, total: 2, interval: 0 })
    assert.deepEqual(sampleIn(`8:intervali1000000000e3:num1:x7:samples40:${two}`), {
      ...{ hashes, total: 2, interval: 21_600 },
    })
    assert.deepEqual(sampleIn('8:interval2:603:numi7e7:samples19:{19*x}'), {
      ...{ hashes: none, total: 7, interval: 0 },
    })
  })

  for (const r of [
    '',
    '1:rle',
    '1:r1:x',
    '1:ri1e',
    '1:rde',
    '1:rd2:id19:{19*x}e',
    '1:rd2:id21:{21*x}e',
    '1:rd2:idi5ee',
  ]) {
    it(`3.07 gives a response without id for ${r || 'no r'}`, () => {
      assert.equal(response(`d${r}1:t2:aa1:y1:re`).id, undefined)
    })
  }

  it('3.10, 3.11, 3.22 takes malformed lists for empty ones', () => {
    for (const nodes of ['25:{25*x}', '27:{27*x}', 'i5e', 'le', '0:']) {
      assert.deepEqual(response(wrap(`${ID}5:nodes${nodes}`)).nodes, [], nodes)
    }
    assert.deepEqual(response(wrap(`${ID}6:nodes626:${node4}`)).nodes6, [])
    for (const values of ['6:abcdef', 'd1:a6:abcdefe', 'i1e', 'le']) {
      assert.deepEqual(response(wrap(`${ID}6:values${values}`)).values, [], values)
    }
  })

  it('3.12 leaves IPv4-mapped entries out of nodes6', () => {
    const mapped = `mnopqrstuvwxyz123456${'\0'.repeat(10)}\xff\xff\x01\x02\x03\x04\x1a\xe1`
    assert.deepEqual(response(wrap(`${ID}6:nodes638:${mapped}`)).nodes6, [])
  })

  it('3.19, 3.20 reads values of both families and skips the rest', () => {
    const six = '6:\x05\x06\x07\x08\0\x50'
    const found = response(
      wrap(`${ID}6:valuesl${six}18:${node6.slice(20)}0:5:abcde7:abcdefg17:{17*x}i5el6:abcdefee`),
    )
    assert.deepEqual(hosts(found.values), ['5.6.7.8:80', '[2001:db8::1]:6881'])
  })

  it('3.21 reads one long string as the old concatenated form', () => {
    const three = '\x01\x02\x03\x04\0\x50\x02\x02\x03\x04\0\x50\x03\x02\x03\x04\0\x50'
    assert.equal(response(wrap(`${ID}6:valuesl12:${three.slice(0, 12)}e`)).values.length, 2)
    assert.deepEqual(hosts(response(wrap(`${ID}6:valuesl18:${three}e`), 4).values), [
      '1.2.3.4:80',
      '2.2.3.4:80',
      '3.2.3.4:80',
    ])
    assert.equal(response(wrap(`${ID}6:valuesl18:${three}e`)).values[0]!.family, 6)
    assert.deepEqual(response(wrap(`${ID}6:valuesl13:${three.slice(0, 13)}e`)).values, [])
  })

  it('3.25 takes tokens that are no strings or over 128 bytes for missing, empty ones as they are', () => {
    assert.equal(response(wrap(`${ID}5:tokeni5e`)).token, undefined)
    assert.equal(response(wrap(`${ID}5:token129:{129*x}`)).token, undefined)
    assert.equal(response(wrap(`${ID}5:token128:{128*x}`)).token?.length, 128)
    assert.equal(response(wrap(`${ID}5:token0:`)).token?.length, 0)
  })

  it('6.09, 6.14 reads a top-level ip of 6 or 18 bytes alone', () => {
    const ip = (value: string): string | undefined =>
      response(`d2:ip${value}1:rd${ID}e1:t2:aa1:y1:re`).ip?.text
    assert.equal(ip('6:\x01\x02\x03\x04\x1a\xe1'), '1.2.3.4:6881')
    assert.equal(ip(`18:${node6.slice(20)}`), '[2001:db8::1]:6881')
    for (const bad of ['0:', '4:abcd', '5:abcde', '7:abcdefg', '17:{17*x}', 'i5e'])
      assert.equal(ip(bad), undefined)
    assert.equal(response(wrap(`${ID}2:ip6:abcdef`)).ip, undefined)
  })
})

describe('errors', () => {
  it('reads the example of BEP 5', () => {
    const found = error('d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee')
    assert.deepEqual([found.code, found.message], [201, 'A Generic Error Ocurred'])
  })

  for (const e of [
    '',
    '1:e5:wrong',
    '1:ede',
    '1:eli201ee',
    '1:el1:xi1ee',
    '1:ele',
    '1:eli201ei5ee',
    '1:ei1e',
  ]) {
    it(`2.28 gives code 0 for ${e || 'no e'}`, () => {
      const found = error(`d${e}1:t2:aa1:y1:ee`)
      assert.deepEqual([found.code, found.message], [0, ''])
    })
  }

  it('6.16 reads the ip vote beside an e that is a dictionary', () => {
    assert.equal(error('d1:ed1:ai1ee2:ip6:\x01\x02\x03\x04\x1a\xe11:t2:aa1:y1:ee').ip?.text, '1.2.3.4:6881')
  })

  it('strips what could upset a terminal from the message', () => {
    assert.equal(error('d1:eli201e8:\x1b[31mred\x07e1:t2:aa1:y1:ee'.replace('8:', '9:')).message, '[31mred')
  })
})
