import ipaddr from 'ipaddr.js'
import { copyBytes, readUint16, readUint32, toLatin1, writeUint16 } from './bytes.ts'
import { Stock } from './stock.ts'

/** From narrow to wide. Inwards see `acceptsFrom`; outwards, an address is told only to askers whose scope is no wider than its own. */
export type Scope = 'loopback' | 'private' | 'global'

/** An endpoint, frozen. As a rule made once per endpoint; compare with `sameAddress` or by `text`. */
export interface Address {
  readonly family: 4 | 6
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array
  readonly port: number
  /** Without brackets. */
  readonly host: string
  /** `host:port`, `[host]:port` for IPv6: unique per endpoint. */
  readonly text: string
  readonly scope: Scope
  /** Never dialled, never stored, never handed on: port 0, 0.0.0.0/8, ::, multicast, 240.0.0.0/4, broadcast. */
  readonly usable: boolean
}

/** The order of scopes, as numbers. */
export const SCOPE_RANK: Readonly<Record<Scope, number>> = { loopback: 0, private: 1, global: 2 }

const GENERATION = 65_536
const STOCKS = { 4: new Stock<Address>(6, GENERATION), 6: new Stock<Address>(18, GENERATION) } as const
/** Where compact forms are put together. */
const FORMS = { 4: new Uint8Array(6), 6: new Uint8Array(18) } as const

/** The address in `bytes` at `at`; the port follows the 4 or 16 address bytes (compact form, BEP 5 and BEP 32). */
export function addressFromCompact(bytes: Uint8Array, at: number, family: 4 | 6): Address {
  const endpoints = STOCKS[family]
  let found = endpoints.find(bytes, at)
  if (found === undefined) {
    const length = family === 4 ? 4 : 16
    const port = readUint16(bytes, at + length)
    found =
      family === 6 && isMapped(bytes, at)
        ? addressFromBytes(bytes, at + 12, 4, port)
        : makeAddress(copyBytes(bytes, at, at + length), family, port)
    endpoints.add(bytes, at, found)
  }
  return found
}

/** The endpoint of the 4 or 16 address bytes at `at`. IPv4-mapped IPv6 becomes IPv4. */
export function addressFromBytes(bytes: Uint8Array, at: number, family: 4 | 6, port: number): Address {
  const form = FORMS[family]
  const length = form.length - 2
  for (let i = 0; i < length; i++) form[i] = bytes[at + i]!
  writeUint16(form, length, port)
  return addressFromCompact(form, 0, family)
}

/**
 * The same endpoint in an object of its own: of whom we may never meet again. A flood from 10,000 ports a second would fill the stock
 * with tens of MiB that nobody asks for.
 */
export function passingAddress(bytes: Uint8Array, at: number, family: 4 | 6, port: number): Address {
  if (family === 6 && isMapped(bytes, at)) return passingAddress(bytes, at + 12, 4, port)
  return makeAddress(copyBytes(bytes, at, at + (family === 4 ? 4 : 16)), family, port)
}

/** The endpoint of a literal IPv4 or IPv6 host; `undefined` for names and malformed literals. `make` may be `passingAddress`. */
export function parseAddress(
  host: string,
  port: number,
  make: typeof addressFromBytes = addressFromBytes,
): Address | undefined {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) {
    return make(Uint8Array.from(ipaddr.IPv4.parse(host).toByteArray()), 0, 4, port)
  }
  if (!host.includes(':') || host.includes('%') || !ipaddr.IPv6.isValid(host)) return undefined
  return make(Uint8Array.from(ipaddr.IPv6.parse(host).toByteArray()), 0, 6, port)
}

/** Host and port of `host:port` or `[v6]:port`, the host being a literal or a name; `undefined` when malformed. */
export function splitEndpoint(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\p{L}\p{N}._-]{1,253})):(\d{1,5})$/u.exec(text)
  if (match === null || (match[1] !== undefined && !ipaddr.IPv6.isValid(match[1]))) return undefined
  const port = Number(match[3])
  const host = match[1] ?? match[2]!
  return port >= 1 && port <= 65_535 ? { host, port } : undefined
}

export function withPort(address: Address, port: number): Address {
  return addressFromBytes(address.bytes, 0, address.family, port)
}

export function sameAddress(a: Address, b: Address): boolean {
  return a === b || a.text === b.text
}

/** 0.0.0.0 or ::, which as a local address stands for all. */
export function isWildcard(address: Address): boolean {
  return address.bytes.every((byte) => byte === 0)
}

