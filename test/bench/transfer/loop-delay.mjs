/** To be imported before a program: at its end it says how late its event loop was, in milliseconds. */
import { writeSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
process.on('exit', () => {
  const [p99, most] = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1))
  writeSync(2, `\nloop delay p99 ${p99} max ${most}\n`)
})
