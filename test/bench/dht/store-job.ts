/**
 * What a stored peer costs: `store-job.ts <hashes> <peers of each>`, with `--expose-gc`. Fills the store of a node with announced peers of
 * global scope and says as one JSON line how many bytes the process took for them: heap, memory outside it, and resident.
 */
import process from 'node:process'
import { addressFromBytes } from '../../../src/core/address.ts'
import { writeUint32 } from '../../../src/core/bytes.ts'
import { randomId } from '../../../src/core/id.ts'
import { PeerStore } from '../../../src/dht/answering/peer-store.ts'
import { resolveDhtOptions } from '../../../src/dht/resolve-dht-options.ts'
import { dice, nodeCrypto } from '../../../src/host/crypto.ts'

const [hashes, peers] = process.argv.slice(2).map(Number) as [number, number]
const total = hashes * peers
/** The hosts of announcers repeat from hash to hash, as they do in a network. */
const HOSTS = 200_000
const FIRST_HOST = 0x3c00_0001
const rng = dice(new Uint8Array(1))
const ip = new Uint8Array(4)

const options = resolveDhtOptions({ maxHashes: hashes, maxPeersPerHash: peers, maxStoredPeers: total })
const before = memory()
const store = new PeerStore(randomId(rng), 4, options, rng, nodeCrypto.sha1)
const begun = performance.now()
for (let i = 0; i < hashes; i++) {
  const hash = randomId(rng)
  for (let k = 0; k < peers; k++) {
    writeUint32(ip, 0, FIRST_HOST + (((i * peers + k) * 7) % HOSTS))
    store.add(0, hash, addressFromBytes(ip, 0, 4, 6881))
  }
}
const seconds = (performance.now() - begun) / 1000
const after = memory()
if (store.peers !== total) throw new Error(`${store.peers} of ${total} peers were kept`)
console.log(
  JSON.stringify({
    hashes,
    peers,
    seconds,
    live: after.live - before.live,
    resident: after.resident - before.resident,
  }),
)

function memory(): { live: number; resident: number } {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { live: heapUsed + external, resident: rss }
}
