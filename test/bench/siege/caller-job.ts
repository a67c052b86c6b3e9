/**
 * `caller-job.ts HOST PORT INFO-HASH`: a new honest peer, each half second another from an address of its own, that shakes hands and leaves.
 * Tells in JSON, when it is asked to end, how long that took from the dial to the last byte of the answer (milliseconds).
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { fromHex } from '../../../src/core/bytes.ts'
import { FAST_EXTENDED, handshake } from '../../support/hostile-peer.ts'

const [host = '', port = '', infoHash = ''] = process.argv.slice(2)
const HASH = fromHex(infoHash)!
const EACH_MS = 500
const PATIENCE_MS = 5_000
/** Longer than any siege. */
const LONGEST_MS = 600_000
const HANDSHAKE = 68

const took: number[] = []
let calls = 0
let refused = 0
let open = 0

function call(): void {
  const from = `198.18.${4 + (calls >> 7)}.${1 + (calls & 127)}`
  calls += 1
  open += 1
  const begun = performance.now()
  const socket = connect({ host, port: Number(port), localAddress: from, timeout: PATIENCE_MS })
  let heard = 0
  socket.on('connect', () => socket.write(handshake(FAST_EXTENDED, HASH, randomBytes(20))))
  socket.on('data', (bytes) => {
    if (heard < HANDSHAKE && heard + bytes.length >= HANDSHAKE) {
      took.push(performance.now() - begun)
      socket.end()
    }
    heard += bytes.length
  })
  socket.on('timeout', () => socket.destroy())
  socket.on('error', () => {})
  socket.on('close', () => {
    open -= 1
    if (heard < HANDSHAKE) refused += 1
  })
}

const timer = setInterval(call, EACH_MS)
console.log('ready')
const end = (): void => {
  clearInterval(timer)
  setTimeout(
    () => {
      took.sort((a, b) => a - b)
      const at = (share: number): number => took[Math.floor(share * (took.length - 1))] ?? Number.NaN
      console.log(
        JSON.stringify({ calls, refused: refused + open, p50: at(0.5), p99: at(0.99), most: at(1) }),
      )
      process.exit(0)
    },
    open > 0 ? PATIENCE_MS : 0,
  )
}
process.stdin.once('data', end)
process.stdin.once('end', end)
setTimeout(end, LONGEST_MS)
