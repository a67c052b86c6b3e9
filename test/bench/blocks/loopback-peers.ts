/**
 * `loopback-peers.ts <port> <info-hash> <peers> <pieces>`: so many scripted peers that dial 127.9.0.1, each from an address of its own, have half
 * of the pieces and queue few requests. Says `ready` when all have shaken hands; unchokes when it is told anything.
 */
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { MESSAGE } from '../../../src/codec/wire.ts'
import type { Bitfield } from '../../../src/core/bitfield.ts'
import { concatBytes, fromHex, readUint32 } from '../../../src/core/bytes.ts'
import { dice } from '../../support/dice.ts'
import { UNCHOKE } from '../../support/hostile-peer.ts'
import { BLOCK_FRAME } from './loopback-content.ts'
import { greeting, HANDSHAKE_LENGTH, half, headBlock, readMessages } from './scripts.ts'

/** A window of so many blocks. */
const REQUEST_QUEUE = 4
/** Dials at a time: a node keeps few places for those that have not shaken hands. */
const DIALS = 32

const [port = '', hash = '', peers = '', pieces = ''] = process.argv.slice(2)
const infoHash = fromHex(hash)!
const rolls = dice(1)
const sockets: Socket[] = []

/** Ends when it has heard the node's handshake. */
function dial(number: number, has: Bitfield): Promise<void> {
  const localAddress = `127.10.${number >> 8}.${number & 255}`
  const socket = connect({ host: '127.9.0.1', port: Number(port), localAddress, noDelay: true })
  sockets.push(socket)
  socket.write(greeting(infoHash, number, has, REQUEST_QUEUE))
  return new Promise((resolve, reject) => {
    let inbox: Uint8Array = new Uint8Array(0)
    let greeted = false
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      inbox = inbox.length === 0 ? chunk : concatBytes([inbox, chunk])
      if (!greeted) {
        if (inbox.length < HANDSHAKE_LENGTH) return
        greeted = true
        inbox = inbox.subarray(HANDSHAKE_LENGTH)
        resolve()
      }
      socket.cork()
      const read = readMessages(inbox, (id, at) => {
        if (id === MESSAGE.request) answer(socket, readUint32(inbox, at + 1), readUint32(inbox, at + 5))
      })
      socket.uncork()
      inbox = inbox.subarray(read)
    })
  })
}

function answer(socket: Socket, piece: number, begin: number): void {
  const frame = BLOCK_FRAME.slice()
  headBlock(frame, piece, begin)
  socket.write(frame)
}

for (let number = 0; number < Number(peers); number += DIALS) {
  const dials: Promise<void>[] = []
  for (let one = number; one < Math.min(number + DIALS, Number(peers)); one += 2) {
    const [some, others] = half(Number(pieces), rolls)
    dials.push(dial(one, some), dial(one + 1, others))
  }
  await Promise.all(dials)
}
console.log('ready')
process.stdin.once('data', () => {
  for (const socket of sockets) socket.write(UNCHOKE)
})
// When the job ends, so does this.
process.stdin.on('end', () => process.exit(0))
