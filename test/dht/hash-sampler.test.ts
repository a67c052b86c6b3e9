/** BEP 51: what a node tells of the info-hashes that it keeps. Rows of section 8 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BencodeDict } from '../../src/codec/bencode.ts'
import { writeResponse } from '../../src/codec/krpc-writer.ts'
import { sharedNode } from '../../src/codec/shared-nodes.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { HashSampler } from '../../src/dht/answering/hash-sampler.ts'
import { PeerStore } from '../../src/dht/answering/peer-store.ts'
import { HonestResponder } from '../../src/dht/answering/responder.ts'
import type { DhtPolicies } from '../../src/dht/dht-init.ts'
import { SampleRests } from '../../src/dht/lookup/sample-rests.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { ASKER, bytesAt, dictOf, FIND_NODE, judge, neighbourly, tokenFor } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH, LoneNode, OWN_ID, packet } from '../support/lone-node.ts'
import { address, globalAddress, sha1, VirtualDht } from '../support/virtual-dht.ts'

const SAMPLE = 'd1:ad<A><tg>e1:q17:sample_infohashes<z>'
const RNG = dice(51)

function sampleOf(lone: LoneNode, query: Uint8Array = packet(SAMPLE)): BencodeDict {
  return dictOf(lone.ask(ASKER, query)!.get('r'))
}

function hashesIn(fields: BencodeDict): string[] {
  const bytes = bytesAt(fields, 'samples')
  assert.equal(bytes.length % 20, 0)
  return Array.from({ length: bytes.length / 20 }, (_, i) => toHex(bytes.subarray(20 * i, 20 * i + 20)))
}

/** From a host of its own, with a token for the hash. */
function announce(
  lone: LoneNode,
  infoHash: Id,
  host: number,
  from = address(`60.${100 + (host >> 8)}.${host & 255}.1`),
): void {
  const query = [packet('d1:ad<A>9:info_hash20:'), infoHash, packet('e1:q9:get_peers<z>')]
  const token = bytesAt(dictOf(lone.ask(from, concatBytes(query))!.get('r')), 'token')
  const said = lone.ask(
    from,
    concatBytes([
      packet('d1:ad<A>9:info_hash20:'),
      infoHash,
      latin1(`4:porti7000e5:token${token.length}:`),
      token,
      packet('e1:q13:announce_peer<z>'),
    ]),
  )
  assert.equal(judge(said, from), 'pong')
}

