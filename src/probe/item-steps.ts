/** Datagrams about items (BEP 44), and what comes back for them. */
import { mutableTarget, signedBytes } from '../codec/item.ts'
import { copyBytes, equalBytes, latin1, toLatin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { type Check, pong, response, token } from './expectations.ts'
import { bencoded } from './notation.ts'
import type { Notebook } from './notebook.ts'
import type { Expectation, Step } from './rule.ts'
import type { SourceName } from './sources.ts'

/** An item to be put. Without `seq` it is immutable. */
export interface ItemSpec {
  /** Bencoded, Latin-1; made of what the case knows where it must be fresh. */
  readonly v: string | ((notebook: Notebook) => string)
  /** Counted from the case's own first version number, or itself. */
  readonly seq?: number | bigint
  /** Latin-1. */
  readonly salt?: string
  readonly cas?: number | bigint
}

/** The arguments of a put, bencoded in Latin-1, without its id; absent ones are left out. */
export interface PutFields {
  readonly cas?: string
  readonly k?: string
  readonly salt?: string
  readonly seq?: string
  readonly sig?: string
  readonly token?: string
  readonly v?: string
}

/** Makes something wrong of right arguments. */
export type Spoil = (fields: PutFields) => PutFields

const asIs: Spoil = (fields) => fields

/** Characters of a value that are shown. */
const LONGEST_NAME = 30
const VALUE_KEYS = ['k', 'salt', 'seq', 'sig', 'token', 'v'] as const

function seqOf({ version }: Notebook, seq: number | bigint): bigint {
  return typeof seq === 'bigint' ? seq : version + BigInt(seq)
}

function contentFor(notebook: Notebook, { v }: ItemSpec): string {
  return typeof v === 'string' ? v : v(notebook)
}

/** The arguments by which `spec` is put, rightly signed. */
function fieldsOf(notebook: Notebook, spec: ItemSpec): PutFields {
  const { seq, salt = '', cas } = spec
  const v = contentFor(notebook, spec)
  const compared = cas === undefined ? {} : { cas: `i${seqOf(notebook, cas)}e` }
  if (seq === undefined) return { v, ...compared }
  const number = seqOf(notebook, seq)
  const signature = notebook.key.sign(signedBytes(latin1(salt), number, latin1(v)))
  return {
    k: bencoded(toLatin1(notebook.key.publicKey)),
    seq: `i${number}e`,
    sig: bencoded(toLatin1(signature)),
    v,
    ...(salt === '' ? {} : { salt: bencoded(salt) }),
    ...compared,
  }
}

/** Where what is put lies. */
function targetOf({ sha1 }: Notebook, { k, salt, v }: PutFields): Id {
  if (k === undefined) return sha1(latin1(v ?? ''))
  return mutableTarget(sha1, contentOf(k), salt === undefined ? new Uint8Array(0) : contentOf(salt))
}

function contentOf(text: string): Uint8Array {
  return latin1(text.slice(text.indexOf(':') + 1))
}

/** Asks for the item, and keeps the token. */
export function getItem(
  spec: ItemSpec,
  expect: Expectation = response('a token', token),
  { by = 'main', spoil = asIs, seq }: { by?: SourceName; spoil?: Spoil; seq?: number | string } = {},
): Step {
  return {
    send: (notebook) => {
      const target = targetOf(notebook, spoil(fieldsOf(notebook, spec)))
      const newest = typeof seq === 'number' ? `i${seqOf(notebook, seq)}e` : seq
      const more = newest === undefined ? '' : `3:seq${newest}`
      return notebook.write(`d1:ad<A>${more}6:target20:<b:target>e1:q3:get<z>`, by, { target })
    },
    by,
    expect,
    keep: '',
    text: `a get of ${nameOf(spec)}${seq === undefined ? '' : ` with seq ${seq}`}`,
  }
}

/** Puts the item, by the token kept. */
export function putItem(
  spec: ItemSpec,
  expect: Expectation = pong,
  { by = 'main', spoil = asIs }: { by?: SourceName; spoil?: Spoil } = {},
): Step {
  return {
    send: (notebook) => {
      const right = { token: '<tok>', ...fieldsOf(notebook, spec) }
      const fields = spoil(right)
      const blobs: Record<string, Uint8Array> = {}
      let after = ''
      for (const key of VALUE_KEYS) {
        const value = fields[key]
        if (value === undefined) continue
        if (value === '<tok>') after += value
        else after += `${bencoded(key)}<b:${key}>`
        blobs[key] = latin1(value)
      }
      const before = fields.cas === undefined ? '' : `3:cas${fields.cas}`
      return notebook.write(`d1:ad${before}<A>${after}e1:q3:put<z>`, by, blobs)
    },
    by,
    expect,
    text: `a put of ${nameOf(spec)}`,
  }
}

/** An item as it is spoken of; version numbers are those within the case. */
function nameOf({ v, seq, salt, cas }: ItemSpec): string {
  if (typeof v !== 'string') return 'a fresh item'
  const value = v.length > LONGEST_NAME ? `${v.length} bytes` : `"${v.replace(/[^\x20-\x7e]/g, '?')}"`
  const rest = Object.entries({ seq, cas }).filter(([, number]) => number !== undefined)
  const words = [value, ...rest.map(([name, number]) => `${name} ${number}`)]
  return salt === undefined || salt === '' ? words.join(', ') : `${words.join(', ')} under a salt`
}

/** The item as it was put: a mutable one of that version, an immutable one with nothing but its value. */
export function item(spec: ItemSpec): Expectation {
  const { seq } = spec
  const check: Check = (fields, notebook, reply) => {
    const raw = reply.raw.get('v')
    if (raw === undefined) return 'it gives no value'
    if (!equalBytes(raw, latin1(contentFor(notebook, spec)))) return 'it gives another value'
    if (seq === undefined) {
      return ['k', 'sig', 'seq'].some((key) => fields.has(key)) ? 'it gives a signature with it' : undefined
    }
    return signed(fields, notebook, seqOf(notebook, seq))
  }
  return response('the item', token, check)
}

function signed(fields: ReadonlyMap<string, unknown>, { key }: Notebook, seq: bigint): string | undefined {
  const k = fields.get('k')
  const sig = fields.get('sig')
  if (fields.has('salt')) return 'it gives the salt'
  if (!(k instanceof Uint8Array) || !equalBytes(k, key.publicKey)) return 'it does not give the key'
  if (!(sig instanceof Uint8Array) || sig.length !== 64) return 'it gives no signature'
  const given = fields.get('seq')
  return given === seq ? undefined : `it gives seq ${typeof given === 'bigint' ? given : 'of another type'}`
}

/** Flips the lowest bit of the last byte of a string. */
export function flipped(text: string): string {
  const bytes = copyBytes(latin1(text))
  bytes[bytes.length - 1]! ^= 1
  return toLatin1(bytes)
}
