import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError } from '../../src/index.ts'
import { HASH, MAGNET, NODE_ID, Scene, until } from './scene.ts'

describe('peers', () => {
  it('waits for the bootstrap, prints each peer as it is found, and announces where asked', async () => {
    const scene = new Scene()
    scene.node.found = [
      { host: '10.0.0.1', port: 1 },
      { host: '2001:db8::1', port: 2 },
    ]
    const exit = scene.run('peers', MAGNET, '--announce', '7000')
    await until(() => scene.opened.length === 1)
    assert.equal(scene.node.lookups.length, 0)
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await exit, 0)
    assert.equal(scene.node.lookups[0]?.target, HASH)
    assert.equal(scene.node.lookups[0]?.options['announce'], 7000)
    assert.equal(scene.stdout, 'Listening on 127.0.0.1:6881\n10.0.0.1:1\n[2001:db8::1]:2\n')
    assert.equal(scene.stderr, '2 peers found (9 queries, 8 answers)\n')
  })

  it('reports each as a line, then the look-up, then done', async () => {
    const scene = new Scene()
    scene.node.found = [{ host: '10.0.0.1', port: 1 }]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('peers', HASH, '--json'), 0)
    assert.deepEqual(scene.events.slice(1), [
      { event: 'peer', at: 0, host: '10.0.0.1', port: 1, source: 'dht' },
      {
        event: 'lookup',
        at: 0,
        target: HASH,
        queries: 9,
        responses: 8,
        peers: 1,
        ms: 1500,
        suspicious: false,
      },
      { event: 'done', at: 0, infoHash: HASH, peers: 1, seconds: 1.5 },
    ])
  })

  it('warns when somebody seems to have surrounded the info-hash', async () => {
    const scene = new Scene()
    scene.node.isSuspicious = true
    scene.node.found = [{ host: '10.0.0.1', port: 1 }]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('peers', HASH), 0)
    assert.match(scene.stderr, /nodes next to this info-hash/)
  })

  it('estimates seeds and downloaders where asked', async () => {
    const scene = new Scene()
    scene.node.found = [{ host: '10.0.0.1', port: 1 }]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('peers', HASH, '--scrape', '--json'), 0)
    assert.deepEqual(
      { ...scene.named('lookup')[0] },
      {
        ...{
          event: 'lookup',
          at: 0,
          target: HASH,
          queries: 9,
          responses: 8,
          peers: 1,
          ms: 1500,
          suspicious: false,
        },
        ...{ seeds: 3, downloaders: 1, saturated: false },
      },
    )
    const plain = new Scene()
    plain.node.found = [{ host: '10.0.0.1', port: 1 }]
    plain.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await plain.run('peers', HASH, '--scrape'), 0)
    assert.match(plain.stderr, /about 3 seeds and 1 downloader, by what nodes say/)
  })

  it('explains the way of a look-up as a tree, and as a line for each node', async () => {
    const at = (n: number) => ({ host: `10.0.0.${n}`, port: n })
    const hop = (n: number, more: object): object => {
      return {
        ...at(n),
        nodeId: NODE_ID,
        outcome: 'unasked',
        queries: 0,
        named: 0,
        fresh: 0,
        peers: 0,
        ...more,
      }
    }
    const hops = [
      hop(1, { outcome: 'answered', queries: 1, ms: 41.7, named: 8, fresh: 3 }),
      hop(2, { outcome: 'silent', queries: 2 }),
      hop(3, { namedBy: at(1), outcome: 'answered', queries: 2, ms: 99, named: 1, peers: 4 }),
      hop(4, { namedBy: at(1), outcome: 'error', queries: 1 }),
      hop(5, { namedBy: at(1), why: 'not-needed' }),
      hop(6, { namedBy: at(1), why: 'same-ip' }),
      hop(7, { namedBy: at(1), why: 'not-needed' }),
      // Named by itself: no line may come twice.
      hop(3, { namedBy: at(3), outcome: 'silent', queries: 1 }),
    ]
    const scene = new Scene()
    scene.node.found = [at(9)]
    scene.node.walks = [{ ended: 'closest', hops }]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('peers', HASH, '--explain'), 0)
    assert.deepEqual(scene.stdout.split('\n').slice(1, -1), [
      '10.0.0.9:9',
      '10.0.0.1:1 ffffffff: answered in 42 ms, named 8 nodes, 3 new',
      '  10.0.0.3:3 ffffffff: answered in 99 ms when asked 2 times, named 1 node, 0 new, 4 peers',
      '    10.0.0.3:3 ffffffff: did not answer',
      '  10.0.0.4:4 ffffffff: answered with an error',
      '  not asked: 2 not needed, 1 of an IP that was asked',
      '10.0.0.2:2 ffffffff: did not answer when asked 2 times',
      'It ended because the nearest that answered named nobody nearer.',
    ])
    const json = new Scene()
    json.node.found = [at(9)]
    json.node.walks = [{ ended: 'closest', hops }]
    json.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await json.run('peers', HASH, '--explain', '--json'), 0)
    assert.deepEqual(
      json.named('hop').map(({ event: _, at: __, ...fields }) => fields),
      hops,
    )
  })

  it('that finds nobody leaves with 1, and tells an empty DHT from a lonely node', async () => {
    for (const [responses, code] of [
      [8, 'swarm/no-peers'],
      [0, 'dht/no-nodes'],
    ] as const) {
      const scene = new Scene()
      scene.node.responses = responses
      scene.node.booted.resolve({ nodes: 0, ms: 4 })
      assert.equal(await scene.run('peers', HASH, '--json'), 1)
      assert.equal(scene.events.at(-1)?.['code'], code)
    }
  })
})

