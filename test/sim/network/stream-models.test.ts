import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import { World } from '../../../sim/hosts/world.ts'
import type { TcpModel } from '../../../sim/network/stream-fabric.ts'
import { swarm } from '../../../sim/scenarios/swarm.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

/** Seconds that `bytes` take over one stream of 140 ms round trip, line and share of losses as given. */
function transfer(tcp: TcpModel, seed: number, bytes: number, rate: number, loss: number): number {
  const world = new World({ seed, tcp, network: { profile: 'lan', jitter: 0, loss } })
  const rates = { up: rate, down: rate }
  const from = world.addHost({ rates, position: { x: 0, y: 0, height: 10_000 } })
  const to = world.addHost({ rates, position: { x: 30_000, y: 40_000, height: 10_000 } })
  const sender = from.boot(0, (ports) => new FakeMachine(ports))
  const receiver = to.boot(0, (ports) => new FakeMachine(ports))
  let got = 0
  receiver.chunk = (_now, _stream, views) => {
    for (const view of views) got += view.length
  }
  receiver.onStart = () => receiver.ports.streams.listen(1, 1, to.host, 6881)
  sender.onConnected = () => {
    sender.ports.streams.send(2, new Uint8Array(bytes))
    sender.ports.streams.flush(2)
  }
  world.run(SECOND)
  sender.ports.streams.connect(2, to.address(6881), undefined)
  assert.ok(world.run(10_000 * SECOND, () => got === bytes))
  return world.now / SECOND - 1
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

const SEEDS = [1, 2, 3, 4, 5]
/** Swarms of ten lie so far apart that the median of three is one of them. */
const SWARM_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9]

describe('the two models of streams', () => {
  it("reach the rate that Mathis' law gives for a share of losses", () => {
    for (const tcp of ['flow', 'packet'] as const) {
      for (const loss of [0.001, 0.01]) {
        // Long enough for slow start not to count.
        const bytes = loss < 0.01 ? 60_000_000 : 10_000_000
        const took = median(SEEDS.slice(0, 3).map((seed) => transfer(tcp, seed, bytes, 125_000_000, loss)))
        const mathis = (1.22 * 1_448) / (0.14 * Math.sqrt(loss))
        const ratio = bytes / took / mathis
        assert.ok(ratio > 0.75 && ratio < 1.25, `${tcp} at ${loss}: ${ratio} of the law`)
      }
    }
  })

  it('take the same time for one transfer, short or long, on a wide or a narrow line', () => {
    for (const rate of [250_000, 12_500_000]) {
      for (const bytes of [17_000, 1_000_000, 5_000_000]) {
        const ratio = transfer('flow', 1, bytes, rate, 0) / transfer('packet', 1, bytes, rate, 0)
        assert.ok(ratio > 0.9 && ratio < 1.1, `${bytes} bytes at ${rate}: ${ratio}`)
      }
    }
  })

  // Ten peers and a few seconds: with fifty the bench finds a fifth at most.
  it('differ by at most a quarter in the median download of a small swarm', () => {
    for (const loss of ['0', '0.01']) {
      const values = resolveValues(swarm, new Map(Object.entries({ peers: '10', length: '2M', loss })))
      const [flow, packet] = (['flow', 'packet'] as const).map((tcp) =>
        median(
          SWARM_SEEDS.map(
            (seed) => runScenario(swarm, seed, values, { tcp }).metrics['downloadSecondsMedian']!,
          ),
        ),
      ) as [number, number]
      assert.ok(
        Math.abs(flow / packet - 1) <= 0.25,
        `loss ${loss}: ${flow} s as flows, ${packet} s as packets`,
      )
    }
  })
})
