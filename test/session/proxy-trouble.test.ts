import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import { ProxyTrouble } from '../../src/session/proxy-trouble.ts'

function listen(): { trouble: ProxyTrouble; told: SessionEvent[] } {
  const told: SessionEvent[] = []
  return { trouble: new ProxyTrouble((event) => told.push(event)), told }
}

describe('trouble with a proxy', () => {
  for (const reason of ['unreachable', 'silent', 'denied', 'forbidden', 'foreign', 'ended'] as const) {
    it(`is told in a sentence of its own (${reason})`, () => {
      const { trouble, told } = listen()
      trouble.ended(0, `network/proxy-${reason}`)
      const [event] = told
      assert.ok(event?.kind === 'warning' && event.torrent === undefined)
      assert.equal(event.code, `network/proxy-${reason}`)
      assert.match(event.message, /^(The proxy|What answers at the address of --proxy) .*\.$/)
    })
  }

  it('is told at first and once a minute, each kind for itself; what others do is none', () => {
    const { trouble, told } = listen()
    for (let at = 0; at <= 2 * MINUTE; at += SECOND) {
      trouble.ended(at, 'network/proxy-silent')
      trouble.ended(at, 'network/refused')
      if (at === MINUTE / 2) trouble.ended(at, 'network/proxy-denied')
    }
    assert.deepEqual(
      told.map((event) => event.kind === 'warning' && event.code),
      ['silent', 'denied', 'silent', 'silent'].map((what) => `network/proxy-${what}`),
    )
  })
})
