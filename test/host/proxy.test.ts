import assert from 'node:assert/strict'
import { createServer as createHttpServer, request } from 'node:http'
import type { Socket } from 'node:net'
import { mock, type TestContext, test } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import { Dialler } from '../../src/host/dialler.ts'
import { type Script, SocksServer } from '../support/socks-server.ts'
import { content, Rig } from './rig.ts'

const LOGIN = { user: 'me', password: 'secret' }

/** A host behind the proxy, one that takes connections, and stream 2 between them on its way. */
async function dial(t: TestContext, proxy: { port: number; login?: typeof LOGIN }) {
  const far = new Rig(t)
  const to = await far.value<Address>((ticket) => far.host.ports.streams.listen(ticket, 1, '127.0.0.1', 0))
  const near = new Rig(t, { proxy: { host: '127.0.0.1', ...proxy } })
  near.call(() => near.host.ports.streams.connect(2, to, undefined))
  return { near, far, to, streams: near.host.ports.streams }
}

/** How stream 2 ended; nobody was dialled around the proxy. */
async function ending({ near, far }: { near: Rig; far: Rig }): Promise<unknown> {
  const { args } = await near.first('streamClosed')
  assert.equal(near.all('connected').length, 0)
  assert.equal(far.all('accepted').length, 0)
  return args[2]
}

test('a stream goes through the proxy, both ways and in order, once that has let us in', async (t) => {
  const proxy = await SocksServer.start(t, { login: 'me:secret' })
  const { near, far, to, streams } = await dial(t, { port: proxy.port, login: LOGIN })
  await near.first('connected')
  assert.deepEqual(proxy.asked, [to.text])
  const stream = (await far.first('accepted')).args[2] as number
  const bytes = content(3_000_000)
  streams.reserve(2, 4).fill(9)
  streams.send(2, bytes)
  streams.flush(2)
  await far.until(() => far.bytes === bytes.length + 4)
  far.host.ports.streams.send(stream, bytes)
  far.host.ports.streams.flush(stream)
  await near.until(() => near.bytes === bytes.length)
  const chunks = near.all('chunk').map(({ args }) => args[2] as Uint8Array)
  assert.ok(equalBytes(concatBytes(chunks), bytes))
  near.call(() => streams.close(2, false))
  assert.equal((await far.first('streamClosed')).args[2], 'network/ended')
})

test('what the peer says together with the last answer of the proxy is not lost', async (t) => {
  const proxy = await SocksServer.start(t, {
    script: (socket) => {
      socket.once('data', () => {
        socket.write(Uint8Array.of(5, 0))
        socket.once('data', () => socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 104, 105)))
      })
    },
  })
  const { near } = await dial(t, { port: proxy.port })
  await near.first('chunk')
  assert.deepEqual(
    near.heard.map(({ kind }) => kind),
    ['connected', 'chunk'],
  )
  assert.deepEqual(near.all('chunk')[0]!.args[2], Uint8Array.of(104, 105))
})

test('a proxy that is not there is named as the cause', async (t) => {
  const proxy = await SocksServer.start(t)
  await proxy.close()
  assert.equal(await ending(await dial(t, { port: proxy.port })), 'network/proxy-unreachable')
})

test('so is one that wants another password', async (t) => {
  const proxy = await SocksServer.start(t, { login: 'me:other' })
  assert.equal(await ending(await dial(t, { port: proxy.port, login: LOGIN })), 'network/proxy-denied')
  assert.deepEqual(proxy.asked, [])
})

test('a peer that refuses is no fault of the proxy', async (t) => {
  const proxy = await SocksServer.start(t)
  const near = new Rig(t, { proxy: { host: '127.0.0.1', port: proxy.port } })
  const closed = await SocksServer.start(t)
  await closed.close()
  near.call(() => near.host.ports.streams.connect(2, parseAddress('127.0.0.1', closed.port)!, undefined))
  assert.equal((await near.first('streamClosed')).args[2], 'network/refused')
})

const flood: Script = (socket) => {
  socket.write(new Uint8Array(1_000_000).fill(5))
}
const greeted =
  (...answer: number[]): Script =>
  (socket) => {
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 0))
      socket.once('data', () => socket.write(Uint8Array.of(...answer)))
    })
  }
