import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TorrentCommand, TorrentSource } from '../../src/session/commands.ts'
import type { LocatedFile } from '../../src/session/events.ts'
import type { Priority } from '../../src/session/file-change.ts'
import { Wishes } from '../../src/session/wishes.ts'

const SOURCE: TorrentSource = {
  ...{ infoHash: new Uint8Array(20), metadata: undefined, name: undefined },
  ...{ peers: [{ host: '198.51.100.1', port: 1 }], nodes: [] },
}

function located(...priorities: readonly Priority[]): LocatedFile[] {
  return priorities.map((priority, index) => {
    return { index, path: String(index), length: 1, selected: priority !== 'skip', priority }
  })
}

function select(file: number, priority: Priority): TorrentCommand {
  return { kind: 'select', torrent: 7, change: { files: [{ first: file, last: file }], priority } }
}

function kindsOf(wishes: Wishes): string[] {
  return wishes.commands(7).map(({ kind }) => kind)
}

describe('what was asked of a torrent that waits', () => {
  it('is asked of its next driver: which files first, then who has them, then what is read', () => {
    const wishes = new Wishes(false)
    wishes.keep({ kind: 'read', torrent: 7, read: 1, begin: 10, end: 90 })
    wishes.keep({ kind: 'read-on', torrent: 7, read: 1 })
    wishes.keep({ kind: 'add-peer', torrent: 7, host: '198.51.100.2', port: 2 })
    wishes.keep({ kind: 'merge', torrent: 7, source: SOURCE, select: [{ first: 1, last: 1 }] })
    wishes.keep(select(0, 'skip'))
    assert.deepEqual(kindsOf(wishes), ['select', 'select', 'add-peer', 'merge', 'read', 'read-on'])
    assert.equal(wishes.altered, true)
  })

  it('are the files as a driver has told them last, whatever was asked before; of one that refuses a change nothing is left', () => {
    const wishes = new Wishes(false)
    for (let i = 0; i < 100; i++) wishes.keep(select(0, i % 2 === 0 ? 'skip' : 'high'))
    wishes.told({ kind: 'files', torrent: 7, files: located('skip', 'normal', 'high', 'normal') })
    wishes.keep(select(1, 'skip'))
    assert.equal(wishes.altered, false, 'the driver tells what becomes of it')
    wishes.end()
    const changes = wishes.commands(7).map((command) => command.kind === 'select' && command.change)
    assert.deepEqual(changes, [
      { files: [{ first: 2, last: 2 }], priority: 'high' },
      {
        files: [
          { first: 1, last: 1 },
          { first: 3, last: 3 },
        ],
        priority: 'normal',
      },
      { files: [{ first: 0, last: 0 }], priority: 'skip' },
    ])
    wishes.keep(select(1, 'skip'))
    assert.deepEqual([wishes.altered, kindsOf(wishes).length], [true, 4])
  })

  it('goes on where a reader was, and ends with it', () => {
    const wishes = new Wishes(false)
    for (const read of [1, 2, 3]) {
      wishes.keep({ kind: 'read', torrent: 7, read, begin: 10, end: 90 })
      wishes.keep({ kind: 'read-on', torrent: 7, read })
    }
    wishes.told({ kind: 'read', torrent: 7, read: 1, bytes: new Uint8Array(20) })
    wishes.told({ kind: 'read-failed', torrent: 7, read: 2, code: 'storage/io', message: '' })
    wishes.keep({ kind: 'end-read', torrent: 7, read: 3 })
    assert.deepEqual(wishes.commands(7), [{ kind: 'read', torrent: 7, read: 1, begin: 30, end: 90 }])
  })

  it('is bounded where links and peers name others, and chooses nothing of what is seeded', () => {
    const wishes = new Wishes(true)
    for (let port = 1; port < 100; port++)
      wishes.keep({ kind: 'add-peer', torrent: 7, host: '198.51.100.2', port })
    wishes.keep(select(1, 'skip'))
    assert.deepEqual([kindsOf(wishes).length, wishes.altered], [64, false])
  })
})
