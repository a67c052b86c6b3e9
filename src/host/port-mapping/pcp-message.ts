import { addressFromBytes, parseAddress } from '../../core/address.ts'
import { equalBytes, readUint16, readUint32, writeUint16, writeUint32 } from '../../core/bytes.ts'
import type { Mapping, MapRequest } from './gateway.ts'

/** What a gateway has answered; `other`: it speaks another version. */
export type PcpAnswer = Mapping | 'refused' | 'other'

const MAP = 1
const ANSWER = 0x80
const UNSUPPORTED_VERSION = 1
const PROTOCOLS = { tcp: 6, udp: 17 } as const
/** IPv4 in IPv6 clothes, as all addresses are here. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** PCP's request for a mapping (RFC 6887, sections 7.1 and 11.1). `local`: from where it leaves; `nonce`: 12 bytes. */
export function encodePcpMap(
  local: string,
  nonce: Uint8Array,
  { protocol, port, wanted }: Pick<MapRequest, 'protocol' | 'port' | 'wanted'>,
  seconds: number,
): Uint8Array {
  const bytes = new Uint8Array(60)
  bytes.set([2, MAP])
  writeUint32(bytes, 4, seconds)
  bytes.set(MAPPED, 8)
  bytes.set(parseAddress(local, 0)?.bytes ?? [], 20)
  bytes.set(nonce, 24)
  bytes[36] = PROTOCOLS[protocol]
  writeUint16(bytes, 40, port)
  writeUint16(bytes, 42, wanted)
  bytes.set(MAPPED, 44)
  return bytes
}

/** `undefined`: no answer to `request`. */
export function decodePcpMap(bytes: Uint8Array, request: Uint8Array): PcpAnswer | undefined {
  if (bytes.length < 4 || bytes[1]! < ANSWER) return undefined
  if (bytes[0] !== 2) return bytes[0] === 0 ? 'other' : undefined
  if (bytes[3] === UNSUPPORTED_VERSION) return 'other'
  if (bytes.length < 60 || bytes[1] !== ANSWER + MAP) return undefined
  const asked = equalBytes(bytes.subarray(24, 37), request.subarray(24, 37))
  if (!asked || readUint16(bytes, 40) !== readUint16(request, 40)) return undefined
  const port = readUint16(bytes, 42)
  if (bytes[3] !== 0 || port === 0) return 'refused'
  const external = addressFromBytes(bytes, 44, 6, port)
  return { port, host: hostOf(external), lifetime: readUint32(bytes, 4) }
}

/** NAT-PMP's (RFC 6886, section 3.3). */
export function encodePmpMap(
  { protocol, port, wanted }: Pick<MapRequest, 'protocol' | 'port' | 'wanted'>,
  seconds: number,
): Uint8Array {
  const bytes = new Uint8Array(12)
  bytes[1] = protocol === 'udp' ? 1 : 2
  writeUint16(bytes, 4, port)
  writeUint16(bytes, 6, wanted)
  writeUint32(bytes, 8, seconds)
  return bytes
}

export function decodePmpMap(bytes: Uint8Array, request: Uint8Array): PcpAnswer | undefined {
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== ANSWER + request[1]!) return undefined
  if (readUint16(bytes, 2) !== 0) return 'refused'
  if (bytes.length < 16 || readUint16(bytes, 8) !== readUint16(request, 4)) return undefined
  const port = readUint16(bytes, 10)
  return port === 0 ? 'refused' : { port, host: undefined, lifetime: readUint32(bytes, 12) }
}

/** Where the gateway is seen from outside (RFC 6886, section 3.2). */
export function encodePmpAddress(): Uint8Array {
  return new Uint8Array(2)
}

/** Empty: it does not tell. */
export function decodePmpAddress(bytes: Uint8Array): string | undefined {
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== ANSWER) return undefined
  if (bytes.length < 12 || readUint16(bytes, 2) !== 0) return ''
  return hostOf(addressFromBytes(bytes, 8, 4, 1)) ?? ''
}

function hostOf({ usable, host }: { readonly usable: boolean; readonly host: string }): string | undefined {
  return usable ? host : undefined
}
