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
/** Waits for its turn with everything ready but the node itself. */
const WAIT = `process.stdin.once('data', () => import(${JSON.stringify(script)}))`

let spare = wait()
let child = start()
process.stdin.resume()
process.stdin.on('close', end)
process.on('SIGTERM', end)

/** One that hangs for good would outlive us. */
function end(): void {
  for (const each of [child, spare]) {
    each.removeAllListeners('exit')
    each.kill('SIGKILL')
  }
  process.exit(0)
}

function wait(): ChildProcess {
  // Some datagrams make it fill whatever memory there is.
  const flags = ['--max-old-space-size=128', '--import', 'tsx', '--eval', WAIT, '--']
  return spawn(process.execPath, [...flags, script, ...place], { stdio: ['pipe', 'pipe', 'ignore'] })
}

/** The spare takes the place of who died, and another waits. */
function start(): ChildProcess {
  const born = spare
  born.stdout!.on('data', (text: Buffer) => {
    if (String(text).includes('ready')) console.log('ready')
  })
  born.on('exit', () => {
    console.log('died')
    child = start()
  })
  born.stdin!.write('go\n')
  spare = wait()
  return born
}
