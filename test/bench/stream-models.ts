/** `node --import tsx test/bench/stream-models.ts [peers] [MiB] [seeds]`: how far the flow model of streams is from packets. */
import { cpuUsage } from 'node:process'
import { resolveValues } from '../../sim/experiment/parameters.ts'
import { runScenario } from '../../sim/experiment/run-scenario.ts'
import { swarm } from '../../sim/scenarios/swarm.ts'
import { median } from './median.ts'

const [peers = '50', mib = '16', seeds = '5'] = process.argv.slice(2)

console.log(`swarm of ${peers}, ${mib} MiB, ${seeds} seeds: seconds of the median download`)
for (const loss of ['0', '0.001', '0.01']) {
  const values = resolveValues(swarm, new Map(Object.entries({ peers, length: `${mib}M`, loss })))
  const medians = { flow: [] as number[], packet: [] as number[] }
  const cpu = { flow: 0, packet: 0 }
  for (let seed = 1; seed <= Number(seeds); seed++) {
    for (const tcp of ['flow', 'packet'] as const) {
      const began = cpuUsage()
      medians[tcp].push(runScenario(swarm, seed, values, { tcp }).metrics['downloadSecondsMedian']!)
      const { user, system } = cpuUsage(began)
      cpu[tcp] += (user + system) / 1e6
    }
  }
  const ratios = medians.flow.map((flow, i) => flow / medians.packet[i]!)
  const [flow, packet] = [median(medians.flow), median(medians.packet)]
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
  console.log(
    `loss ${loss}: flow ${flow.toFixed(1)}, packet ${packet.toFixed(1)}; ratio pair by pair ${median(ratios).toFixed(3)} (${spread}); CPU ${cpu.flow.toFixed(0)} s and ${cpu.packet.toFixed(0)} s`,
  )
}
