/**
 * `loopback-job.ts <peers> <pieces>`: what a block costs this process, which downloads from so many scripted peers of another by real
 * sockets, to files. One JSON line.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { encodeMetainfo } from '../../../src/codec/metainfo.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import { open, parseTorrent } from '../../../src/index.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { BLOCKS_A_PIECE, repeatedInfo } from './loopback-content.ts'
import type { BlockCost } from './virtual-job.ts'

const PEERS = fileURLToPath(new URL('loopback-peers.ts', import.meta.url))

const [peers = '', pieces = ''] = process.argv.slice(2)
const info = repeatedInfo(Number(pieces))
await inTempFolder(async (out) => {
  const maxPeers = 2 * Number(peers) + 100
  const node = await open({ bind: ['127.9.0.1'], port: 0, dht: false, lsd: false, state: false, maxPeers })
  await node.ready
  const torrent = node.add(parseTorrent(encodeMetainfo({ infoBytes: info })), { out, maxPeers })
  const hash = toHex(nodeCrypto.sha1(info))
  const given = [String(node.addresses[0]!.port), hash, peers, pieces]
  const others = spawn(process.execPath, ['--import', 'tsx', PEERS, ...given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(others.stdout, 'data')
  const before = process.cpuUsage()
  others.stdin.write('go\n')
  await torrent.done
  const { user, system } = process.cpuUsage(before)
  const micros = (user + system) / (Number(pieces) * BLOCKS_A_PIECE)
  others.stdin.end()
  await once(others, 'close')
  await node.close()
  const cost: BlockCost = { micros, runs: [micros] }
  console.log(JSON.stringify(cost))
})
