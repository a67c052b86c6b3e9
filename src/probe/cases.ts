/** Short forms for the cases of rules. */
import type { Case, Expectation, Step } from './rule.ts'
import type { SourceName } from './sources.ts'

export const PING = 'd1:ad<A>e1:q4:ping<z>'
export const FIND_NODE = 'd1:ad<A><tg>e1:q9:find_node<z>'
export const GET_PEERS = 'd1:ad<A><ih>e1:q9:get_peers<z>'

/** One datagram, and what it gets. */
export function once(send: Step['send'], expect: Expectation, by: SourceName = 'main'): Case {
  return [{ send, expect, by }]
}

/** Each of these datagrams, and what they get. */
export function each(sends: readonly string[], expect: Expectation): readonly Case[] {
  return sends.map((send) => once(send, expect))
}

/** A query of that method, with arguments after the id. */
export function query(method: string, args = ''): string {
  return `d1:ad<A>${args}e1:q${method.length}:${method}<z>`
}
