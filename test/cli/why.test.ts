import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { viewLines } from '../../src/cli/view.ts'
import type { Finding, Why } from '../../src/index.ts'
import { DONE, HASH, MAGNET, METADATA, Scene, until } from './scene.ts'

const CHOKING: Finding = {
  code: 'all-choking',
  share: 0.75,
  phrase: 'all peers are choking',
  message: 'All peers are choking; wait.',
  evidence: { seconds: 7.50000001, window: 10, choking: 3 },
}
const FAST: Finding = {
  code: 'as-fast-as-peers',
  share: 0.25,
  phrase: 'it is as fast as the peers send',
  message: 'It is as fast as the peers send; nothing here holds it up.',
  evidence: { seconds: 2.5, window: 10, down: 1000 },
}
const { phrase: _, ...told } = CHOKING
const TOLD = { ...told, evidence: { ...told.evidence, seconds: 7.5 } }
const { phrase: __, ...TOLD_FAST } = FAST

const STUCK: Why = {
  findings: [CHOKING, FAST],
  spent: [
    { code: 'all-choking', seconds: 60.00004 },
    { code: 'as-fast-as-peers', seconds: 20 },
  ],
  stages: { added: 0, checked: 2100, peer: 350, firstByte: 2400 },
}

/** A download that runs, with these reasons. */
async function downloading(
  reasons: Why,
  ...options: string[]
): Promise<{ scene: Scene; exit: Promise<number> }> {
  const scene = new Scene()
  const { torrent } = scene.node
  torrent.reasons = reasons
  torrent.state = { ...torrent.state, phase: 'downloading', why: reasons.findings[0]?.phrase ?? '' }
  const exit = scene.run('download', MAGNET, ...options)
  await until(() => scene.node.added.length === 1)
  return { scene, exit }
}

describe('why a download is no faster', () => {
  it('is a JSON line when what is first has changed, looked at each ten seconds', async () => {
    const { scene, exit } = await downloading(STUCK, '--json')
    assert.deepEqual(scene.named('why'), [])
    for (let i = 0; i < 3; i++) scene.tick(10_000)
    const first = { event: 'why', at: 0, infoHash: HASH, ...TOLD, findings: [TOLD, TOLD_FAST] }
    assert.deepEqual(scene.named('why'), [first])
    scene.node.torrent.reasons = { ...STUCK, findings: [FAST] }
    for (let i = 0; i < 3; i++) scene.tick(10_000)
    scene.node.torrent.reasons = { ...STUCK, findings: [] }
    scene.tick(10_000)
    assert.deepEqual(scene.named('why').slice(1), [
      { event: 'why', at: 0, infoHash: HASH, ...TOLD_FAST, findings: [TOLD_FAST] },
    ])
    scene.stop('SIGINT')
    assert.equal(await exit, 130)
  })

  it('is told at the end with --explain: as a JSON line with the stages and what the time went to', async () => {
    const { scene, exit } = await downloading({ ...STUCK, findings: [] }, '--json', '--explain')
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    const { stages } = STUCK
    const spent = [{ code: 'all-choking', seconds: 60 }, STUCK.spent[1]]
    assert.deepEqual(scene.events.at(-1), {
      event: 'why',
      at: 0,
      infoHash: HASH,
      findings: [],
      spent,
      stages,
    })
    assert.equal(scene.events.at(-2)?.['event'], 'done')
  })

  it('and as lines for people, also when it is stopped before', async () => {
    const { scene, exit } = await downloading(STUCK, '--explain')
    scene.stop('SIGTERM')
    assert.equal(await exit, 143)
    const lines = scene.stdout.trimEnd().split('\n')
    assert.deepEqual(
      lines.slice(lines.indexOf('Timeline: added 0.0 s, peer 0.3 s, checked 2.1 s, firstByte 2.4 s')),
      [
        'Timeline: added 0.0 s, peer 0.3 s, checked 2.1 s, firstByte 2.4 s',
        'What 1 min 20 s went to:',
        '   75 % all-choking 60.0 s',
        '   25 % as-fast-as-peers 20.0 s',
        'What limits it now:',
        '   75 % All peers are choking; wait. (seconds 8, window 10, choking 3)',
        '   25 % It is as fast as the peers send; nothing here holds it up. (seconds 3, window 10, down 1000)',
        'Stopped by SIGTERM.',
      ],
    )
  })

  it('is not told without --explain', async () => {
    const { scene, exit } = await downloading(STUCK)
    scene.node.torrent.metadataCame.resolve(METADATA)
    scene.node.torrent.finished.resolve(DONE)
    assert.equal(await exit, 0)
    assert.doesNotMatch(scene.stdout, /Timeline|went to/)
  })

  it('is a line of the view: a warning, unless nothing limits it', () => {
    const painted = (unhindered: boolean, finding: Finding): string | undefined => {
      const status = { title: 'x', phase: 'downloading', verified: 1, total: 2, down: 1, up: 0 } as const
      const more = {
        peers: 1,
        encrypted: 0,
        utp: 0,
        punched: 0,
        uploaded: 0,
        checked: 1,
        why: finding.phrase,
        unhindered,
      }
      return viewLines({ ...status, ...more }, 80, (style, text) => `<${style}>${text}`).at(-1)
    }
    assert.equal(painted(false, CHOKING), '<yellow>All peers are choking.')
    assert.equal(painted(true, FAST), '<dim>It is as fast as the peers send.')
  })
})
