/** BEP 33: what a node answers to a scrape. Rows of section 5 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeKrpc, type KrpcMessage } from '../../src/codec/krpc.ts'
import { FILTER_LENGTH, mark, placeOf } from '../../src/codec/scrape-filter.ts'
import type { Address } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import type { Reply } from '../../src/dht/asking/querier.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { ScrapeTally } from '../../src/dht/lookup/scrape-tally.ts'
import { scrapeSummary } from '../../src/face/scrape-estimate.ts'
import { announced, bytesAt, dictOf, neighbourly, peersOf, tokenFor } from '../support/answers.ts'
import { INFO_HASH, type LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress, sha1, VirtualDht } from '../support/virtual-dht.ts'

const SCRAPER = address('60.9.9.9', 5000)
const OFFICIAL = `
  F6C3F5EA A07FFD91 BDE89F77 7F26FB2B FF37BDB8 FB2BBAA2 FD3DDDE7 BACFFF75 EE7CCBAE FE5EEDB1
  FBFAFF67 F6ABFF5E 43DDBCA3 FD9B9FFD F4FFD3E9 DFF12D1B DF59DB53 DBE9FA5B 7FF3B8FD FCDE1AFB
  8BEDD7BE 2F3EE71E BBBFE93B CDEEFE14 8246C2BC 5DBFF7E7 EFDCF24F D8DC7ADF FD8FFFDF DDFFF7A4
  BBEEDF5C B95CE81F C7FCFF1F F4FFFFDF E5F7FDCB B7FD79B3 FA1FC77B FE07FFF9 05B7B7FF C7FEFEFF
  E0B8370B B0CD3F5B 7F2BD93F EB4386CF DD6F7FD5 BFAF2E9E BFFFFEEC D67ADBF7 C67F17EF D5D75EBA
  6FFEBA7F FF47A91E B1BFBB53 E8ABFB57 62ABE8FF 237279BF EFBFEEF5 FFC5FEBF DFE5ADFF ADFEE1FB
  737FFFFB FD9F6AEF FEEE76B6 FD8F72EF`.replace(/\s/g, '')

function filterOf(addresses: readonly Address[]): Uint8Array {
  const filter = new Uint8Array(FILTER_LENGTH)
  for (const { bytes } of addresses) mark(filter, placeOf(sha1(bytes)))
  return filter
}

function zeros(filter: Uint8Array): number {
  let count = 0
  for (const byte of filter) for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) === 0) count += 1
  return count
}

/** `middle`: further arguments, in their place between the info-hash and the end. */
function getPeers(middle = ''): Uint8Array {
  return packet(`d1:ad<A><ih>${middle}e1:q9:get_peers<z>`)
}

function announce(lone: LoneNode, from: Address, seed: string): void {
  const token = tokenFor(lone, from)
  lone.ask(from, announced(token, '', `4:porti${from.port}e${seed}`))
}

