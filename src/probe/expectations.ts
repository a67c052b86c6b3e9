/** The words in which rules say what may come back. */
import { equalBytes, toLatin1 } from '../core/bytes.ts'
import type { Notebook } from './notebook.ts'
import type { Reply, ReplyFields, ReplyValue } from './reply.ts'
import type { Expectation } from './rule.ts'

/** What is wrong with the fields of a response; `undefined`: nothing. */
export type Check = (fields: ReplyFields, notebook: Notebook, reply: Reply) => string | undefined

/** Nothing comes back. */
export const drop: Expectation = {
  outcome: 'drop',
  text: 'no answer',
  complaint: (reply) => `it answered with ${reply.summary}`,
}

/** Nothing is expected, and nothing is wrong. */
export const anything: Expectation = { outcome: 'any', text: 'anything', complaint: () => undefined }

/** An error of that number. */
export function error(code: number, check?: (message: string) => string | undefined): Expectation {
  return {
    outcome: 'error',
    text: `error ${code}`,
    complaint: (reply, notebook) => {
      if (reply.code !== code) return `it answered with ${reply.summary}`
      const [, message] = reply.root.get('e') as readonly ReplyValue[]
      return echo(reply, notebook) ?? check?.(toLatin1(message as Uint8Array))
    },
  }
}

/** A response with an id, of which the checks hold too. */
export function response(text: string, ...checks: readonly Check[]): Expectation {
  return {
    outcome: 'response',
    text,
    complaint: (reply, notebook) => {
      const fields = reply.fields
      if (fields === undefined) return `it answered with ${reply.summary}`
      const id = fields.get('id')
      if (!(id instanceof Uint8Array) || id.length !== 20) return 'its id is not of 20 bytes'
      const wrong = echo(reply, notebook)
      if (wrong !== undefined) return wrong
      return first(checks, (check) => check(fields, notebook, reply))
    },
  }
}

export const pong: Expectation = response('a response with an id')

/** Contacts of the family of the socket: `nodes`, or over IPv6 `nodes6`. */
export const nodes: Check = (fields, notebook) => {
  const name = ownNodes(notebook)
  const value = fields.get(name)
  const length = notebook.family === 4 ? 26 : 38
  if (!(value instanceof Uint8Array)) return `it names no ${name}`
  if (value.length % length !== 0) return `its ${name} are no multiple of ${length} bytes`
  return value.length / length > 8 ? `it names ${value.length / length} nodes` : undefined
}

export const token: Check = (fields) => {
  const value = fields.get('token')
  if (!(value instanceof Uint8Array)) return 'it gives no token'
  return value.length >= 1 && value.length <= 20 ? undefined : `its token is of ${value.length} bytes`
}

export function has(...names: readonly string[]): Check {
  return (fields) =>
    first(names, (name) => (fields.has(name) ? undefined : `it has no ${name.replace(/\W/g, '?')}`))
}

export function lacks(...names: readonly string[]): Check {
  return (fields) => first(names, (name) => (fields.has(name) ? `it has ${name}` : undefined))
}

/** `nodes` or `nodes6`: what is named unless other things are wanted. */
function ownNodes({ family }: Notebook): string {
  return family === 4 ? 'nodes' : 'nodes6'
}

/** The ids in the `nodes` or `nodes6` of a response, as Latin-1. */
export function contactIds(fields: ReplyFields): string[] {
  const ids: string[] = []
  for (const [name, length] of CONTACTS) {
    const value = fields.get(name)
    if (!(value instanceof Uint8Array)) continue
    for (let at = 0; at + length <= value.length; at += length) ids.push(toLatin1(value, at, at + 20))
  }
  return ids
}

const CONTACTS = [
  ['nodes', 26],
  ['nodes6', 38],
] as const

/** The peers of `values`; `undefined` when it has none, or something else is in their place. */
export function valuesOf(fields: ReplyFields): readonly Uint8Array[] | undefined {
  const values = fields.get('values')
  if (!Array.isArray(values)) return undefined
  const list = values as readonly ReplyValue[]
  return list.every((value) => value instanceof Uint8Array) ? (list as readonly Uint8Array[]) : undefined
}

function first<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const wrong = look(item)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** The transaction of the query comes back as it was. */
function echo(reply: Reply, notebook: Notebook): string | undefined {
  const asked = notebook.transaction
  const echoed = reply.transaction
  if (asked === undefined || (echoed !== undefined && equalBytes(asked, echoed))) return undefined
  return 'it does not echo the transaction id'
}
