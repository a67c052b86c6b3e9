/**
 * One node of the package bittorrent-dht that is started again whenever it dies: `reviving-dht.ts <host> <port>`. Says `ready` each
 * time that it is up, and `died` each time that it is not. Ends with its input.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [host = '', port = ''] = process.argv.slice(2)
const script = fileURLToPath(new URL('./foreign-dht.ts', import.meta.url))
const at = host.lastIndexOf('.') + 1
const place = [host.slice(0, at), host.slice(at), '1', port]

let child: ChildProcess = start()
process.stdin.resume()
process.stdin.on('close', () => {
  child.removeAllListeners('exit')
  child.kill('SIGKILL')
  process.exit(0)
})

function start(): ChildProcess {
  const born = spawn(process.execPath, ['--import', 'tsx', script, ...place], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  born.stdout!.on('data', (text: Buffer) => {
    if (String(text).includes('ready')) console.log('ready')
  })
  born.on('exit', () => {
    console.log('died')
    child = start()
  })
  return born
}
