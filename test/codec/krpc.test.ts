import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeKrpc, type KrpcQuery } from '../../src/codec/krpc.ts'
import { packet, text } from './vectors.ts'

function query(notation: string): KrpcQuery {
  const message = decodeKrpc(packet(notation))
  assert.equal(message?.kind, 'query', notation)
  return message as KrpcQuery
}

const PING = 'd1:ad<A>e1:q4:ping<z>'

/** A ping of `length` bytes. */
function padded(length: number): string {
  const size = length - packet('d1:ad<A>1:xe1:q4:ping<z>').length
  const padding = size - `${size}:`.length
  return `d1:ad<A>1:x${padding}:{${padding}*x}e1:q4:ping<z>`
}

describe('queries', () => {
  it('1.01 reads a ping', () => {
    const ping = query(PING)
    assert.equal(ping.method, 'ping')
    assert.equal(ping.fault, undefined)
    assert.equal(text(ping.id), 'abcdefghij0123456789')
    assert.equal(text(ping.transaction), 'aa')
    assert.equal(ping.readOnly, false)
  })

  for (const t of [
    '',
    '\x00',
    'e',
    '\xff\xfe',
    'abcd',
    'abcdef',
    'abcdefgh',
    't'.repeat(20),
    't'.repeat(32),
    't'.repeat(64),
  ]) {
    it(`1.02, 2.19, 2.20 keeps a transaction id of ${t.length} bytes as it is: ${JSON.stringify(t)}`, () => {
      assert.equal(text(query(`d1:ad<A>e1:q4:ping1:t${t.length}:${t}1:y1:qe`).transaction), t)
    })
  }

  for (const extra of ['1:v4:LT\x01\x02', '1:vi1e', '1:vle', '1:vd1:ai1ee']) {
    it(`1.03 does not care for the type of v: ${JSON.stringify(extra)}`, () => {
      assert.equal(query(`d1:ad<A>e1:q4:ping1:t2:aa${extra}1:y1:qe`).fault, undefined)
    })
  }

  const benign: readonly (readonly [string, string])[] = [
    ['1.04 an unknown argument', 'd1:ad3:fooi7e<A>e1:q4:ping<z>'],
    ['1.04 an unknown top-level key', `d1:ad<A>e1:q4:ping<z>`.replace(/e$/, '3:zzz3:abce')],
    ['2.13 unsorted keys', 'd1:q4:ping1:ad<A>e1:t2:aa1:y1:qe'],
    ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length'].flatMap((name) => [
      [`2.15 the key ${name} at the top`, `d1:ad<A>e${name.length}:${name}d1:qi1ee1:q4:ping<z>`] as const,
      [
        `2.15 the key ${name} among the arguments`,
        `d1:ad<A>${name.length}:${name}le1:xi1ee1:q4:ping<z>`,
      ] as const,
    ]),
    ['2.16 keys that are not UTF-8', 'd1:ad<A>2:\xff\xfe1:xe1:q4:ping<z>'],
    ['2.22 padding to 1024 bytes', padded(1_024)],
    ['2.23 padding to 4096 bytes', padded(4_096)],
    ['6.21 ro among the arguments', 'd1:ad<A>2:roi1ee1:q4:ping<z>'],
  ]
  for (const [name, notation] of benign) {
    it(`answers a ping with ${name} as one without`, () => assert.deepEqual(query(notation), query(PING)))
  }

  it('1.05, 1.09 reads target and info_hash', () => {
    const findNode = query('d1:ad<A><tg>e1:q9:find_node<z>')
    assert.equal(text(findNode.target!), 'mnopqrstuvwxyz123456')
    assert.equal(findNode.infoHash, undefined)
    const getPeers = query('d1:ad<A><ih>e1:q9:get_peers<z>')
    assert.equal(text(getPeers.infoHash!), 'mnopqrstuvwxyz123456')
    assert.equal(text(getPeers.target!), 'mnopqrstuvwxyz123456')
  })

  const announces: readonly (readonly [string, string, Partial<KrpcQuery>])[] = [
    ['1.12', '12:implied_porti0e<ih>4:porti6881e<tok>', { port: 6881, impliedPort: false }],
    ['1.13', '12:implied_porti1e<ih>4:porti1e<tok>', { port: 1, impliedPort: true }],
    ['1.13', '12:implied_porti1e<ih>4:porti0e<tok>', { port: undefined, impliedPort: true }],
    ['1.13', '12:implied_porti1e<ih>4:porti70000e<tok>', { port: undefined, impliedPort: true }],
    ['1.13', '12:implied_porti1e<ih><tok>', { port: undefined, impliedPort: true }],
    ['1.14', '12:implied_porti2e<ih><tok>', { impliedPort: true }],
    ['1.15', '12:implied_port1:1<ih>4:porti6881e<tok>', { port: 6881, impliedPort: false }],
    ['1.21', '<ih>4:porti6881e5:token0:', { token: new Uint8Array(0) }],
    ['1.21', '<ih>4:porti6881e5:token1000:{1000*x}', { token: new Uint8Array(1_000).fill(0x78) }],
    ['5.08', '<ih>4:porti6881e4:seedi1e<tok>', { seed: true }],
    ['5.08', '<ih>4:porti6881e4:seedi0e<tok>', { seed: false }],
    ['1.16', '<ih>4:porti65535e<tok>', { port: 65_535, fault: undefined }],
  ]
  for (const [row, args, expected] of announces) {
    it(`${row} reads an announce with ${args}`, () => {
      const announce = query(`d1:ad<A>${args}e1:q13:announce_peer<z>`)
      assert.equal(announce.fault, undefined)
      for (const [field, value] of Object.entries(expected)) {
        assert.deepEqual(announce[field as keyof KrpcQuery], value, field)
      }
    })
  }

  const methods = ['4:ping', '9:find_node', '9:get_peers', '13:announce_peer'] as const
  const faults: readonly (readonly [string, string, string])[] = [
    ['1.22', 'd1:ad<A><ih>4:porti6881e5:tokeni5ee1:q13:announce_peer<z>', 'Bad token'],
    ['1.23', 'd1:ad<A><ih>4:porti6881ee1:q13:announce_peer<z>', 'Bad token'],
    ...['i0e', 'i65536e', 'i-1e', 'i9223372036854775808e', '4:6881', 'le'].map(
      (port) => ['1.24, 1.25', `d1:ad<A><ih>4:port${port}<tok>e1:q13:announce_peer<z>`, 'Bad port'] as const,
    ),
    ['1.25', 'd1:ad<A><ih><tok>e1:q13:announce_peer<z>', 'Bad port'],
    ['1.26', 'd1:q13:announce_peer<z>', 'Bad arguments'],
    ['1.35', 'd1:ad<A>e1:qi1e<z>', 'Bad method'],
    ['1.35', 'd1:ad<A>e<z>', 'Bad method'],
    ...methods.flatMap((method) => [
      ['1.36', `d1:q${method}<z>`, 'Bad arguments'] as const,
      ...['le', '1:a', 'i1e'].map((a) => ['1.36', `d1:a${a}1:q${method}<z>`, 'Bad arguments'] as const),
      ['1.36', `d1:ade1:q${method}<z>`, 'Bad id'] as const,
      ...['0:', '19:{19*x}', '21:{21*x}', '1000:{1000*x}', 'i1e', 'le'].map(
        (id) => ['1.37', `d1:ad2:id${id}<ih><tg><tok>e1:q${method}<z>`, 'Bad id'] as const,
      ),
    ]),
    ...['0:', '3:abc', '19:{19*x}', '21:{21*x}', 'i5e', 'le', 'de'].flatMap((value) => [
      ['1.38', `d1:ad<A>6:target${value}e1:q9:find_node<z>`, 'Bad target'] as const,
      ['1.39', `d1:ad<A>9:info_hash${value}e1:q9:get_peers<z>`, 'Bad info_hash'] as const,
    ]),
    ['1.38', 'd1:ad<A>e1:q9:find_node<z>', 'Bad target'],
    ['1.38', 'd1:ad<A><ih>e1:q9:find_node<z>', 'Bad target'],
    ['1.39', 'd1:ad<A><tg>e1:q9:get_peers<z>', 'Bad info_hash'],
  ]
  for (const [row, notation, fault] of faults) {
    it(`${row} finds fault with ${notation.slice(0, 70)}`, () => {
      const found = query(notation)
      assert.equal(found.fault, fault)
      assert.deepEqual(found.id, new Uint8Array(20))
    })
  }

  it('1.33 reads what an unknown method wants to be near', () => {
    assert.equal(text(query('d1:ad<A><tg>e1:q3:foo<z>').target!), 'mnopqrstuvwxyz123456')
    assert.equal(text(query('d1:ad<A><ih>e1:q3:foo<z>').target!), 'mnopqrstuvwxyz123456')
    assert.equal(query('d1:ad<A>e1:q3:foo<z>').target, undefined)
  })

  for (const name of ['', 'q'.repeat(1_000), '\xff', '__proto__', 'constructor', 'toString', 'Ping']) {
    it(`1.34 hands on the strange method ${JSON.stringify(name.slice(0, 12))} without fault`, () => {
      const found = query(`d1:ad<A>e1:q${name.length}:${name}<z>`)
      assert.deepEqual([found.method, found.fault], [name, undefined])
    })
  }

  const wants: readonly (readonly [string, string, boolean, boolean])[] = [
    ['4.01', '', false, false],
    ['4.03', '4:wantl2:n4e', true, false],
    ['4.04', '4:wantl2:n42:n6e', true, true],
    ['4.05', '4:wantl2:n62:n92:zze', false, true],
    ['4.06', '4:wantle', false, false],
    ['4.06', '4:wanti1e', false, false],
    ['4.06', '4:want2:n4', false, false],
    ['4.06', '4:wantli4ee', false, false],
    ['4.06', '4:wantll2:n4ee', false, false],
    ['4.06', `4:wantl${'2:n4'.repeat(900)}e`, true, false],
  ]
  for (const [row, want, want4, want6] of wants) {
    it(`${row} reads ${want.slice(0, 30) || 'no want'}`, () => {
      const found = query(`d1:ad<A><tg>${want}e1:q9:find_node<z>`)
      assert.deepEqual([found.want4, found.want6], [want4, want6])
    })
  }

  for (const [value, readOnly] of [
    ['i1e', true],
    ['i0e', false],
    ['i-1e', true],
    ['i2e', true],
    ['1:1', false],
    ['le', false],
  ] as const) {
    it(`6.19, 6.20 takes ro = ${value} for ${readOnly}`, () => {
      assert.equal(query(`d1:ad<A>e1:q4:ping2:ro${value}<z>`).readOnly, readOnly)
    })
  }

  it('5.04, 5.09, 5.15 reads scrape and noseed, integers alone', () => {
    const on = query('d1:ad<A><ih>6:noseedi1e6:scrapei1ee1:q9:get_peers<z>')
    assert.deepEqual([on.scrape, on.noSeed], [true, true])
    const off = query('d1:ad<A><ih>6:noseed1:16:scrapei0ee1:q9:get_peers<z>')
    assert.deepEqual([off.scrape, off.noSeed], [false, false])
  })
})

