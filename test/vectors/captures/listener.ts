/**
 * A DHT node and a peer that only listen and ask, to hear how a foreign client speaks:
 * `listener.ts <own host> <client host> <client port> <info-hash>`.
 * Prints one JSON line for each datagram, and for what each stream has brought. UDP on port 6881, TCP on port 6882. Its own
 * side is written by hand, so that nothing of ours is proved by itself.
 */
import { createSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const UDP_PORT = 6881
const TCP_PORT = 6882
const KEPT_BYTES = 2048
/** A stream is quiet when the client has said all that it says unasked. */
const QUIET_MS = 2500

const [host = '', clientHost = '', clientPort = '', infoHashHex = ''] = process.argv.slice(2)
const infoHash = Buffer.from(infoHashHex, 'hex').toString('latin1')
/** As near to the torrent as can be, so that every announcement is meant for us. */
const ID = infoHash.slice(0, 19) + String.fromCharCode(infoHash.charCodeAt(19) ^ 1)

const udp = createSocket('udp4')
udp.on('message', (bytes, from) => {
  const text = bytes.toString('latin1')
  if (from.address === clientHost) tell({ datagram: bytes.toString('hex') })
  const answer = answerTo(text)
  if (answer !== undefined) udp.send(Buffer.from(answer, 'latin1'), from.port, from.address)
  const token = /5:token(\d+):/.exec(text)
  if (text.includes('1:y1:r') && token !== null) announce(take(text, token))
})
udp.bind(UDP_PORT, host, () => console.log('ready'))

createServer((socket) => listen(socket, 'dialled by the client')).listen(TCP_PORT, host)

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'ask') ask()
    if (line === 'dial') dial()
  })
  .on('close', () => process.exit(0))

function tell(what: Record<string, string>): void {
  console.log(JSON.stringify(what))
}

/** The byte string whose length the match has found. */
function take(text: string, match: RegExpExecArray): string {
  const start = match.index + match[0].length
  return text.slice(start, start + Number(match[1]))
}

function answerTo(text: string): string | undefined {
  const transaction = /1:t(\d+):/.exec(text)
  if (!text.includes('1:y1:q') || transaction === null) return undefined
  const t = take(text, transaction)
  const values = text.includes('9:get_peers') ? `5:token4:tokn6:valuesl6:${compact(TCP_PORT)}e` : ''
  const nodes = text.includes('9:find_node') ? `5:nodes26:${ID}${compact(UDP_PORT)}` : ''
  return `d1:rd2:id20:${ID}${nodes}${values}e1:t${t.length}:${t}1:y1:re`
}

function compact(port: number): string {
  return String.fromCharCode(...host.split('.').map(Number), port >> 8, port & 255)
}

function query(transaction: string, method: string, args: string): void {
  const text = `d1:ad2:id20:${ID}${args}e1:q${method.length}:${method}1:t2:${transaction}1:y1:qe`
  udp.send(Buffer.from(text, 'latin1'), Number(clientPort), clientHost)
}

/** Every question of BEP 5, and one that does not exist. */
function ask(): void {
  query('pi', 'ping', '')
  query('fn', 'find_node', `6:target20:${infoHash}`)
  query('gp', 'get_peers', `9:info_hash20:${infoHash}`)
  query('xx', 'no_such_method', '')
  query('bt', 'announce_peer', `9:info_hash20:${infoHash}4:porti${TCP_PORT}e5:token3:bad`)
}

function announce(token: string): void {
  query('an', 'announce_peer', `9:info_hash20:${infoHash}4:porti${TCP_PORT}e5:token${token.length}:${token}`)
  query('gv', 'get_peers', `9:info_hash20:${infoHash}`)
}

function dial(): void {
  listen(connect({ host: clientHost, port: Number(clientPort), localAddress: host }), 'dialled by us')
}

/** Says our half, and tells what came when the client has fallen silent. */
function listen(socket: Socket, what: string): void {
  const extended = `d1:md11:ut_metadatai3ee1:v8:listenere`
  const length = String.fromCharCode(0, 0, 0, extended.length + 2)
  const reserved = '\0\0\0\0\0\x10\0\x05'
  const handshake = `\x13BitTorrent protocol${reserved}${infoHash}-LI0001-listens only`
  // Have none, as the fast extension says it.
  const none = '\0\0\0\x01\x0f'
  socket.write(Buffer.from(handshake, 'latin1'))
  const chunks: Buffer[] = []
  let encrypted = false
  const end = (): void => {
    if (chunks.length > 0)
      tell({
        stream: encrypted ? `${what}, encrypted` : what,
        bytes: Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('hex'),
      })
    chunks.length = 0
    socket.destroy()
  }
  let quiet = setTimeout(end, QUIET_MS)
  socket.on('data', (chunk) => {
    // aria2 bans whoever says more than the handshake before it has answered.
    if (chunks.length === 0) socket.write(Buffer.from(`${length}\x14\0${extended}${none}`, 'latin1'))
    chunks.push(chunk)
    if (chunks[0]![0] !== 0x13) encrypted = true
    if (encrypted) socket.destroy()
    clearTimeout(quiet)
    quiet = setTimeout(end, QUIET_MS)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(quiet)
    end()
  })
}
