import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SECOND } from '../../../src/core/time.ts'
import { Inbox } from '../../../src/host/inbox.ts'
import { HostMapping } from '../../../src/host/port-mapping/host-mapping.ts'
import type { MappedPort, Outcome } from '../../../src/session/ports.ts'
import {
  answering,
  type DatagramScript,
  FakeIgd,
  found,
  pcpGrant,
  pmpGateway,
} from '../../support/fake-gateway.ts'

/** A mapping against these gateways on loopback: `pcp` answers datagrams, `ssdp` searches. */
async function rig(
  t: TestContext,
  scripts: { pcp?: DatagramScript; ssdp?: DatagramScript; isPublic?: boolean },
) {
  const pcp = await answering(t, scripts.pcp ?? (() => undefined))
  const ssdp = await answering(t, scripts.ssdp ?? (() => undefined))
  const inbox = new Inbox()
  const waiting = new Map<number, (outcome: Outcome) => void>()
  inbox.attach({
    ...{ timer() {}, datagram() {}, accepted() {}, connected() {}, chunk() {}, sent() {}, streamClosed() {} },
    ...{ command() {}, completed: (_now, ticket, outcome) => waiting.get(ticket)?.(outcome) },
  })
  const mapping = new HostMapping(inbox, {
    gateways: async () => (scripts.pcp === undefined ? [] : ['127.0.0.1']),
    pcpPort: pcp.port,
    ssdp: { host: '127.0.0.1', port: ssdp.port },
    interfaces: scripts.ssdp === undefined ? [] : ['127.0.0.1'],
    isPublic: () => scripts.isPublic === true,
  })
  t.after(() => mapping.close())
  let tickets = 0
  const ask = (question: (ticket: number) => void): Promise<Outcome> => {
    const ticket = ++tickets
    return new Promise((resolve) => {
      waiting.set(ticket, resolve)
      question(ticket)
    })
  }
  const map = async (protocol: 'tcp' | 'udp', port: number, wanted = port): Promise<MappedPort | string> => {
    const outcome = await ask((ticket) => mapping.map(ticket, protocol, port, wanted))
    return outcome.ok ? (outcome.value as MappedPort) : outcome.failure.message
  }
  return { pcp, ssdp, inbox, mapping, map, unmap: () => ask((ticket) => mapping.unmap(ticket)) }
}

/** In words: where, and for how many seconds. */
function told(mapped: MappedPort | string): string {
  if (typeof mapped === 'string') return mapped
  return `${mapped.port} ${mapped.address?.text ?? 'somewhere'} ${mapped.lifetime / SECOND}`
}

test('PCP maps, renews by the same nonce, and takes back', async (t) => {
  const { map, unmap, pcp, ssdp } = await rig(t, { pcp: (asked) => pcpGrant(asked, 7001, 1200) })
  assert.equal(told(await map('tcp', 6881)), '7001 203.0.113.9:7001 1200')
  assert.equal(told(await map('udp', 6881)), '7001 203.0.113.9:7001 1200')
  assert.equal(told(await map('tcp', 6881, 7001)), '7001 203.0.113.9:7001 1200')
  assert.equal((await unmap()).ok, true)
  const said = pcp.asked.map((bytes) => {
    const view = new DataView(bytes.buffer)
    return [bytes[36], view.getUint16(40), view.getUint16(42), view.getUint32(4)].join(' ')
  })
  assert.deepEqual(said, [
    ...['6 6881 6881 3600', '17 6881 6881 3600', '6 6881 7001 3600'],
    ...['6 6881 0 0', '17 6881 0 0'],
  ])
  const nonces = pcp.asked.map((bytes) => Buffer.from(bytes.subarray(24, 36)).toString('hex'))
  assert.equal(nonces[0], nonces[2])
  assert.deepEqual(nonces.slice(3), nonces.slice(0, 2))
  assert.equal(new Set(nonces).size, 2)
  assert.deepEqual(Buffer.from(pcp.asked[0]!.subarray(20, 24)).join('.'), '127.0.0.1')
  assert.equal(ssdp.asked.length, 0, 'who is answered does not search')
})

