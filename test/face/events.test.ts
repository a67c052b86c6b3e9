import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { EventHub } from '../../src/face/event-hub.ts'
import { Feed } from '../../src/face/feed.ts'
import type { LodestoneEvent } from '../../src/index.ts'
import { within, withNodes } from './loopback.ts'

const event = (nodes: number): LodestoneEvent => ({ type: 'ready', nodes, ms: 0 })

describe('a feed', () => {
  it('gives what came before the end, then ends', async () => {
    const feed = new Feed<number>(undefined, () => {})
    feed.push(1)
    feed.push(2)
    feed.end()
    feed.push(3)
    const seen: number[] = []
    for await (const item of feed) seen.push(item)
    assert.deepEqual(seen, [1, 2])
  })

  it('answers readers that ask ahead in their order', async () => {
    const feed = new Feed<number>(undefined, () => {})
    const asked = [feed.next(), feed.next(), feed.next()]
    feed.push(1)
    feed.push(2)
    feed.end()
    assert.deepEqual(
      (await Promise.all(asked)).map(({ value }) => value),
      [1, 2, undefined],
    )
  })

  it('drops the oldest when its reader is slow, and counts them', async () => {
    const feed = new Feed<number>(undefined, () => {})
    for (let i = 0; i < 10_005; i++) feed.push(i)
    assert.equal(feed.dropped, 5)
    assert.deepEqual(await feed.next(), { done: false, value: 5 })
  })

  it('says once that no more is wanted, whichever way it ends', async () => {
    const aborted = new AbortController()
    const ways: ((feed: Feed<number>) => unknown)[] = [
      (feed) => feed.end(),
      (feed) => feed.return(),
      () => aborted.abort(),
    ]
    for (const way of ways) {
      let closings = 0
      const feed = new Feed<number>(aborted.signal, () => (closings += 1))
      feed.push(1)
      await way(feed)
      feed.end()
      await feed.return()
      assert.equal(closings, 1)
    }
  })
})

describe('an event hub', () => {
  it('counts what a slow reader of its events has missed', () => {
    const hub = new EventHub()
    const events = hub.events(undefined)
    for (let i = 0; i < 10_003; i++) hub.emit(event(i))
    assert.equal(events.dropped, 3)
  })

  it('calls a listener once for each time that it was registered, until that is taken back', () => {
    const hub = new EventHub()
    let calls = 0
    const listener = (): void => {
      calls += 1
    }
    const off = hub.on('ready', listener)
    hub.on('ready', listener)
    hub.on('done', listener)
    hub.emit(event(1))
    off()
    hub.emit(event(2))
    assert.equal(calls, 3)
  })

  it('lets a listener that throws harm the program, not the others', async () => {
    const hub = new EventHub()
    const seen: number[] = []
    hub.on('ready', () => {
      throw new Error('a listener of its own')
    })
    hub.on('ready', ({ nodes }) => seen.push(nodes))
    // The runner has a listener for these too, which would fail this test.
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    try {
      const uncaught = once(process, 'uncaughtException')
      hub.emit(event(7))
      assert.deepEqual(seen, [7])
      const [error] = await within(5000, 'the error', uncaught)
      assert.match(String(error), /a listener of its own/)
    } finally {
      for (const other of others) process.on('uncaughtException', other)
    }
  })
})

describe('the events of a node', () => {
  it('come to iterators and listeners alike, and end when the loop is left', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const heard: string[] = []
      node.on('ready', ({ type }) => heard.push(type))
      const events = node.events()
      const first = within(
        10_000,
        'an event',
        (async () => {
          for await (const { type } of events) return type
          return 'none'
        })(),
      )
      assert.equal(await first, 'ready')
      assert.deepEqual(heard, ['ready'])
      for await (const _event of events) assert.fail('it was left')
    })
  })

  it('end when their signal is aborted, before or meanwhile', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const stop = new AbortController()
      const events = node.events({ signal: stop.signal })
      const end = (async () => {
        for await (const _event of events) void _event
      })()
      stop.abort()
      await within(5000, 'the end of the loop', end)
      for await (const _event of node.events({ signal: AbortSignal.abort() })) assert.fail('it was aborted')
    })
  })
})
