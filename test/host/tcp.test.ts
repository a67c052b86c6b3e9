import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import { Dialler } from '../../src/host/dialler.ts'
import { Inbox } from '../../src/host/inbox.ts'
import { HostStreams } from '../../src/host/tcp.ts'
import { content, Rig } from './rig.ts'

function listen(rig: Rig, host = '127.0.0.1', port = 0): Promise<Address> {
  return rig.value((ticket) => rig.host.ports.streams.listen(ticket, 1, host, port))
}

/** Stream 2 of `rig` dialled to its own listener; returns the id that the listener gave. */
async function pair(rig: Rig, host = '127.0.0.1'): Promise<number> {
  const to = await listen(rig, host)
  rig.call(() => rig.host.ports.streams.connect(2, to, undefined))
  await rig.first('connected')
  const { args } = await rig.first('accepted')
  return args[2] as number
}

function received(rig: Rig, stream: number): Uint8Array {
  const chunks = rig.all('chunk').filter(({ args }) => args[1] === stream)
  return concatBytes(chunks.map(({ args }) => args[2] as Uint8Array))
}

function sentBytes(rig: Rig, stream: number): number {
  return rig
    .all('sent')
    .filter(({ args }) => args[1] === stream)
    .reduce((sum, { args }) => sum + (args[2] as number), 0)
}

for (const host of ['127.0.0.1', '::1']) {
  test(`bytes go both ways on ${host}, in the order of reserve and send`, async (t) => {
    const rig = new Rig(t)
    const { streams } = rig.host.ports
    const accepted = await pair(rig, host)
    assert.equal(accepted % 2, 1)
    const expected: Uint8Array[] = []
    for (let i = 0; i < 40; i++) {
      const head = content(13, i + 1)
      streams.reserve(2, 13).set(head)
      streams.reserve(2, 4).fill(i)
      const block = content(i * 1_000, i + 100)
      streams.send(2, block)
      expected.push(head, new Uint8Array(4).fill(i), block)
      if (i % 7 === 0) rig.call(() => streams.flush(2))
    }
    rig.call(() => streams.flush(2))
    const whole = concatBytes(expected)
    await rig.until(() => rig.bytes === whole.length)
    assert.ok(equalBytes(received(rig, accepted), whole))
    await rig.until(() => sentBytes(rig, 2) === whole.length)

    streams.send(accepted, whole)
    streams.flush(accepted)
    await rig.until(() => rig.bytes === 2 * whole.length)
    assert.ok(equalBytes(received(rig, 2), whole))
  })
}

test('long rooms are used again, and never while what is in them has not left', async (t) => {
  const rig = new Rig(t)
  const { streams } = rig.host.ports
  const accepted = await pair(rig)
  const expected: Uint8Array[] = []
  const memories = new Set<ArrayBufferLike>()
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 4; i++) {
      const room = streams.reserve(2, 65_536 - 7 * i)
      memories.add(room.buffer)
      room.set(content(round + i, room.length))
      expected.push(room.slice())
    }
    rig.call(() => streams.flush(2))
    const whole = expected.reduce((sum, { length }) => sum + length, 0)
    if (round % 5 === 4) await rig.until(() => sentBytes(rig, 2) === whole && rig.bytes === whole)
  }
  assert.ok(equalBytes(received(rig, accepted), concatBytes(expected)))
  assert.ok(memories.size < 60, `${memories.size} rooms`)
})

test('a refused dial is told as refused, once', async (t) => {
  const rig = new Rig(t)
  const to = await listen(rig)
  rig.host.ports.streams.unlisten(1)
  rig.call(() => rig.host.ports.streams.connect(2, to, undefined))
  const { args } = await rig.first('streamClosed')
  assert.deepEqual(args.slice(1), [2, 'network/refused'])
  assert.equal(rig.all('connected').length, 0)
})

test('a dial binds to the local address that it was told', async (t) => {
  const rig = new Rig(t)
  const to = await listen(rig)
  rig.host.ports.streams.connect(2, to, '127.0.0.9')
  const { args } = await rig.first('accepted')
  assert.equal((args[3] as Address).host, '127.0.0.9')
})

test('a dial from an address of the other family fails, and leaves from no other', async (t) => {
  const rig = new Rig(t)
  const to = await listen(rig, '::1')
  rig.call(() => rig.host.ports.streams.connect(2, to, '127.0.0.1'))
  assert.deepEqual((await rig.first('streamClosed')).args.slice(1), [2, 'network/failed'])
  assert.equal(rig.all('accepted').length, 0)
})

test('a dial to what is never an address fails after the call', async (t) => {
  const rig = new Rig(t)
  rig.call(() => rig.host.ports.streams.connect(2, parseAddress('224.0.0.1', 9)!, undefined))
  assert.deepEqual((await rig.first('streamClosed')).args.slice(1), [2, 'network/failed'])
})

test('a graceful close delivers what was queued; the other side hears that it ended', async (t) => {
  const rig = new Rig(t)
  const accepted = await pair(rig)
  const bytes = content(3_000_000)
  rig.host.ports.streams.send(2, bytes)
  rig.call(() => rig.host.ports.streams.close(2, false))
  await rig.until(() => rig.all('streamClosed').length === 1)
  assert.deepEqual(rig.all('streamClosed')[0]!.args.slice(1), [accepted, 'network/ended'])
  assert.ok(equalBytes(received(rig, accepted), bytes))
})

test('a close at once resets, and nothing more is told of that stream', async (t) => {
  const rig = new Rig(t)
  const accepted = await pair(rig)
  rig.call(() => rig.host.ports.streams.close(accepted, true))
  const { args } = await rig.first('streamClosed')
  assert.deepEqual(args.slice(1), [2, 'network/reset'])
  assert.equal(rig.all('streamClosed').length, 1)
})