test('a gateway of NAT-PMP alone is asked again in that', async (t) => {
  const { map, unmap, pcp } = await rig(t, { pcp: pmpGateway(6881) })
  assert.equal(told(await map('udp', 6881)), '6881 203.0.113.9:6881 3600')
  await unmap()
  assert.deepEqual(
    pcp.asked.map((bytes) => [bytes[0], bytes[1], bytes.length]),
    [
      [2, 1, 60],
      [0, 1, 12],
      [0, 0, 2],
      [0, 1, 12],
    ],
  )
  assert.deepEqual([...pcp.asked[3]!.subarray(4)], [0x1a, 0xe1, 0, 0, 0, 0, 0, 0])
})

test('UPnP maps to the address by which we reach the gateway, and takes back', async (t) => {
  const igd = await FakeIgd.start(t)
  const { map, unmap } = await rig(t, { ssdp: () => igd.location })
  assert.equal(told(await map('tcp', 6881)), '6881 203.0.113.9:6881 3600')
  await unmap()
  const [add, address, remove, ...more] = igd.calls
  assert.deepEqual(
    [add!.action, address!.action, remove!.action, more],
    ['AddPortMapping', 'GetExternalIPAddress', 'DeletePortMapping', []],
  )
  assert.deepEqual(add!.values, {
    ...{ NewRemoteHost: '', NewExternalPort: '6881', NewProtocol: 'TCP', NewInternalPort: '6881' },
    ...{ NewInternalClient: '127.0.0.1', NewEnabled: '1', NewPortMappingDescription: 'Lodestone' },
    ...{ NewLeaseDuration: '3600', url: '/control?a=1&b=2' },
  })
  assert.equal(remove!.values['NewExternalPort'], '6881')
})

test('a port that somebody else has is another one, and a lease that must be for ever is that', async (t) => {
  const igd = await FakeIgd.start(t)
  igd.faults = [718, 725]
  const { map } = await rig(t, { ssdp: () => igd.location })
  const mapped = (await map('udp', 6881)) as MappedPort
  assert.ok(mapped.port >= 49_152)
  assert.equal(mapped.lifetime, 0)
  const leases = igd.calls.filter(({ action }) => action === 'AddPortMapping')
  assert.deepEqual(
    leases.map(({ values }) => values['NewLeaseDuration']),
    ['3600', '3600', '0'],
  )
  assert.equal(leases[2]!.values['NewExternalPort'], String(mapped.port))
})

test('an address that nobody can use is none', async (t) => {
  const igd = await FakeIgd.start(t)
  igd.externalIp = '0.0.0.0'
  const { map } = await rig(t, { ssdp: () => igd.location })
  assert.equal(told(await map('tcp', 6881)), '6881 somewhere 3600')
})

test('who refuses in one protocol is asked in the other', async (t) => {
  const igd = await FakeIgd.start(t)
  const { map } = await rig(t, { pcp: (asked) => pcpGrant(asked, 6881, 60, 2), ssdp: () => igd.location })
  assert.equal(told(await map('tcp', 6881)), '6881 203.0.113.9:6881 3600')
})

test('where nobody is, that is said', async (t) => {
  const { map } = await rig(t, { pcp: () => undefined })
  assert.match(
    told(await map('tcp', 6881)),
    /^No gateway hands on TCP port 6881 \(127\.0\.0\.1 does not answer\)\.$/,
  )
})

test('who has a public address asks nobody', async (t) => {
  const { map, pcp, ssdp } = await rig(t, { isPublic: true, pcp: (asked) => pcpGrant(asked, 1) })
  assert.match(told(await map('tcp', 6881)), /has a public address itself/)
  assert.deepEqual([pcp.asked, ssdp.asked], [[], []])
})

