/** `transfer.mjs download|seed <magnet link or .torrent> <folder> <port> <entry host> <entry port>`; says `peer`, `metadata`, `done`. */
import WebTorrent from 'webtorrent'

const [role, source, path, port, host, entryPort] = process.argv.slice(2)
const dht = { bootstrap: [{ host, port: Number(entryPort) }], concurrency: 16 }
// One number for both would keep its DHT from ever starting.
const client = new WebTorrent({
  utp: false,
  lsd: false,
  tracker: false,
  dht,
  torrentPort: Number(port),
  dhtPort: Number(port) + 1,
})
const fail = (error) => {
  console.error(error)
  process.exit(1)
}
client.on('error', fail)
const torrent = client.add(source, { path, announce: [], deselect: false })
torrent.on('error', fail)
torrent.once('wire', () => console.log('peer'))
torrent.once('metadata', () => console.log('metadata'))
if (role === 'download')
  torrent.once('done', () => {
    console.log('done')
    client.destroy(() => process.exit(0))
  })
process.on('SIGTERM', () => process.exit(0))