for (const side of ['dialled', 'accepted'] as const) {
  test(`a paused ${side} stream brings nothing until it is resumed`, async (t) => {
    const rig = new Rig(t)
    const { streams } = rig.host.ports
    const accepted = await pair(rig)
    const [from, to] = side === 'dialled' ? [accepted, 2] : [2, accepted]
    streams.pause(to)
    const bytes = content(15_000_000)
    streams.send(from, bytes)
    streams.flush(from)
    // More than the kernel holds: the sender cannot get rid of it while the receiver does not read.
    const probe = new Rig(t)
    const other = await pair(probe)
    probe.host.ports.streams.send(2, content(1_000_000))
    probe.host.ports.streams.flush(2)
    await probe.until(() => probe.bytes === 1_000_000)
    assert.equal(received(probe, other).length, 1_000_000)
    assert.equal(received(rig, to).length, 0)
    assert.equal(sentBytes(rig, from), 0)
    streams.resume(to)
    await rig.until(() => rig.bytes === bytes.length)
    assert.ok(equalBytes(received(rig, to), bytes))
  })
}

/** A host's streams with a cap of two sockets, and what they tell. */
async function capped(
  t: TestContext,
  accepted: (streams: HostStreams, stream: number) => void = () => {},
): Promise<{ to: Address; streams: HostStreams; closed: unknown[] }> {
  const inbox = new Inbox()
  const closed: unknown[] = []
  const streams = new HostStreams(inbox, 2, { lendAgain() {}, returned() {} }, new Dialler(undefined, []))
  const to = await new Promise<Address>((resolve) => {
    inbox.attach({
      timer() {},
      datagram() {},
      accepted: (_now, _listener, stream) => accepted(streams, stream),
      connected() {},
      chunk() {},
      sent() {},
      command() {},
      streamClosed: (_now, stream) => closed.push(stream),
      completed: (_now, _ticket, outcome) => resolve(outcome.ok ? (outcome.value as Address) : assert.fail()),
    })
    streams.listen(1, 1, '127.0.0.1', 0)
  })
  t.after(() => streams.closeAll())
  return { to, streams, closed }
}

function dial(to: Address): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(to.port, to.host, () => resolve(socket))
    socket.on('error', () => {})
  })
}

test('at the cap of sockets an accept is closed at once, and there is room again when one has gone', async (t) => {
  const { to, streams } = await capped(t)
  const sockets = [await dial(to), await dial(to)]
  const third = await dial(to)
  await new Promise((resolve) => third.once('close', resolve))
  assert.equal(streams.refused, 1)
  for (const socket of sockets) socket.destroy()
  // Dials until the server has noticed; each refusal is a round through the loop.
  for (;;) {
    const before = streams.refused
    const socket = await dial(to)
    const kept = await new Promise<boolean>((resolve) => {
      socket.once('close', () => resolve(false))
      setImmediate(() => setImmediate(() => resolve(streams.refused === before)))
    })
    socket.destroy()
    if (kept) break
  }
})

test('HS20: who is turned away as it comes is reset, takes no place, and nothing more is told of it', async (t) => {
  const { to, streams, closed } = await capped(t, (all, stream) => all.close(stream, true))
  for (let i = 0; i < 20; i++) {
    const socket = connect(to.port, to.host)
    const code = await new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      socket.on('close', () => resolve('closed'))
    })
    assert.equal(code, 'ECONNRESET')
  }
  assert.deepEqual([streams.refused, closed], [0, []])
})

test('who is spoken to as it comes hears that', async (t) => {
  const { to } = await capped(t, (streams, stream) => {
    streams.reserve(stream, 3).set([1, 2, 3])
    streams.flush(stream)
    streams.close(stream, false)
  })
  const socket = await dial(to)
  const heard: Buffer[] = []
  socket.on('data', (bytes: Buffer) => heard.push(bytes))
  await new Promise((resolve) => socket.once('close', resolve))
  assert.deepEqual([...Buffer.concat(heard)], [1, 2, 3])
})

test('at the cap of sockets a dial fails', async (t) => {
  const { to, streams, closed } = await capped(t)
  await dial(to)
  await dial(to)
  await new Promise<void>((resolve) => setImmediate(resolve))
  streams.connect(2, to, undefined)
  assert.deepEqual(closed, [])
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.deepEqual(closed, [2])
})

test('a listener that is taken says so; a closed one accepts no more', async (t) => {
  const rig = new Rig(t)
  const { port } = await listen(rig)
  const other = new Rig(t)
  const failure = await other.failure((ticket) =>
    other.host.ports.streams.listen(ticket, 1, '127.0.0.1', port),
  )
  assert.equal(failure.code, 'network/port-taken')
  assert.ok(failure.message.includes(`TCP 127.0.0.1:${port}`))
  rig.host.ports.streams.unlisten(1)
  assert.equal(
    (await other.value<Address>((k) => other.host.ports.streams.listen(k, 2, '127.0.0.1', port))).port,
    port,
  )
})

test('closing the host leaves no socket behind, even when the remote reads nothing', async (t) => {
  const server = createServer((socket) => socket.pause())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const bound = server.address()
  assert.ok(bound !== null && typeof bound === 'object')
  const rig = new Rig(t)
  rig.host.ports.streams.connect(2, parseAddress('127.0.0.1', bound.port)!, undefined)
  await rig.first('connected')
  rig.host.ports.streams.send(2, content(12_000_000))
  rig.host.ports.streams.flush(2)
  await rig.host.close()
  const count = await new Promise<number>((resolve) => server.getConnections((_e, n) => resolve(n)))
  assert.ok(count <= 1)
  assert.equal(rig.all('streamClosed').length, 0)
})