const NO_ANSWERS: readonly (readonly [string, DatagramScript])[] = [
  ['one byte', () => Uint8Array.of(2)],
  ['nothing', () => new Uint8Array(0)],
  ['what it was asked', (asked) => asked],
  ['64 KiB', () => new Uint8Array(60_000).fill(0x81)],
  ['another nonce', (asked) => pcpGrant(asked.fill(9, 24, 30), 6881)],
  ['another port of ours', (asked) => pcpGrant(asked.fill(9, 40, 42), 6881)],
  ['port 0', (asked) => pcpGrant(asked, 0)],
]

test('a gateway that answers something else by PCP has mapped nothing', async (t) => {
  await Promise.all(
    NO_ANSWERS.map(async ([what, script]) => {
      const { map } = await rig(t, { pcp: script })
      assert.match(told(await map('tcp', 6881)), /^No gateway hands on TCP port 6881 /, what)
    }),
  )
})

for (const [what, location] of [
  ['another machine', 'http://127.0.0.2:PORT/root.xml'],
  ['a machine by its name', 'http://localhost:PORT/root.xml'],
  ['https', 'https://127.0.0.1:PORT/root.xml'],
  ['a file', 'file:///etc/passwd'],
  ['nothing that is a place', 'over there'],
] as const) {
  test(`a reply to a search that leads to ${what} is not followed`, async (t) => {
    const igd = await FakeIgd.start(t)
    let asked = 0
    igd.script = (_asked, answer) => {
      asked += 1
      answer.end()
    }
    const { map } = await rig(t, { ssdp: () => found(location.replace('PORT', String(igd.port))) })
    assert.match(told(await map('tcp', 6881)), /\(there is none\)/)
    assert.equal(asked, 0)
  })
}

for (const [what, change] of [
  ['leads elsewhere to be told', (igd) => (igd.controlUrl = 'http://127.0.0.2/control')],
  ['has no service that maps', (igd) => (igd.serviceType = 'urn:schemas-upnp-org:service:Printer:1')],
  [
    'sends us on',
    (igd) => (igd.script = (_asked, answer) => answer.writeHead(302, { Location: '/elsewhere' }).end()),
  ],
  [
    'never ends',
    (igd) => {
      igd.script = (_asked, answer) => {
        const more = (): void => {
          if (!answer.destroyed) answer.write('<service>'.repeat(10_000), more)
        }
        more()
      }
    },
  ],
  ['hangs up', (igd) => (igd.script = (asked) => asked.socket.destroy())],
  ['refuses each port', (igd) => (igd.faults = [718, 718, 718, 718, 718, 718])],
  ['wants a permanent lease and refuses that', (igd) => (igd.faults = [725, 725])],
] as [string, (igd: FakeIgd) => unknown][]) {
  test(`a UPnP gateway that ${what} has mapped nothing`, async (t) => {
    const igd = await FakeIgd.start(t)
    change(igd)
    const { map } = await rig(t, { ssdp: () => igd.location })
    assert.match(told(await map('tcp', 6881)), /^No gateway hands on TCP port 6881 /)
  })
}

test('many that answer a search: a few of them are asked', async (t) => {
  const igd = await FakeIgd.start(t)
  let asked = 0
  igd.script = (_asked, answer) => {
    asked += 1
    answer.statusCode = 404
    answer.end()
  }
  let number = 0
  const { map } = await rig(t, { ssdp: () => found(`http://127.0.0.1:${igd.port}/${number++}.xml`) })
  await map('tcp', 6881)
  assert.ok(asked >= 1 && asked <= 4, `${asked} asked`)
})

test('leaving does not wait for a gateway that never answers', async (t) => {
  const igd = await FakeIgd.start(t)
  let reached = (): void => {}
  const asked = new Promise<void>((resolve) => {
    reached = resolve
  })
  igd.script = () => reached()
  const { map, unmap, inbox } = await rig(t, { ssdp: () => igd.location })
  const mapping = map('tcp', 6881)
  await asked
  assert.equal((await unmap()).ok, true)
  assert.match(told(await mapping), /it was taken back/)
  await inbox.idle()
})
