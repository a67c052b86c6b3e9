import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import type { WebAsk, WebHead } from '../../src/session/ports.ts'
import { type Answer, WebServer } from '../support/web-server.ts'
import { Rig } from './rig.ts'

const BODY = Buffer.from('0123456789'.repeat(20_000))

const RANGES: Answer = ({ headers }, response) => {
  const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  if (begin === undefined) response.end(BODY)
  else {
    const part = BODY.subarray(Number(begin), Number(end) + 1)
    response.writeHead(206, {
      'content-range': `bytes ${begin}-${end}/${BODY.length}`,
      'content-length': part.length,
    })
    response.end(part)
  }
}

function ask({ port }: WebServer, more: Partial<WebAsk> = {}): WebAsk {
  const to = parseAddress('127.0.0.1', port)!
  return {
    secure: false,
    to,
    from: undefined,
    host: 'name.example',
    port,
    authority: `name.example:${port}`,
    path: '/a',
    ...more,
  }
}

async function bodyOf(rig: Rig, call: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (;;) {
    let length = 0
    const outcome = await rig.outcome(
      (ticket) => rig.host.ports.web!.read(ticket, call),
      // Lent until the input returns.
      (given) => {
        if (!given.ok) return
        length = (given.value as Uint8Array).length
        parts.push(Uint8Array.from(given.value as Uint8Array))
      },
    )
    if (!outcome.ok || length === 0) return Buffer.concat(parts)
  }
}

test('a range is asked for at the address that was given, by the name of the URL, on one connection', async (t) => {
  const rig = new Rig(t)
  const server = await WebServer.open(t, RANGES)
  const hosts: (string | undefined)[] = []
  server.answer = (request, response) => {
    hosts.push(request.headers.host)
    RANGES(request, response)
  }
  for (const call of [1, 2, 3]) {
    const range = { begin: 10 * call, end: 10 * call + 100_000 }
    const head = await rig.value<WebHead>((ticket) =>
      rig.host.ports.web!.get(ticket, call, ask(server, { range })),
    )
    assert.deepEqual([head.status, head.range], [206, `bytes ${range.begin}-${range.end - 1}/200000`])
    assert.deepEqual(await bodyOf(rig, call), BODY.subarray(range.begin, range.end))
    rig.host.ports.web!.close(call)
  }
  assert.deepEqual([hosts[0], server.asked.length, server.connections], [`name.example:${server.port}`, 3, 1])
})

test('a call that is closed half way reads no further, and its connection is not used again', async (t) => {
  const rig = new Rig(t)
  const server = await WebServer.open(t, (_, response) => {
    response.on('error', () => {})
    response.write(Buffer.alloc(1 << 20))
  })
  for (const call of [1, 2]) {
    await rig.value((ticket) => rig.host.ports.web!.get(ticket, call, ask(server)))
    await rig.value((ticket) => rig.host.ports.web!.read(ticket, call))
    rig.host.ports.web!.close(call)
  }
  assert.equal(server.connections, 2)
})

test('a body that is cut off is a failure, and so are a port where nobody listens and a line break in a path', async (t) => {
  const rig = new Rig(t)
  const server = await WebServer.open(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('x', () => setImmediate(() => response.socket!.destroy()))
  })
  await rig.value((ticket) => rig.host.ports.web!.get(ticket, 1, ask(server)))
  const outcomes = []
  for (let i = 0; i < 2; i++)
    outcomes.push(await rig.outcome((ticket) => rig.host.ports.web!.read(ticket, 1)))
  assert.equal(outcomes.at(-1)!.ok, false)
  const gone = ask(server)
  server.close()
  const refused = await rig.outcome((ticket) => rig.host.ports.web!.get(ticket, 2, gone))
  assert.ok(!refused.ok && refused.failure.code === 'network/refused')
  const broken = await rig.outcome((ticket) =>
    rig.host.ports.web!.get(ticket, 3, { ...gone, path: '/\r\nx' }),
  )
  assert.equal(broken.ok, false)
})

test('a server that speaks no TLS, where it should, is a failure', async (t) => {
  const rig = new Rig(t)
  const server = await WebServer.open(t, RANGES)
  const outcome = await rig.outcome((ticket) =>
    rig.host.ports.web!.get(ticket, 1, ask(server, { secure: true })),
  )
  assert.equal(outcome.ok, false)
})

test('what is under way when the host is closed is never answered', async (t) => {
  const rig = new Rig(t)
  const server = await WebServer.open(t, () => {})
  void rig.outcome((ticket) => rig.host.ports.web!.get(ticket, 1, ask(server)))
  while (server.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await rig.host.close()
  assert.deepEqual(rig.heard, [])
})