describe('a scrape', () => {
  it('5.01 has the official filter for the official addresses', () => {
    const four = Array.from({ length: 256 }, (_, i) => address(`192.0.2.${i}`))
    const six = Array.from({ length: 0x3e8 }, (_, i) => address(`2001:db8::${i.toString(16)}`))
    const filter = filterOf([...four, ...six])
    assert.equal(toHex(filter).toUpperCase(), OFFICIAL)
    assert.equal(zeros(filter), 619)
    assert.deepEqual(filter, fromHex(OFFICIAL))
  })

  it('5.02 sets two bits for one address', () => {
    const filter = filterOf([address('192.168.1.1')])
    assert.deepEqual([filter[213], filter[228], zeros(filter)], [0x80, 0x80, 2046])
  })

  it('5.04 5.07 is answered with both filters, before the id, beside nodes and what values still fit', () => {
    const { lone } = neighbourly()
    const seeds = Array.from({ length: 30 }, (_, i) => address(`60.100.${i}.1`, 7000 + i))
    const others = Array.from({ length: 40 }, (_, i) => address(`60.101.${i}.1`, 8000 + i))
    for (const seed of seeds) announce(lone, seed, '4:seedi1e')
    for (const other of others) announce(lone, other, '')
    const reply = lone.ask(SCRAPER, getPeers('6:scrapei1e'))!
    const fields = dictOf(reply.get('r'))
    assert.deepEqual([...fields.keys()].slice(0, 3), ['BFpe', 'BFsd', 'id'])
    assert.deepEqual(bytesAt(fields, 'BFsd'), filterOf(seeds))
    assert.deepEqual(bytesAt(fields, 'BFpe'), filterOf(others))
    assert.equal(bytesAt(fields, 'nodes').length, 8 * 26)
    assert.ok(
      peersOf(fields).length >= 15 && peersOf(fields).length <= 22,
      `${peersOf(fields).length} values`,
    )
  })

  it('5.05 of a hash that nobody announced is a plain answer', () => {
    const { lone } = neighbourly()
    const fields = dictOf(lone.ask(SCRAPER, getPeers('6:scrapei1e'))!.get('r'))
    assert.deepEqual([...fields.keys()], ['id', 'nodes', 'token'])
  })

  it('5.08 knows who seeds by the last announce', () => {
    const { lone } = neighbourly()
    const peer = globalAddress(300)
    const none = new Uint8Array(FILTER_LENGTH)
    for (const [seed, seeds] of [
      ['4:seedi1e', true],
      ['4:seedi0e', false],
      ['4:seedi1e', true],
      ['', false],
    ] as const) {
      announce(lone, peer, seed)
      const fields = dictOf(lone.ask(SCRAPER, getPeers('6:scrapei1e'))!.get('r'))
      assert.deepEqual(bytesAt(fields, 'BFsd'), seeds ? filterOf([peer]) : none)
      assert.deepEqual(bytesAt(fields, 'BFpe'), seeds ? none : filterOf([peer]))
    }
  })

  it('5.09 leaves seeds out of the values for who seeds itself', () => {
    const { lone } = neighbourly()
    announce(lone, globalAddress(300), '4:seedi1e')
    announce(lone, globalAddress(301), '')
    const named = (middle: string) => peersOf(dictOf(lone.ask(SCRAPER, getPeers(middle))!.get('r')))
    assert.deepEqual(named('6:noseedi1e'), [globalAddress(301).text])
    assert.equal(named('').length, 2)
  })

  it('5.10 5.17 counts an address once, whatever its port', () => {
    const { lone } = neighbourly()
    announce(lone, address('60.100.1.1', 7000), '')
    announce(lone, address('60.100.1.1', 7001), '')
    const fields = dictOf(lone.ask(SCRAPER, getPeers('6:scrapei1e'))!.get('r'))
    assert.equal(zeros(bytesAt(fields, 'BFpe')), 2046)
  })

  it('5.15 is asked for by a number that is not zero', () => {
    const { lone } = neighbourly()
    announce(lone, globalAddress(300), '')
    for (const middle of ['', '6:scrapei0e', '6:scrape1:1']) {
      const fields = dictOf(lone.ask(SCRAPER, getPeers(middle))!.get('r'))
      assert.deepEqual([fields.has('BFpe'), fields.has('BFsd')], [false, false])
    }
  })
})

function replyOf(fields: Partial<Reply>): Reply {
  const nothing = { nodes: [], nodes6: [], values: [], token: undefined, ip: undefined }
  const id = new Uint8Array(20)
  return {
    ...{ kind: 'response', transaction: id, id, seedFilter: undefined, peerFilter: undefined },
    ...nothing,
    ...fields,
  } as Reply
}

