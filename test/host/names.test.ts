import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { Rig } from './rig.ts'

test('localhost resolves to loopback addresses with the port', async (t) => {
  const rig = new Rig(t)
  const found = await rig.value<readonly Address[]>((k) => rig.host.ports.names.resolve(k, 'localhost', 6881))
  assert.ok(found.length > 0)
  for (const { scope, port } of found) assert.deepEqual([scope, port], ['loopback', 6881])
})

test('the addresses of the machine are those of its interfaces, without a port', async (t) => {
  const rig = new Rig(t)
  const own = await rig.value<readonly Address[]>((k) => rig.host.ports.names.own(k))
  assert.ok(own.some(({ host }) => host === '127.0.0.1'))
  assert.ok(own.every(({ port }) => port === 0))
})

test('a name that cannot be is an answer all the same', async (t) => {
  const rig = new Rig(t)
  const outcome = await rig.outcome((k) => rig.host.ports.names.resolve(k, 'no such name.invalid', 1))
  if (outcome.ok) assert.deepEqual(outcome.value, [])
  else assert.equal(outcome.failure.code, 'network/name')
})
