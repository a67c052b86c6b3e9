import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import type { Failure } from '../../src/session/ports.ts'
import { Rig } from './rig.ts'

function bind(rig: Rig, handle: number, host = '127.0.0.1', port = 0): Promise<Address> {
  return rig.value((ticket) => rig.host.ports.udp.bind(ticket, handle, host, port))
}

function send(rig: Rig, handle: number, to: Address, text: string): void {
  const { udp } = rig.host.ports
  const room = udp.reserve(text.length + 5)
  room.set(latin1(text))
  rig.call(() => udp.send(handle, to, room.subarray(0, text.length)))
}

for (const host of ['127.0.0.1', '::1']) {
  test(`datagrams go both ways on ${host} and name their sender`, async (t) => {
    const rig = new Rig(t)
    const a = await bind(rig, 1, host)
    const b = await bind(rig, 2, host)
    assert.ok(a.port > 0 && a.host === host)
    send(rig, 1, b, 'ping')
    await rig.until(() => rig.all('datagram').length === 1)
    send(rig, 2, a, 'pong')
    await rig.until(() => rig.all('datagram').length === 2)
    const [first, second] = rig.all('datagram')
    assert.deepEqual([first!.args[1], first!.args[2], toLatin1(first!.args[3] as Uint8Array)], [2, a, 'ping'])
    assert.deepEqual(
      [second!.args[1], second!.args[2], toLatin1(second!.args[3] as Uint8Array)],
      [1, b, 'pong'],
    )
  })
}

test('a thousand datagrams that come at once all arrive, whatever the receiver does meanwhile', async (t) => {
  const rig = new Rig(t)
  await bind(rig, 1)
  const to = await bind(rig, 2)
  for (let i = 0; i < 1_000; i++) send(rig, 1, to, `number ${i} ${'x'.repeat(100)}`)
  await rig.until(() => rig.all('datagram').length === 1_000)
  const numbers = rig.all('datagram').map(({ args }) => Number(toLatin1(args[3] as Uint8Array).split(' ')[1]))
  assert.deepEqual(
    numbers,
    Array.from({ length: 1_000 }, (_, i) => i),
  )
})

test('a port that is taken is named, with its code', async (t) => {
  const rig = new Rig(t)
  const { port } = await bind(rig, 1)
  const failure = await rig.failure((ticket) => rig.host.ports.udp.bind(ticket, 2, '127.0.0.1', port))
  assert.equal(failure.code, 'network/port-taken')
  assert.ok(failure.message.includes(`UDP 127.0.0.1:${port}`))
})

test('an address of no interface is refused', async (t) => {
  const rig = new Rig(t)
  assert.equal(
    await rig.code((ticket) => rig.host.ports.udp.bind(ticket, 1, '192.0.2.1', 0)),
    'network/no-address',
  )
})

test('what cannot be sent to is dropped in silence: port 0, broadcast, reserved, the other family', async (t) => {
  const rig = new Rig(t)
  await bind(rig, 1)
  const to = await bind(rig, 2)
  for (const [host, port] of [
    ['127.0.0.1', 0],
    ['255.255.255.255', 5],
    ['240.0.0.1', 5],
    ['0.0.0.0', 5],
    ['::1', 5],
  ] as const) {
    send(rig, 1, parseAddress(host, port)!, 'lost')
  }
  send(rig, 1, to, 'kept')
  const { args } = await rig.first('datagram')
  assert.equal(toLatin1(args[3] as Uint8Array), 'kept')
})

test('2.36 errors that the network sends back end nothing', async (t) => {
  const rig = new Rig(t)
  await bind(rig, 1)
  const gone = await bind(rig, 2)
  const to = await bind(rig, 3)
  rig.host.ports.udp.close(2)
  // Refused by the machine itself (ICMP), and one too long to be sent at all (EMSGSIZE).
  for (let i = 0; i < 5; i++) send(rig, 1, gone, 'nobody')
  send(rig, 1, to, 'x'.repeat(65_530))
  send(rig, 1, to, 'kept')
  const { args } = await rig.first('datagram')
  assert.equal(toLatin1(args[3] as Uint8Array), 'kept')
})

