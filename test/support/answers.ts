import assert from 'node:assert/strict'
import type { BencodeDict, BencodeValue } from '../../src/codec/bencode.ts'
import { readPeers } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, equalBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { SECOND } from '../../src/core/time.ts'
import { dice } from './dice.ts'
import { LoneNode, OWN_ID, packet } from './lone-node.ts'
import { address, globalAddress } from './virtual-dht.ts'

/** Who asks, in the rows of the conformance list. */
export const ASKER: Address = address('60.200.7.7', 4000)
export const PING = 'd1:ad<A>e1:q4:ping<z>'
export const FIND_NODE = 'd1:ad<A><tg>e1:q9:find_node<z>'
export const GET_PEERS = 'd1:ad<A><ih>e1:q9:get_peers<z>'

/** What a query gets: nothing, a bare response, one with nodes, or an error. */
export type Expectation = 'drop' | 'pong' | 'nodes' | number

export function dictOf(value: BencodeValue | undefined): BencodeDict {
  assert.ok(value instanceof Map)
  return value
}

export function bytesAt(dict: BencodeDict, key: string): Uint8Array {
  const value = dict.get(key)
  assert.ok(value instanceof Uint8Array, `${key} is a string`)
  return value
}

/** What is true of every answer (1.40, 1.41, 6.09), and what kind of answer it is. */
export function judge(answer: BencodeDict | undefined, from: Address): Expectation {
  if (answer === undefined) return 'drop'
  assert.equal(bytesAt(answer, 'v').length, 4)
  const [ip] = readPeers(bytesAt(answer, 'ip'), from.family)
  assert.equal(ip, from)
  if (toLatin1(bytesAt(answer, 'y')) === 'e') {
    const error = answer.get('e')
    assert.ok(Array.isArray(error) && error.length === 2)
    assert.ok(typeof error[0] === 'number' && error[1] instanceof Uint8Array)
    return error[0]
  }
  const fields = dictOf(answer.get('r'))
  assert.deepEqual(bytesAt(fields, 'id'), OWN_ID)
  if (fields.has('nodes') || fields.has('nodes6')) return 'nodes'
  assert.deepEqual([...fields.keys()], ['id'])
  return 'pong'
}

/** A node with `count` contacts of global scope. `extra` goes into the envelope of their answers to its checks. */
export function neighbourly(extra: readonly string[] = [], count = 20): { lone: LoneNode; ids: Id[] } {
  const lone = new LoneNode()
  const rng = dice(21)
  const ids: Id[] = []
  for (let i = 0; i < count; i++) {
    const id = randomId(rng)
    ids.push(id)
    const from = globalAddress(i)
    const before = lone.sent.length
    lone.node.ping(lone.now, from, () => {})
    lone.run(lone.now + SECOND / 10)
    const check = lone.queries(before).find(({ to }) => equalBytes(to.bytes, from.bytes))!
    const { transaction } = check.message
    lone.receive(
      from,
      concatBytes([
        latin1(`d${extra.join('')}1:rd2:id20:`),
        id,
        latin1('e1:t4:'),
        transaction,
        latin1('1:y1:re'),
      ]),
    )
  }
  return { lone, ids }
}

export function tokenFor(lone: LoneNode, from: Address): Uint8Array {
  return bytesAt(dictOf(lone.ask(from, packet(GET_PEERS))!.get('r')), 'token')
}

export function announced(token: Uint8Array, before: string, after: string): Uint8Array {
  return concatBytes([
    packet(`d1:ad<A>${before}<ih>${after}5:token${token.length}:`),
    token,
    packet('e1:q13:announce_peer<z>'),
  ])
}

export function peersOf(fields: BencodeDict): string[] {
  const values = fields.get('values') ?? []
  assert.ok(Array.isArray(values))
  return values.map((value) => {
    assert.ok(value instanceof Uint8Array)
    return readPeers(value, value.length === 6 ? 4 : 6)[0]!.text
  })
}