describe('a sample of info-hashes', () => {
  it('8.14 of a node that keeps none is empty and there, beside nodes', () => {
    const fields = sampleOf(new LoneNode())
    assert.deepEqual([...fields.keys()], ['id', 'interval', 'nodes', 'num', 'samples'])
    assert.deepEqual([bytesAt(fields, 'samples').length, fields.get('num')], [0, 0])
    const interval = fields.get('interval')
    assert.ok(typeof interval === 'number' && interval >= 0 && interval <= 21_600)
  })

  it('8.15 8.22 holds different ones of those that somebody is announced for, by lot, as many as fit', () => {
    const { lone } = neighbourly()
    const all = Array.from({ length: 100 }, () => randomId(RNG))
    all.forEach((infoHash, i) => {
      announce(lone, infoHash, i)
    })
    const before = lone.sent.length
    const fields = sampleOf(lone)
    const told = hashesIn(fields)
    assert.deepEqual([told.length, new Set(told).size, fields.get('num')], [34, 34, 100])
    assert.ok(told.every((hash) => all.some((one) => toHex(one) === hash)))
    assert.equal(bytesAt(fields, 'nodes').length, 8 * 26)
    assert.ok(lone.sent[before]!.bytes.length <= 1_024)
    const firsts = told.filter((hash) => all.slice(0, 34).some((one) => toHex(one) === hash))
    assert.ok(firsts.length < 25, 'not those that came first')
  })

  it('8.16 is the same until the interval is over, so that asking more often tells nobody more', () => {
    const { lone } = neighbourly()
    const announceMany = (from: number): void => {
      for (let i = from; i < from + 60; i++) announce(lone, randomId(RNG), i)
    }
    announceMany(0)
    const first = sampleOf(lone)
    announceMany(60)
    lone.run(lone.now + MINUTE)
    assert.deepEqual(hashesIn(sampleOf(lone)), hashesIn(first))
    const interval = first.get('interval')
    assert.ok(typeof interval === 'number')
    lone.run(lone.now + interval * SECOND)
    const later = sampleOf(lone)
    assert.notDeepEqual(hashesIn(later), hashesIn(first))
    assert.equal(later.get('num'), 120)
  })

  it('8.17 does not depend on the target, which the nodes follow as those of find_node do', () => {
    const { lone } = neighbourly()
    announce(lone, INFO_HASH, 1)
    const other = concatBytes([packet('d1:ad<A>6:target20:'), OWN_ID, packet('e1:q17:sample_infohashes<z>')])
    assert.deepEqual(hashesIn(sampleOf(lone)), [toHex(INFO_HASH)])
    assert.deepEqual(hashesIn(sampleOf(lone, other)), [toHex(INFO_HASH)])
    const found = dictOf(lone.ask(address('60.201.1.1'), packet(FIND_NODE))!.get('r'))
    assert.deepEqual(bytesAt(sampleOf(lone), 'nodes'), bytesAt(found, 'nodes'))
    assert.notDeepEqual(bytesAt(sampleOf(lone, other), 'nodes'), bytesAt(found, 'nodes'))
  })

  it('tells nobody of hashes that only narrower scopes have announced', () => {
    const { lone } = neighbourly()
    const other = randomId(RNG)
    announce(lone, INFO_HASH, 0, address('192.168.1.5'))
    announce(lone, other, 1)
    const asked = (from: string): unknown => {
      const fields = dictOf(lone.ask(address(from), packet(SAMPLE))!.get('r'))
      return [hashesIn(fields).toSorted(), fields.get('num')]
    }
    assert.deepEqual(asked('60.200.7.7'), [[toHex(other)], 1])
    assert.deepEqual(asked('192.168.1.9'), [[toHex(INFO_HASH), toHex(other)].toSorted(), 2])
  })

  it('8.15 has fewer where a long transaction takes their room', () => {
    const { lone } = neighbourly()
    for (let i = 0; i < 100; i++) announce(lone, randomId(RNG), i)
    const before = lone.sent.length
    const long = `d1:ad<A><tg>e1:q17:sample_infohashes1:t64:${'t'.repeat(64)}1:y1:qe`
    const told = hashesIn(sampleOf(lone, packet(long)))
    assert.ok(told.length >= 30 && told.length < 34, `${told.length} hashes`)
    assert.ok(lone.sent[before]!.bytes.length <= 1_024)
  })

  it('8.18 needs a target', () => {
    for (const target of ['', '6:target19:mnopqrstuvwxyz12345', '6:targeti5e', '<ih>']) {
      const answer = new LoneNode().ask(ASKER, packet(`d1:ad<A>${target}e1:q17:sample_infohashes<z>`))
      assert.equal(judge(answer, ASKER), 203, target)
    }
  })

  it('forgets hashes whose last peer has expired', () => {
    const lone = new LoneNode({ options: { peerLife: 60, sampleInterval: 0 } })
    announce(lone, INFO_HASH, 1)
    assert.equal(sampleOf(lone).get('num'), 1)
    assert.equal(tokenFor(lone, ASKER).length, 8)
    lone.run(lone.now + 61 * SECOND)
    const fields = sampleOf(lone)
    assert.deepEqual([hashesIn(fields), fields.get('num')], [[], 0])
  })

  it('8.15 has fewer beside nodes of IPv6, which take more room', () => {
    const store = new PeerStore(OWN_ID, 4, DHT_DEFAULTS, RNG, sha1)
    for (let i = 0; i < 50; i++) store.add(0, randomId(RNG), globalAddress(i))
    const samples = new HashSampler(store, 6, DHT_DEFAULTS).sample(0, 'global')
    assert.deepEqual([samples.hashes.length, samples.total], [29 * 20, 50])
    const nodes6 = Array.from({ length: 8 }, (_, i) => sharedNode(randomId(RNG), address(`2001:db8:${i}::1`)))
    const length = writeResponse(new Uint8Array(1_500), {
      transaction: new Uint8Array(8),
      id: OWN_ID,
      version: new Uint8Array(4),
      ip: address('2001:db8::9'),
      nodes6,
      samples: { ...samples, total: 100_000 },
      maxLength: 1_024,
    })
    assert.ok(length <= 1_024, `${length} bytes`)
  })
})