/** Inwards: whether an address named by `sender` may be used (its scope is no narrower than the sender's own). */
export function acceptsFrom(sender: Pick<Address, 'scope'>, named: Address): boolean {
  return named.usable && SCOPE_RANK[named.scope] >= SCOPE_RANK[sender.scope]
}

/**
 * What a limit per address counts: the IP in the global scope (of IPv6 the /64, all of which one host may use), IP and port in
 * the narrower ones, where many nodes of one machine or household share an IP.
 */
export function limitKey(address: Address): string {
  return address.scope === 'global' ? hostKey(address) : address.text
}

/** One machine, as far as an address tells, in whatever scope: the IP, of a global IPv6 the /64. */
export function hostKey(address: Address): string {
  return address.family === 4 || address.scope !== 'global' ? address.host : `/${subnetKey(address)}`
}

/** One owner, as far as an address tells: the /24, of IPv6 the /48; `undefined` in the narrower scopes, where it tells nothing. */
export function ownerKey({ scope, family, bytes }: Address): string | undefined {
  return scope === 'global' ? toLatin1(bytes, 0, family === 4 ? 3 : 6) : undefined
}

/** Of an IPv4 address as a number, its /24. */
const SUBNET = 0xffff_ff00 | 0

/** A number for `limitKey`: equal when the keys are, and seldom when they are not. */
export function limitNumber({ bytes, family, port, scope }: Address): number {
  if (family === 4) return (readUint32(bytes, 0) + (scope === 'global' ? 0 : Math.imul(port, 0x9e3779b1))) | 0
  const subnet = readUint32(bytes, 0) ^ Math.imul(readUint32(bytes, 4), 31)
  if (scope === 'global') return subnet | 0
  return (subnet ^ Math.imul(readUint32(bytes, 12), 0x01000193) ^ Math.imul(port, 0x9e3779b1)) | 0
}

/** Whether two addresses have the same `limitKey`, without making any. */
export function sameLimit(a: Address, b: Address): boolean {
  if (a === b) return true
  if (a.family !== b.family || a.scope !== b.scope) return false
  if (a.scope !== 'global') return a.text === b.text
  const length = a.family === 4 ? 4 : 8
  for (let i = 0; i < length; i++) if (a.bytes[i] !== b.bytes[i]) return false
  return true
}

/** What a limit per subnet counts: the /24 or /64 in the global scope, IP and port in the narrower ones. */
export function subnetKey(address: Address): string {
  if (address.scope !== 'global') return address.text
  return toLatin1(address.bytes, 0, address.family === 4 ? 3 : 8)
}

/** A number for `subnetKey`: equal when the keys are, and seldom when they are not. */
export function subnetNumber(address: Address): number {
  const number = limitNumber(address)
  return address.family === 4 && address.scope === 'global' ? number & SUBNET : number
}

/** Whether both are of one /24 or /64 of the global scope; in the narrower ones a subnet is no limit. */
export function sameSubnet(a: Address, b: Address): boolean {
  const length = a.family === 4 ? 3 : 8
  for (let i = 0; i < length; i++) if (a.bytes[i] !== b.bytes[i]) return false
  return a.scope === 'global' && b.scope === 'global'
}

function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff
}

function makeAddress(bytes: Uint8Array, family: 4 | 6, port: number): Address {
  const host =
    family === 4
      ? `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
      : new ipaddr.IPv6([...bytes]).toRFC5952String()
  const text = family === 4 ? `${host}:${port}` : `[${host}]:${port}`
  const scope = family === 4 ? scope4(bytes) : scope6(bytes)
  const usable = port !== 0 && (family === 4 ? usable4(bytes) : usable6(bytes))
  return Object.freeze({ family, bytes, port, host, text, scope, usable })
}

function scope4(bytes: Uint8Array): Scope {
  const first = bytes[0]!
  const second = bytes[1]!
  if (first === 127) return 'loopback'
  const isPrivate =
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second < 128)
  return isPrivate ? 'private' : 'global'
}

function scope6(bytes: Uint8Array): Scope {
  const first = bytes[0]!
  if (first === 0 && bytes[15] === 1 && bytes.subarray(1, 15).every((byte) => byte === 0)) return 'loopback'
  const linkLocal = first === 0xfe && (bytes[1]! & 0xc0) === 0x80
  const uniqueLocal = (first & 0xfe) === 0xfc
  return linkLocal || uniqueLocal ? 'private' : 'global'
}

function usable4(bytes: Uint8Array): boolean {
  return bytes[0]! !== 0 && bytes[0]! < 224
}

function usable6(bytes: Uint8Array): boolean {
  return bytes[0] !== 0xff && bytes.some((byte) => byte !== 0)
}
