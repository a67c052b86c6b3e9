import type { Fault } from '../experiment/faults.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

/** Bytes of a journal's tail that outlive a power cut, though what they tell of does not: the worst that there is. */
const TORN = 65_536

/** Disks fill up, fail now and then, crawl, lie and lose power while a torrent is fetched; then all is mended. */
export const diskFaults: Scenario = defineScenario({
  name: 'disk-faults',
  description:
    'Disks are full, failing, slow, read-only, corrupting or cut off from power for a while during a download.',
  parameters: {
    ...SWARM_PARAMETERS,
    from: { text: 'at which faults begin', fallback: 15, min: 0, max: 86_400, unit: 'seconds' },
    faults: { text: 'that they last', fallback: 30, min: 1, max: 86_400, unit: 'seconds' },
    time: { text: 'until faults have stopped for good', fallback: 120, min: 1, max: 86_400, unit: 'seconds' },
  },
  sizes: {
    small: {
      peers: 14,
      length: 4_194_304,
      piece: 131_072,
      up: 131_072,
      spread: 5,
      from: 25,
      faults: 15,
      time: 75,
    },
    full: { peers: 64, length: 67_108_864, piece: 1_048_576, spread: 10, from: 30 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => swarmGroups(values),
  faults: (stage) => {
    const { from, faults: lasting, length } = stage.values
    const until = from + lasting
    return stage.group(DOWNLOADERS).flatMap(({ host: { index } }, i): Fault[] => {
      const hosts = [index]
      switch (i % 7) {
        case 0:
          return [{ kind: 'disk', from, until, hosts, faults: { capacity: Math.floor(length / 4) } }]
        case 1:
          // Ends the torrent; who mends the disk starts again.
          return [
            { kind: 'disk', from, until, hosts, faults: { failEvery: 5 } },
            { kind: 'crash', from: until, until: until + 1, host: index },
          ]
        case 2:
          return [{ kind: 'disk', from, until, hosts, faults: { slowness: 50 } }]
        case 3:
          return [{ kind: 'disk', from, until, hosts, faults: { readOnly: true } }]
        case 4:
          return [{ kind: 'disk', from, until, hosts, faults: { corruptEvery: 9 } }]
        case 5:
          return [{ kind: 'crash', from, until, host: index, power: true, torn: TORN }]
        default:
          return [{ kind: 'crash', from, until: from + 1, host: index }]
      }
    })
  },
  duration: ({ time }) => time,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  liveness: {
    within: 900,
    // Whose disk changed what it was given has served that, and is banned by those who got it.
    whole: (stage) =>
      stage.group(DOWNLOADERS).every(({ pieces, host }) => pieces?.full === true || host.disk.hasLied),
  },
  measure: (stage) => {
    const members = stage.group(DOWNLOADERS)
    reportDownloads(stage, members)
    const sound = members.filter(({ host }) => !host.disk.hasLied)
    const complete = sound.filter(({ doneAt }) => doneAt !== undefined)
    stage.findings.metric('soundComplete', complete.length / sound.length)
    // What a disk changed after the fact, nobody can know.
    const claimed = members.filter(({ pieces, host }) => pieces?.full === true && !host.disk.hasLied)
    stage.findings.metric('wrongThoughComplete', claimed.filter((member) => !stage.holdsAll(member)).length)
  },
  criteria: [
    { name: 'peers complete, those apart whose disk lied', metric: 'soundComplete', atLeast: 1 },
    {
      name: 'peers that say they are complete and are not, a disk that lied after the fact apart',
      metric: 'wrongThoughComplete',
      atMost: 0,
    },
  ],
})
