import { type Address, addressFromBytes, parseAddress } from '../core/address.ts'

const octets = new Uint8Array(4)

/**
 * The endpoint that the runtime reports as text. Dotted quads are read by hand: this runs once per datagram, and
 * `addressFromBytes` finds the frozen object by number
 * (`make` may be `passingAddress`). `undefined`: an IPv6 address with a zone, which no other host could use.
 */
export function socketAddress(
  host: string,
  port: number,
  make: typeof addressFromBytes = addressFromBytes,
): Address | undefined {
  let octet = 0
  let index = 0
  for (let i = 0; i < host.length; i++) {
    const digit = host.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9) octet = octet * 10 + digit
    else if (digit === -2 && index < 3) {
      octets[index++] = octet
      octet = 0
    } else return parseAddress(host, port, make)
  }
  if (index !== 3) return undefined
  octets[3] = octet
  return make(octets, 0, 4, port)
}
