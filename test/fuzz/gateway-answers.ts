import assert from 'node:assert/strict'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { elements, textOf } from '../../src/host/port-mapping/elements.ts'
import {
  decodePcpMap,
  decodePmpAddress,
  decodePmpMap,
  encodePcpMap,
  encodePmpMap,
  type PcpAnswer,
} from '../../src/host/port-mapping/pcp-message.ts'
import { pcpGrant, pmpGateway } from '../support/fake-gateway.ts'
import type { Format } from './codec-target.ts'

const WANTED = { protocol: 'tcp', port: 6881, wanted: 6881 } as const
const PCP = encodePcpMap('192.168.1.2', new Uint8Array(12).fill(7), WANTED, 3600)
const PMP = encodePmpMap(WANTED, 3600)

/** What a gateway answers by PCP and NAT-PMP: a mapping has a port, and an address that others can use. */
export const GATEWAY_ANSWER: Format<readonly (PcpAnswer | undefined)[]> = {
  seeds: [
    pcpGrant(PCP, 6881),
    pcpGrant(PCP, 6881, 0, 2),
    pmpGateway(6881)(PMP) as Uint8Array,
    pmpGateway(6881)(PCP) as Uint8Array,
    pmpGateway(6881)(new Uint8Array(2)) as Uint8Array,
  ],
  read(bytes) {
    const answers = [decodePcpMap(bytes, PCP), decodePmpMap(bytes, PMP)]
    return answers.some((answer) => answer !== undefined) ? answers : undefined
  },
  check(answers, bytes) {
    const host = decodePmpAddress(bytes)
    assert.ok(host === undefined || host.length <= 15)
    for (const answer of answers) {
      if (typeof answer !== 'object') continue
      assert.ok(answer.port >= 1 && answer.port <= 65_535)
      assert.ok(answer.host === undefined || answer.host.length >= 2)
      assert.ok(answer.lifetime >= 0 && answer.lifetime < 2 ** 32)
    }
  },
}

/** A gateway's XML: parts of it, and no more of them than are looked at. */
export const GATEWAY_XML: Format<readonly string[]> = {
  seeds: [
    latin1(
      '<root><service><serviceType>a:1</serviceType><controlURL>/c?a&amp;b</controlURL></service></root>',
    ),
    latin1(
      '<s:Body><UPnPError><errorCode>725</errorCode></UPnPError></s:Body><service/><service a="1"></service>',
    ),
    latin1('<service>'.repeat(80)),
  ],
  read(bytes) {
    const found = elements(toLatin1(bytes), 'service')
    return found.length > 0 ? found : undefined
  },
  check(found, bytes) {
    const xml = toLatin1(bytes)
    assert.ok(found.length <= 64)
    for (const one of found) assert.ok(xml.includes(one) && !one.includes('</service>'))
    assert.ok((textOf(xml, 'service') ?? '').length <= xml.length)
  },
}