describe('a look-up that samples', () => {
  it('8.19 8.21 asks each node once, and again only when its interval is over', () => {
    const dht = new VirtualDht({ seed: 5 })
    const members = Array.from({ length: 30 }, (_, i) => {
      // Some know nothing of samples: they answer as one does who is asked for nodes, with an error, or not at all.
      const knows = i % 3 !== 0
      const deaf: DhtPolicies = {
        responder: (parts) => {
          const honest = new HonestResponder(parts)
          return {
            answer: (now, from, query) => {
              if (query.method !== 'sample_infohashes') return honest.answer(now, from, query)
              asked.push(i)
              if (knows) return honest.answer(now, from, query)
              if (i % 9 === 0) return undefined
              return i % 2 === 0
                ? { kind: 'error', code: 204, message: 'Method Unknown' }
                : { kind: 'response', fields: { nodes: parts.table.nearestGood(now, query.target!, from) } }
            },
          }
        },
      }
      return dht.add(globalAddress(i), deaf)
    })
    const asked: number[] = []
    for (const member of members) {
      dht.input(member, (node, now) => {
        node.addNode(now, members[0]!.address)
        node.start(now, [])
      })
    }
    dht.run(60 * SECOND)
    const infoHashes = Array.from({ length: 12 }, () => randomId(RNG))
    for (const [i, target] of infoHashes.entries()) {
      dht.input(members[i + 1]!, (node, now) => {
        node.lookup(now, { target, want: 'peers', announce: { port: 7000, implied: false } }, { done() {} })
      })
    }
    dht.run(90 * SECOND)
    const walk = (until: number): { told: Set<string>; nodes: number; responses: number } => {
      const seen = { told: new Set<string>(), nodes: 0, responses: 0 }
      dht.input(members[29]!, (node, now) => {
        node.lookup(
          now,
          { target: INFO_HASH, want: 'samples' },
          {
            sampled: (_, __, { hashes }) => {
              seen.nodes += 1
              for (let at = 0; at < hashes.length; at += 20)
                seen.told.add(toHex(hashes.subarray(at, at + 20)))
            },
            done: (_, result) => {
              seen.responses = result.responses
            },
          },
        )
      })
      dht.run(until)
      return seen
    }
    const first = walk(120 * SECOND)
    // Neighbours keep the same few.
    assert.ok(first.nodes >= 5 && first.told.size >= 2, `${first.nodes} nodes, ${first.told.size} hashes`)
    assert.ok([...first.told].every((hash) => infoHashes.some((one) => toHex(one) === hash)))
    assert.equal(new Set(asked).size, asked.length, 'each once')
    assert.ok(
      asked.some((i) => i % 3 === 0),
      'some of those that know nothing of it',
    )
    assert.ok(first.responses >= 8, 'all of them answer, if not to this')
    const once = asked.length
    const second = walk(150 * SECOND)
    assert.ok(second.responses >= 8, 'the walk goes on with find_node')
    assert.equal(asked.length, once, 'nobody is asked again')
    const third = walk(150 * SECOND + DHT_DEFAULTS.sampleInterval * SECOND)
    assert.ok(
      asked.slice(once).every((i) => i % 9 === 0 || asked.indexOf(i) >= once),
      'whose datagram may have been lost is asked again after a minute',
    )
    // A walk may come upon somebody who was not on the way before.
    assert.ok(third.nodes <= new Set(asked.slice(once)).size)
    const fourth = walk(210 * SECOND + DHT_DEFAULTS.sampleInterval * SECOND)
    assert.ok(fourth.nodes >= 5)
    assert.ok(
      asked.every((i, at) => i % 3 !== 0 || i % 9 === 0 || asked.indexOf(i) === at),
      'who knows no samples is not asked again',
    )
  })

  it('8.21 asks nobody twice when two walks go on at once', () => {
    const dht = new VirtualDht({ seed: 6 })
    const members = Array.from({ length: 20 }, (_, i) => dht.add(globalAddress(i)))
    for (const member of members) {
      dht.input(member, (node, now) => {
        node.addNode(now, members[0]!.address)
        node.start(now, [])
      })
    }
    dht.run(60 * SECOND)
    const told: string[] = []
    dht.input(members[7]!, (node, now) => {
      for (let walk = 0; walk < 2; walk++) {
        const sampled = (_: number, from: Address): void => {
          told.push(from.text)
        }
        node.lookup(now, { target: INFO_HASH, want: 'samples' }, { sampled, done() {} })
      }
    })
    dht.run(80 * SECOND)
    assert.ok(told.length >= 8 && new Set(told).size === told.length, told.join(' '))
  })

  it('remembers so many nodes', () => {
    const rests = new SampleRests()
    const many = Array.from({ length: 10_001 }, (_, i) => globalAddress(i))
    for (const one of many) rests.answered(0, one, 60)
    assert.equal(rests.mayAsk(SECOND, many[0]!), true, 'the oldest is forgotten')
    assert.equal(rests.mayAsk(SECOND, many[1]!), false)
    assert.equal(rests.mayAsk(60 * SECOND, many[1]!), true)
  })
})
