import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultStateFolder } from '../../src/host/state-folder.ts'

test('the state folder is below XDG_STATE_HOME, unless that is relative', (t) => {
  const { XDG_STATE_HOME: before } = process.env
  t.after(() => {
    if (before === undefined) delete process.env['XDG_STATE_HOME']
    else process.env['XDG_STATE_HOME'] = before
  })
  delete process.env['XDG_STATE_HOME']
  const usual = defaultStateFolder()
  for (const ignored of ['', 'relative', './state']) {
    process.env['XDG_STATE_HOME'] = ignored
    assert.equal(defaultStateFolder(), usual)
  }
  process.env['XDG_STATE_HOME'] = '/kept'
  assert.match(defaultStateFolder(), /^[/\\]kept[/\\]lodestone$/)
})
