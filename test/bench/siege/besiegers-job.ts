/**
 * `besiegers-job.ts HOST PORT INFO-HASH COUNT [FROM]`: `COUNT` slow-loris peers (half of them drip their handshake, half a frame after it) and
 * `COUNT` that ask for all they may and never read, each from an address of its own, each back a second after it was sent away.
 * With `FROM` `COUNT` others in their place, all from that address: they shake hands, are interested, and say no more.
 * Says `ready` when all have dialled, and what became of them in JSON when it is asked to end.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { fromHex, readUint32 } from '../../../src/core/bytes.ts'
import {
  extended,
  FAST_EXTENDED,
  handshake,
  INTERESTED,
  message,
  uint32,
} from '../../support/hostile-peer.ts'

const [host = '', port = '', infoHash = '', count = '', alone] = process.argv.slice(2)
const HASH = fromHex(infoHash)!
const DRIP_MS = 1_500
const REDIAL_MS = 1_000
/** Longer than any siege. */
const LONGEST_MS = 600_000
const BLOCK = 16_384
/** As many as a peer of ours keeps. */
const REQUESTS = 500
const HANDSHAKE = 68

const tally = { dials: 0, closed: 0, greeted: 0, unchoked: 0, asked: 0, pieces: 0 }

type Behaviour = (socket: Socket) => void

function open(from: string, behave: Behaviour): void {
  tally.dials += 1
  const socket = connect({ host, port: Number(port), localAddress: from })
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(timer)
    tally.closed += 1
    setTimeout(() => open(from, behave), REDIAL_MS)
  })
  socket.on('connect', () => behave(socket))
}

function greeting(): Uint8Array {
  return handshake(FAST_EXTENDED, HASH, randomBytes(20))
}

/** A byte now and then. */
function drip(socket: Socket, bytes: Uint8Array): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < bytes.length && socket.writable) socket.write(bytes.subarray(at, ++at))
    else clearInterval(timer)
  }, DRIP_MS)
  socket.once('close', () => clearInterval(timer))
}

const dripsHandshake: Behaviour = (socket) => {
  socket.resume()
  drip(socket, greeting())
}

const dripsFrame: Behaviour = (socket) => {
  socket.once('data', () => {
    tally.greeted += 1
  })
  socket.write(greeting())
  drip(socket, extended(1, new Uint8Array(60_000)))
}

const saysNoMore: Behaviour = (socket) => {
  socket.once('data', () => {
    tally.greeted += 1
  })
  socket.write(Buffer.concat([greeting(), INTERESTED]))
}

const neverReads: Behaviour = (socket) => {
  let inbox = Buffer.alloc(0)
  let greeted = false
  socket.write(Buffer.concat([greeting(), INTERESTED]))
  socket.on('data', (bytes) => {
    inbox = Buffer.concat([inbox, bytes])
    if (!greeted && inbox.length >= HANDSHAKE) {
      greeted = true
      tally.greeted += 1
      inbox = inbox.subarray(HANDSHAKE)
    }
    while (greeted && inbox.length >= 4 && inbox.length >= 4 + readUint32(inbox, 0)) {
      const length = readUint32(inbox, 0)
      hear(socket, inbox.subarray(4, 4 + length))
      inbox = inbox.subarray(4 + length)
    }
  })
}

function hear(socket: Socket, frame: Buffer): void {
  const id = frame[0]
  if (id === 1) {
    tally.unchoked += 1
    ask(socket, REQUESTS, 0)
    socket.pause()
  } else if (id === 17) ask(socket, 16, readUint32(frame, 1))
  else if (id === 7) {
    tally.pieces += 1
    socket.pause()
  }
}

/** Blocks in a row from that piece on. */
function ask(socket: Socket, blocks: number, piece: number): void {
  tally.asked += blocks
  const requests = Array.from({ length: blocks }, (_, block) =>
    message(6, uint32(piece + (block >> 4), (block & 15) * BLOCK, BLOCK)),
  )
  socket.write(Buffer.concat(requests))
}

for (let i = 0; i < Number(count); i++) {
  if (alone !== undefined) {
    open(alone, saysNoMore)
    continue
  }
  open(`198.18.2.${1 + i}`, i % 2 === 0 ? dripsHandshake : dripsFrame)
  open(`198.18.3.${1 + i}`, neverReads)
}
console.log('ready')
const end = (): never => {
  console.log(JSON.stringify(tally))
  process.exit(0)
}
process.stdin.once('data', end)
process.stdin.once('end', end)
setTimeout(end, LONGEST_MS)