describe('node', () => {
  it('prints listening, ready, its numbers each 10 s, and stopped', async () => {
    const scene = new Scene()
    const exit = scene.run('node', '--json', '--record', 'tape')
    await until(() => scene.tickers.length === 1)
    scene.node.emit({ type: 'ready', nodes: 3, ms: 40 })
    scene.node.booted.resolve({ nodes: 3, ms: 40 })
    scene.tick(10_000)
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
    assert.equal(scene.opened[0]?.record, 'tape')
    assert.deepEqual(scene.events.slice(1), [
      { event: 'ready', at: 0, nodes: 3, ms: 40 },
      { event: 'stats', at: 0, ...scene.node.stats() },
      { event: 'stopped', at: 0, reason: 'SIGINT' },
    ])
  })
})

describe('dht sample', () => {
  const sample = (host: string, infoHashes: readonly string[]): object => {
    return { host, port: 1, infoHashes, total: 5, interval: 60 }
  }
  const OTHER = HASH.split('').reverse().join('')

  it('prints each info-hash once, walking towards the id of the node or the one that was given', async () => {
    const scene = new Scene()
    scene.node.samples = [
      sample('10.0.0.1', [HASH]),
      sample('10.0.0.2', [HASH, OTHER]),
      sample('10.0.0.3', []),
    ]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('dht', 'sample'), 0)
    assert.equal(scene.node.lookups[0]?.target, NODE_ID)
    assert.equal(scene.stdout, `Listening on 127.0.0.1:6881\n${HASH}\n${OTHER}\n`)
    assert.equal(scene.stderr, '2 info-hashes told by 3 nodes\n')
    const near = new Scene()
    near.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await near.run('dht', 'sample', '--near', HASH), 0)
    assert.equal(near.node.lookups[0]?.target, HASH)
  })

  it('reports each node as a line, then done', async () => {
    const scene = new Scene()
    scene.node.samples = [sample('10.0.0.1', [HASH])]
    scene.node.booted.resolve({ nodes: 3, ms: 4 })
    assert.equal(await scene.run('dht', 'sample', '--json'), 0)
    assert.deepEqual(scene.events.slice(1), [
      { event: 'sample', at: 0, host: '10.0.0.1', port: 1, total: 5, interval: 60, infoHashes: [HASH] },
      { event: 'done', at: 0, target: NODE_ID, queries: 9, nodes: 1, infoHashes: 1, seconds: 1.5 },
    ])
  })

  it('refuses an id that is none and --no-dht, and leaves with 1 when no node answers', async () => {
    assert.equal(await new Scene().run('dht', 'sample', '--near', 'abc'), 2)
    assert.equal(await new Scene().run('dht', 'sample', '--no-dht'), 2)
    const scene = new Scene()
    scene.node.responses = 0
    scene.node.booted.resolve({ nodes: 0, ms: 4 })
    assert.equal(await scene.run('dht', 'sample', '--json'), 1)
    assert.equal(scene.events.at(-1)?.['code'], 'dht/no-nodes')
  })
})

describe('dht ping', () => {
  it('prints the pong, and asks no entry point unless told', async () => {
    const scene = new Scene()
    assert.equal(await scene.run('dht', 'ping', '10.0.0.1:5', '--json'), 0)
    assert.equal(scene.opened[0]?.bootstrap, 'none')
    assert.deepEqual(scene.events.slice(1), [
      { event: 'pong', at: 0, host: '10.0.0.1', port: 5, ms: 12.5, nodeId: NODE_ID },
      { event: 'done', at: 0, host: '10.0.0.1', port: 5, seconds: 0.013 },
    ])
  })

  it('without an answer leaves with 1', async () => {
    const scene = new Scene()
    scene.node.pong = Promise.reject(new LodestoneError('timeout', 'dht/no-answer', 'It did not answer.'))
    assert.equal(await scene.run('dht', 'ping', '10.0.0.1:5'), 1)
    assert.equal(scene.stderr, 'lodestone: It did not answer.\n')
  })
})
