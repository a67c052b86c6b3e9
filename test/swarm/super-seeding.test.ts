import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { FAST, type HostilePeer, INTERESTED, message, PLAIN, uint32 } from '../support/hostile-peer.ts'
import { LoneTorrent } from './lone-torrent.ts'

const HAVE = '04'
const HAVE_NONE = '0f'
const HANDSHAKE_LENGTH = 2 * 68
const have = (piece: number): Uint8Array => message(4, uint32(piece))
const request = (piece: number): Uint8Array => message(6, uint32(piece, 0, BLOCK_LENGTH))

/** What was said since the last time: the ids of messages, and which pieces were shown. */
function said(messages: readonly string[]): { readonly ids: string[]; readonly shown: number[] } {
  const shown = messages.filter((one) => one.startsWith(HAVE)).map((one) => Number.parseInt(one.slice(2), 16))
  return { ids: messages.map((one) => one.slice(0, 2)), shown }
}

/** After its handshake. */
function first(remote: HostilePeer): ReturnType<typeof said> {
  const bytes = Buffer.from(remote.heard().slice(HANDSHAKE_LENGTH), 'hex')
  const messages: string[] = []
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at))
    messages.push(bytes.toString('hex', at + 4, at + 4 + bytes.readUInt32BE(at)))
  return said(messages)
}

describe('super-seeding', () => {
  it('shows a newcomer one piece, another one to each, and says nothing of the rest', () => {
    const lone = new LoneTorrent(0, 1, 2, 3, 'super')
    const shown = [FAST, PLAIN, FAST].map((reserved) => first(lone.enter(reserved, true)))
    assert.deepEqual(
      shown.map(({ ids }) => ids),
      [[HAVE_NONE, HAVE], [HAVE], [HAVE_NONE, HAVE]],
    )
    assert.equal(new Set(shown.flatMap((one) => one.shown)).size, 3)
  })

  it('SV14: rejects what a peer was not shown, until others have it', () => {
    const lone = new LoneTorrent(0, 1, 2, 3, 'super')
    const other = lone.enter(FAST, true)
    const [theirs] = first(other).shown
    const remote = lone.enter(FAST, true)
    const { shown } = first(remote)
    remote.send(INTERESTED)
    shown.push(...said(remote.messages()).shown)
    assert.deepEqual([...shown, theirs].toSorted(), [0, 1, 2, 3])
    remote.send(request(theirs!)).expect(message(16, uint32(theirs!, 0, BLOCK_LENGTH)))
    remote.send(request(shown[0]!)).expect()
    other.send(have(theirs!))
    remote.send(have(shown[0]!))
    assert.deepEqual(said(remote.messages()).shown, [theirs])
    remote.send(request(theirs!)).expect()
  })
})