describe('datagrams that are dropped', () => {
  const dropped: readonly (readonly [string, string])[] = [
    ...['', 'x', 'd', 'de', 'i0e', 'le', '0:', '4:ping'].map((input) => ['2.01', input] as const),
    ['2.02', 'l1:ad<A>e1:q4:ping<z>'],
    ...['\x00', 'e', PING].map((tail) => ['2.03', PING + tail] as const),
    ['2.05', 'd1:t999999999:aa1:y1:qe'],
    ['2.06', 'd1:t18446744073709551616:aa1:y1:qe'],
    ['2.06', 'd1:t-1:a1:y1:qe'],
    ['2.06', 'd2147483648:'],
    ['2.07', 'd01:t2:aa1:y1:qe'],
    ['2.07', 'd1:t02:aa1:y1:qe'],
    ...['ie', 'i-e', 'i-0e', 'i03e', 'i1.5e', 'i+1e', 'i 1e', 'i1', 'i0x1e', 'i1e5e'].flatMap((integer) => [
      ['2.08', `d1:ad<A>1:x${integer}e1:q4:ping<z>`] as const,
      ['2.08', `d1:ad<A>e1:q4:ping1:t2:aa1:x${integer}1:y1:qe`] as const,
    ]),
    ['2.09', 'd1:ad<A>1:xi{3000*1}ee1:q4:ping<z>'],
    ['2.10', 'd1:ad1:a{3900*l}'],
    ['2.10', 'd1:ad1:a{1900*l}{1900*e}<A>e1:q4:ping<z>'],
    ['2.10', 'd1:ad<A>1:x{15*l}{15*e}e1:q4:ping<z>'],
    ['2.11', `d1:ad<A>1:xl${'le'.repeat(1_500)}ee1:q4:ping<z>`],
    ['2.12', 'd1:ad<A><A>e1:q4:ping<z>'],
    ['2.12', 'd1:ad<A>e1:q4:ping1:t2:aa1:y1:q1:y1:qe'],
    ['2.12', 'd1:y1:q1:ad<A>e1:q4:ping<z>'],
    ['2.14', 'di1e1:a1:t2:aa1:y1:qe'],
    ['2.17', 'd1:ad<A>e1:q4:ping1:t2:aae'],
    ...['i1e', 'l1:qe', '0:', '2:qq', '1:Q', '1:x'].map(
      (y) => ['2.17', `d1:ad<A>e1:q4:ping1:t2:aa1:y${y}e`] as const,
    ),
    ['2.18', 'd1:ad<A>e1:q4:ping1:y1:qe'],
    ...['i5e', 'le', 'de'].map((t) => ['2.18', `d1:ad<A>e1:q4:ping1:t${t}1:y1:qe`] as const),
    ...[65, 1_000, 3_000].map((n) => ['2.21', `d1:ad<A>e1:q4:ping1:t${n}:{${n}*t}1:y1:qe`] as const),
    ['2.24', padded(4_097)],
    ['8.23', 'd1:ad<A>e1:c20:{20*c}1:q4:ping<z>'],
  ]
  for (const [row, notation] of dropped) {
    it(`${row} drops ${JSON.stringify(notation.slice(0, 60))}`, () => {
      assert.equal(decodeKrpc(packet(notation)), undefined)
    })
  }

  it('2.04 drops a good ping cut at every length', () => {
    const whole = packet(PING)
    for (let end = 0; end < whole.length; end++) assert.equal(decodeKrpc(whole.subarray(0, end)), undefined)
  })

  it('accepts the deepest nesting that the cap allows', () => {
    assert.equal(query('d1:ad<A>1:x{14*l}{14*e}e1:q4:ping<z>').fault, undefined)
  })

  it('8.23 does not mind a top-level c of another length', () => {
    assert.equal(query('d1:ad<A>e1:c3:abc1:q4:ping<z>').fault, undefined)
  })
})
