/**
 * One flash crowd of full peers in virtual time, in a process of its own: `sim-swarm-job.ts <peers> <MiB>`. Says its figures as one
 * JSON line.
 */
import process from 'node:process'
import { resolveValues } from '../../sim/experiment/parameters.ts'
import { runScenario } from '../../sim/experiment/run-scenario.ts'
import { flashCrowd } from '../../sim/scenarios/flash-crowd.ts'

const BLOCK = 16_384
const [peers = '', mebibytes = ''] = process.argv.slice(2)
const given = new Map([
  ['peers', peers],
  ['length', `${mebibytes}M`],
  ['piece', '1M'],
  ['spread', '60'],
])
const values = resolveValues(flashCrowd, given)
const wall = performance.now()
const { user: before } = process.cpuUsage()
const { events, metrics, virtualMs } = runScenario(flashCrowd, 1, values)
const seconds = (process.cpuUsage().user - before) / 1e6
const blocks = ((Number(peers) - 1) * Number(mebibytes) * 1024 * 1024) / BLOCK
console.log(
  JSON.stringify({
    peers: Number(peers),
    mebibytes: Number(mebibytes),
    complete: metrics['complete'],
    virtualSeconds: virtualMs / 1000,
    seconds,
    wallSeconds: (performance.now() - wall) / 1000,
    microsPerBlock: (seconds * 1e6) / blocks,
    eventsPerBlock: events / blocks,
    peakRss: process.resourceUsage().maxRSS * 1024,
  }),
)