for (const [what, script, reason] of [
  ['hangs up at once', (socket: Socket) => socket.end(), 'network/proxy-ended'],
  ['resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()), 'network/proxy-ended'],
  [
    'speaks HTTP',
    (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'network/proxy-foreign',
  ],
  ['floods', flood, 'network/proxy-foreign'],
  ['has rules against it', greeted(5, 2, 0, 1, 0, 0, 0, 0, 0, 0), 'network/proxy-forbidden'],
  ['answers with an address of no kind', greeted(5, 0, 0, 9, 0, 0, 0, 0, 0, 0), 'network/proxy-foreign'],
] as const) {
  test(`a proxy that ${what} is named as the cause, and passed by in no case`, async (t) => {
    const proxy = await SocksServer.start(t, { script })
    assert.equal(await ending(await dial(t, { port: proxy.port })), reason)
  })
}

for (const [what, script, ms, reason] of [
  ['says nothing', () => {}, 4_000, 'network/proxy-silent'],
  ['takes us and then says nothing of the peer', greeted(), 15_000, 'network/timeout'],
] as const) {
  test(`a proxy that ${what} is waited for ${ms} ms`, async (t) => {
    let heard = (_length: number): void => {}
    const asked = new Promise<number>((resolve) => {
      heard = resolve
    })
    const proxy = await SocksServer.start(t, {
      script: (socket) => {
        socket.on('data', (bytes: Buffer) => {
          if (reason === 'network/proxy-silent' || bytes.length > 3) heard(bytes.length)
        })
        script(socket)
      },
    })
    mock.timers.enable({ apis: ['setTimeout'] })
    t.after(() => mock.timers.reset())
    const dialled = await dial(t, { port: proxy.port })
    await asked
    mock.timers.tick(ms - 1)
    assert.equal(dialled.near.all('streamClosed').length, 0)
    mock.timers.tick(1)
    assert.equal(await ending(dialled), reason)
  })
}

test('when the proxy dies its streams end, and the next dial says why there is none', async (t) => {
  const proxy = await SocksServer.start(t)
  const { near, to, streams } = await dial(t, { port: proxy.port })
  await near.first('connected')
  await proxy.close()
  assert.equal((await near.first('streamClosed')).args[2], 'network/reset')
  near.call(() => streams.connect(4, to, undefined))
  await near.until(() => near.all('streamClosed').length === 2)
  assert.deepEqual(near.all('streamClosed')[1]!.args.slice(1), [4, 'network/proxy-unreachable'])
})

test('a stream that is closed before the proxy has answered leaves nothing behind', async (t) => {
  let heard = (): void => {}
  const reached = new Promise<void>((resolve) => {
    heard = resolve
  })
  let gone = (): void => {}
  const ended = new Promise<void>((resolve) => {
    gone = resolve
  })
  const proxy = await SocksServer.start(t, {
    script: (socket) => socket.once('close', gone).once('data', heard),
  })
  const { near, streams } = await dial(t, { port: proxy.port })
  await reached
  near.call(() => streams.close(2, false))
  await ended
  assert.deepEqual(near.heard, [])
})

test('with a proxy no name is looked up', async (t) => {
  const rig = new Rig(t, { proxy: { host: '127.0.0.1', port: 9 } })
  const { names } = rig.host.ports
  const { code, message } = await rig.failure((ticket) => names.resolve(ticket, 'localhost', 6881))
  assert.equal(code, 'network/name')
  assert.match(message, /localhost is not looked up, since that would pass the proxy by/)
})

test('the proxy is dialled from the address that is bound to, whatever family the peer is of', async (t) => {
  const proxy = await SocksServer.start(t)
  const rig = new Rig(t, { proxy: { host: '127.0.0.1', port: proxy.port }, bind: ['::1', '127.0.0.9'] })
  const far = new Rig(t)
  const to = await far.value<Address>((ticket) => far.host.ports.streams.listen(ticket, 1, '::1', 0))
  rig.host.ports.streams.connect(2, to, '::1')
  await rig.first('connected')
  assert.deepEqual(proxy.from, ['127.0.0.9'])
  assert.deepEqual(proxy.asked, [`::1:${to.port}`])
})

/** A web server that tells from where it was asked. */
async function webServer(t: TestContext): Promise<number> {
  const server = createHttpServer((asked, answer) => answer.end(`hello ${asked.socket.remoteAddress}`))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

function body(dialler: Dialler, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({
      ...{ host, port },
      createConnection: (_options, done) => {
        dialler.open(host, port, AbortSignal.timeout(10_000)).then((socket) => done(null, socket), reject)
        return undefined
      },
    })
    asking.once('error', reject).once('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.once('end', () => resolve(text))
    })
    asking.end()
  })
}

test('other protocols go through the proxy too, which looks names up', async (t) => {
  const proxy = await SocksServer.start(t, { login: 'me:secret' })
  const port = await webServer(t)
  const dialler = new Dialler({ host: '127.0.0.1', port: proxy.port, login: LOGIN }, ['127.0.0.9'])
  assert.match(await body(dialler, 'localhost', port), /^hello .*127\.0\.0\.1$/)
  assert.deepEqual([proxy.asked, proxy.from], [[`localhost:${port}`], ['127.0.0.9']])
})

test('without one they leave from the address that is bound to', async (t) => {
  const port = await webServer(t)
  assert.equal(await body(new Dialler(undefined, ['127.0.0.9']), '127.0.0.1', port), 'hello 127.0.0.9')
})

test('and fail for the reasons that streams fail for, or with that of the signal', async (t) => {
  const proxy = await SocksServer.start(t, { script: greeted(5, 2, 0, 1, 0, 0, 0, 0, 0, 0) })
  const through = (port: number): Dialler => new Dialler({ host: '127.0.0.1', port }, [])
  const never = new AbortController().signal
  await assert.rejects(through(proxy.port).open('a.example', 80, never), { code: 'network/proxy-forbidden' })
  await proxy.close()
  await assert.rejects(through(proxy.port).open('a.example', 80, never), {
    code: 'network/proxy-unreachable',
  })
  await assert.rejects(through(proxy.port).open('a'.repeat(256), 80, never), { code: 'network/name' })
  const ended = await SocksServer.start(t, { script: (socket) => socket.end() })
  await assert.rejects(through(ended.port).open('a.example', 80, never), { code: 'network/proxy-ended' })
  const silent = await SocksServer.start(t, { script: () => asking.abort(new Error('enough')) })
  const asking = new AbortController()
  await assert.rejects(through(silent.port).open('a.example', 80, asking.signal), /enough/)
})