test('a closed socket gives its port back, and sends to it and through it are lost', async (t) => {
  const rig = new Rig(t)
  const a = await bind(rig, 1)
  await bind(rig, 2)
  rig.host.ports.udp.close(1)
  send(rig, 1, a, 'nowhere')
  send(rig, 2, a, 'nobody')
  const again = new Rig(t)
  // The close takes its turn in the loop; the outcome of the next bind tells when it is done.
  while (!(await again.outcome((ticket) => again.host.ports.udp.bind(ticket, 3, '127.0.0.1', a.port))).ok);
  assert.equal(rig.all('datagram').length, 0)
})

test('a socket closed while it is being bound completes once, as a failure', async (t) => {
  const rig = new Rig(t)
  const outcome = rig.failure((ticket) => rig.host.ports.udp.bind(ticket, 1, '127.0.0.1', 0))
  rig.host.ports.udp.close(1)
  assert.equal((await outcome).code, 'network/failed')
})

const GROUP = parseAddress('239.192.152.143', 6771)!

function joinOf(rig: Rig, handle: number, group: Address, ...hosts: string[]): Promise<undefined> {
  return rig.value((ticket) => rig.host.ports.udp.join!(ticket, handle, group, hosts))
}

test('BEP 14: two programs join a group on loopback, and both hear what one of them sends, once', async (t) => {
  const [a, b] = [new Rig(t), new Rig(t)]
  await joinOf(a, 1, GROUP, '127.0.0.1')
  await joinOf(b, 1, GROUP, '127.0.0.1')
  const text = `to all ${Math.random()}`
  const came = (rig: Rig): readonly unknown[][] =>
    rig
      .all('datagram')
      .map(({ args }) => [args[1], (args[2] as Address).host, toLatin1(args[3] as Uint8Array)])
      .filter((datagram) => datagram[2] === text)
  send(a, 1, GROUP, text)
  for (const rig of [a, b]) await rig.until(() => came(rig).length > 0)
  // What comes after it has overtaken nothing.
  send(b, 1, GROUP, `${text}, and the end`)
  for (const rig of [a, b]) await rig.until(() => rig.bytes > 2 * text.length)
  for (const rig of [a, b]) assert.deepEqual(came(rig), [[1, '127.0.0.1', text]])
})

test('BEP 14: a group is sent to by its own sockets alone, and one of another family not at all', async (t) => {
  const rig = new Rig(t)
  await joinOf(rig, 1, GROUP, '127.0.0.1')
  await bind(rig, 2)
  const text = `astray ${Math.random()}`
  send(rig, 2, GROUP, text)
  send(rig, 1, parseAddress('239.192.152.144', 6771)!, text)
  send(rig, 1, parseAddress('ff15::efc0:988f', 6771)!, text)
  send(rig, 1, GROUP, 'kept')
  await rig.until(() => rig.all('datagram').some(({ args }) => toLatin1(args[3] as Uint8Array) === 'kept'))
  assert.ok(rig.all('datagram').every(({ args }) => toLatin1(args[3] as Uint8Array) !== text))
})

test('BEP 14: no group is joined where there is no interface, or where another program has the port for itself', async (t) => {
  const rig = new Rig(t)
  const join = (group: Address, host: string): Promise<Failure> =>
    rig.failure((ticket) => rig.host.ports.udp.join!(ticket, 1, group, [host]))
  assert.equal((await join(GROUP, '192.0.2.99')).code, 'network/no-address')
  assert.equal(
    (await join(parseAddress('ff15::efc0:988f', 6771)!, '2001:db8::99')).code,
    'network/no-address',
  )
  const { port } = await bind(rig, 2, '0.0.0.0')
  const failure = await join(parseAddress('239.192.152.143', port)!, '127.0.0.1')
  assert.deepEqual(
    [failure.code, failure.message.includes(`239.192.152.143:${port}`)],
    ['network/port-taken', true],
  )
  // What failed has left its handle free.
  await joinOf(rig, 1, GROUP, '127.0.0.1')
})