describe('the tally of a scrape', () => {
  const seeds = [globalAddress(1), globalAddress(2)]
  const others = [globalAddress(3)]

  it('joins the filters of all who answer', () => {
    const tally = new ScrapeTally(sha1, 100)
    tally.add(replyOf({ seedFilter: filterOf([seeds[0]!]), peerFilter: filterOf(others) }))
    tally.add(replyOf({ seedFilter: filterOf([seeds[1]!]), peerFilter: filterOf([]) }))
    assert.deepEqual(tally.result, { seedFilter: filterOf(seeds), peerFilter: filterOf(others) })
  })

  it('5.12 counts whom a node without filters names as downloaders, but for those that another knows to seed', () => {
    const tally = new ScrapeTally(sha1, 100)
    tally.add(replyOf({ values: [...seeds, globalAddress(9)] }))
    tally.add(
      replyOf({ seedFilter: filterOf(seeds), peerFilter: filterOf(others), values: [globalAddress(10)] }),
    )
    assert.deepEqual(tally.result, {
      seedFilter: filterOf(seeds),
      peerFilter: filterOf([...others, globalAddress(9)]),
    })
  })

  it('remembers no more of those than it may', () => {
    const tally = new ScrapeTally(sha1, 2)
    tally.add(replyOf({ values: Array.from({ length: 50 }, (_, i) => globalAddress(i)) }))
    assert.deepEqual(tally.result.peerFilter, filterOf([globalAddress(0), globalAddress(1)]))
  })
})

describe('the answer to a scrape', () => {
  const answer = (key: string, value: string): KrpcMessage | undefined =>
    decodeKrpc(packet(`d1:rd4:${key}${value}2:id20:abcdefghij0123456789e1:t2:aa1:y1:re`))
  const filterIn = (key: string, value: string): unknown => {
    const message = answer(key, value)
    assert.equal(message?.kind, 'response')
    return message.kind === 'response' ? (message.seedFilter ?? message.peerFilter) : undefined
  }

  it('5.13 5.14 is read under either name of the seeds, if it has 256 bytes and not every bit', () => {
    const bytes = '\x01'.repeat(256)
    for (const key of ['BFsd', 'BFse', 'BFpe']) {
      assert.deepEqual(filterIn(key, `256:${bytes}`), new Uint8Array(256).fill(1))
      assert.equal(filterIn(key, `255:${bytes.slice(1)}`), undefined)
      assert.equal(filterIn(key, `257:${bytes}\x01`), undefined)
      assert.equal(filterIn(key, 'i256e'), undefined)
      assert.equal(filterIn(key, `256:${'\xff'.repeat(256)}`), undefined)
    }
  })
})

describe('a look-up that scrapes', () => {
  it('5.01 finds in a network who seeds and who does not', () => {
    const dht = new VirtualDht({ seed: 3 })
    const members = Array.from({ length: 30 }, (_, i) => dht.add(globalAddress(i)))
    for (const member of members) {
      dht.input(member, (node, now) => {
        node.addNode(now, members[0]!.address)
        node.start(now, [])
      })
    }
    dht.run(60 * SECOND)
    members.slice(1, 11).forEach((member, i) => {
      dht.input(member, (node, now) => {
        const announce = { port: 7000 + i, implied: false, seeds: i < 4 }
        node.lookup(now, { target: INFO_HASH, want: 'peers', announce }, { done() {} })
      })
    })
    dht.run(90 * SECOND)
    let found: LookupResult | undefined
    dht.input(members[20]!, (node, now) => {
      const done = (_: number, result: LookupResult): void => {
        found = result
      }
      node.lookup(now, { target: INFO_HASH, want: 'peers', scrape: true }, { done })
    })
    dht.run(120 * SECOND)
    const places = members.slice(1, 11).map(({ address: place }) => place)
    assert.deepEqual(found?.scraped, {
      seedFilter: filterOf(places.slice(0, 4)),
      peerFilter: filterOf(places.slice(4)),
    })
    assert.deepEqual(scrapeSummary(found!.scraped!), { seeds: 4, downloaders: 6, saturated: false })
  })

  it('5.03 estimates nothing of an empty filter, and says when a filter is full', () => {
    const empty = new Uint8Array(FILTER_LENGTH)
    const full = new Uint8Array(FILTER_LENGTH).fill(0xff)
    assert.deepEqual(scrapeSummary({ seedFilter: empty, peerFilter: fromHex(OFFICIAL)! }), {
      ...{ seeds: 0, downloaders: 1225, saturated: false },
    })
    const { seeds, saturated } = scrapeSummary({ seedFilter: full, peerFilter: empty })
    assert.ok(saturated && seeds > 6_000 && Number.isFinite(seeds))
  })
})
