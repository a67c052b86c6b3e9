/** The least that a program on Node.js does with a datagram: `echo-job.ts <host> <port>` sends each back as it came. */
import { createSocket } from 'node:dgram'
import process from 'node:process'

const [host = '', port = ''] = process.argv.slice(2)

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 * 1024 * 1024,
  // Addresses are literal: with the resolver in between it would be a tenth slower.
  lookup: (name: string, _options: unknown, found: (e: null, a: string, f: number) => void) =>
    found(null, name, 4),
})
socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
socket.bind(Number(port), host, () => console.log('ready'))
process.stdin.on('end', () => process.exit(0)).resume()
