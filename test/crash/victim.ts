/** A download in a process of its own that ends itself by kill -9 before a certain change of the disk: `victim.ts <number> <torrent> <out> <state> <peer>`. */
import { readFile } from 'node:fs/promises'
import { Lodestone } from '../../src/face/lodestone.ts'
import { type FileCalls, systemFiles } from '../../src/host/file-calls.ts'
import { NodeHost } from '../../src/host/host.ts'
import { parseTorrent } from '../../src/index.ts'

const [number, torrent, out, stateFolder, peer] = process.argv.slice(2)
let left = Number(number)

const CHANGES = [
  ...['mkdir', 'rename', 'link', 'unlink', 'replace'],
  ...['writev', 'truncate', 'sync', 'datasync'],
]

/** The same, but for what comes before a change. */
function counted<T extends object>(target: T): T {
  return new Proxy(target, {
    get: (_target, key) => {
      const found: unknown = Reflect.get(target, key)
      if (typeof found !== 'function') return found
      return (...given: unknown[]): unknown => {
        if (CHANGES.includes(String(key))) {
          left -= 1
          if (left < 0) process.kill(process.pid, 'SIGKILL')
        }
        return Reflect.apply(found, target, given)
      }
    },
  })
}

const files: FileCalls = counted({
  ...systemFiles,
  open: async (...given: Parameters<FileCalls['open']>) => counted(await systemFiles.open(...given)),
})

const host = new NodeHost({ stateFolder, files })
const node = await Lodestone.open(host, { bind: ['127.0.0.1'], port: 0, bootstrap: 'none', lsd: false })
const download = node.add(parseTorrent(await readFile(torrent!)), { out: out!, peers: [peer!] })
await download.done
console.log(`received ${download.progress().received}`)
await node.close()
