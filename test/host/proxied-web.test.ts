import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { WebAsk, WebHead } from '../../src/session/ports.ts'
import { type Script, SocksServer } from '../support/socks-server.ts'
import { WebServer } from '../support/web-server.ts'
import { Rig } from './rig.ts'

function behind(t: TestContext, port: number): Rig {
  return new Rig(t, { proxy: { host: '127.0.0.1', port } })
}

/** `localhost`, which this machine could look up, too. */
function ask(port: number, more: Partial<WebAsk> = {}): WebAsk {
  const host = 'localhost'
  const authority = `${host}:${port}`
  return { secure: false, to: undefined, from: undefined, host, port, authority, path: '/a', ...more }
}

/** A server that says this as soon as it hears anything, and what it has heard first. */
async function speaker(t: TestContext, say: (socket: Socket) => void) {
  let heard = (_bytes: Buffer): void => {}
  const first = new Promise<Buffer>((resolve) => {
    heard = resolve
  })
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', (bytes) => {
        heard(bytes)
        say(socket)
      })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close())
  const address = server.address()
  return { first, port: address !== null && typeof address === 'object' ? address.port : 0 }
}

test('a server behind a proxy is asked by a name that the proxy looks up, on one connection that is kept', async (t) => {
  const proxy = await SocksServer.start(t)
  const server = await WebServer.open(t, (_request, response) => response.end('hello'))
  const rig = behind(t, proxy.port)
  const web = rig.host.ports.web!
  for (const call of [1, 2, 3]) {
    const head = await rig.value<WebHead>((ticket) => web.get(ticket, call, ask(server.port)))
    assert.deepEqual([head.status, head.length], [200, '5'])
    const body = await rig.value<Uint8Array>((ticket) => web.read(ticket, call))
    assert.equal(Buffer.from(body).toString(), 'hello')
    assert.equal((await rig.value<Uint8Array>((ticket) => web.read(ticket, call))).length, 0)
    web.close(call)
  }
  assert.deepEqual([proxy.asked, server.connections], [[`localhost:${server.port}`], 1])
})

test('TLS begins behind the proxy, with the name of the server, and one that speaks none is a failure', async (t) => {
  const proxy = await SocksServer.start(t)
  const server = await speaker(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  const rig = behind(t, proxy.port)
  const outcome = await rig.outcome((ticket) =>
    rig.host.ports.web!.get(ticket, 1, ask(server.port, { secure: true })),
  )
  assert.equal(outcome.ok, false)
  const hello = await server.first
  assert.deepEqual([hello[0], hello.includes('localhost')], [0x16, true])
  assert.deepEqual(proxy.asked, [`localhost:${server.port}`])
})

test('a head without end is as much of a failure behind a proxy', async (t) => {
  const proxy = await SocksServer.start(t)
  const server = await speaker(t, (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1 << 20)}`))
  const rig = behind(t, proxy.port)
  const failure = await rig.failure((ticket) => rig.host.ports.web!.get(ticket, 1, ask(server.port)))
  assert.match(failure.message, /HPE_HEADER_OVERFLOW/)
})

const denial: Script = (socket) => socket.once('data', () => socket.end(Uint8Array.of(5, 0xff)))
for (const [what, script, code] of [
  ['lets nobody in', denial, 'network/proxy-denied'],
  ['hangs up', (socket: Socket) => socket.end(), 'network/proxy-ended'],
  [
    'speaks HTTP',
    (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'network/proxy-foreign',
  ],
] as const) {
  for (const secure of [false, true]) {
    test(`a proxy that ${what} is named as the cause, ${secure ? 'with' : 'without'} TLS`, async (t) => {
      const proxy = await SocksServer.start(t, { script })
      const server = await WebServer.open(t, (_request, response) => response.end())
      const rig = behind(t, proxy.port)
      const asked = ask(server.port, { secure })
      const failure = await rig.failure((ticket) => rig.host.ports.web!.get(ticket, 1, asked))
      assert.equal(failure.code, code)
      assert.match(failure.message, /^localhost could not be reached/)
      assert.equal(server.connections, 0)
    })
  }
}

test('a server that refuses is no fault of the proxy', async (t) => {
  const proxy = await SocksServer.start(t)
  const gone = await SocksServer.start(t)
  await gone.close()
  const rig = behind(t, proxy.port)
  const code = await rig.code((ticket) => rig.host.ports.web!.get(ticket, 1, ask(gone.port)))
  assert.equal(code, 'network/refused')
})

test('a name that would not be read alike everywhere, or is too long, does not get as far as the proxy', async (t) => {
  const proxy = await SocksServer.start(t)
  const rig = behind(t, proxy.port)
  for (const [call, host] of ['ｌocalhost', 'a b', 'ä'.repeat(200), 'a'.repeat(256)].entries()) {
    const code = await rig.code((ticket) =>
      rig.host.ports.web!.get(ticket, call, ask(80, { host, authority: 'a' })),
    )
    assert.equal(code, 'network/name')
  }
  assert.deepEqual(proxy.from, [])
})

for (const [what, answer] of [
  ['has not let us in', []],
  ['has not connected us', [5, 0]],
] as const) {
  test(`a call that is closed while the proxy ${what} hangs up there, and is not waited for`, async (t) => {
    let reached = (): void => {}
    const there = new Promise<void>((resolve) => {
      reached = resolve
    })
    let gone = (): void => {}
    const ended = new Promise<void>((resolve) => {
      gone = resolve
    })
    const last = Buffer.from('localhost')
    const proxy = await SocksServer.start(t, {
      script: (socket) => {
        socket.once('close', gone).on('data', (bytes) => {
          if (answer.length === 0 || bytes.includes(last)) reached()
          else socket.write(Uint8Array.of(...answer))
        })
      },
    })
    const rig = behind(t, proxy.port)
    const outcome = rig.outcome((ticket) => rig.host.ports.web!.get(ticket, 1, ask(80)))
    await there
    rig.host.ports.web!.close(1)
    await ended
    assert.equal((await outcome).ok, false)
  })
}

test('a call that is closed while a server behind the proxy is slow to speak TLS hangs up there', async (t) => {
  const proxy = await SocksServer.start(t)
  let gone = (): void => {}
  const ended = new Promise<void>((resolve) => {
    gone = resolve
  })
  const server = await speaker(t, (socket) => socket.once('close', gone))
  const rig = behind(t, proxy.port)
  const asked = ask(server.port, { secure: true })
  const outcome = rig.outcome((ticket) => rig.host.ports.web!.get(ticket, 1, asked))
  await server.first
  rig.host.ports.web!.close(1)
  await ended
  assert.equal((await outcome).ok, false)
})

test('a host that is closed meanwhile waits for no proxy', async (t) => {
  let reached = (): void => {}
  const there = new Promise<void>((resolve) => {
    reached = resolve
  })
  const proxy = await SocksServer.start(t, { script: (socket) => socket.once('data', reached) })
  const rig = behind(t, proxy.port)
  void rig.outcome((ticket) => rig.host.ports.web!.get(ticket, 1, ask(80)))
  await there
  await rig.host.close()
  assert.deepEqual(rig.heard, [])
})
