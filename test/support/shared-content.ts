import assert from 'node:assert/strict'
import { join } from 'node:path'
import { CONTENT_NAME, fingerprint, writeContent } from './content.ts'
import type { Laboratory } from './laboratory.ts'
import { LodestoneProgram } from './lodestone.ts'

/** The content of an experiment, lying where a seeder serves it, and its torrent file, made by our own `create`. */
export class SharedContent {
  /** Folder that holds the content's folder: the seeder's download folder. */
  readonly folder: string
  readonly path: string
  readonly torrent: string
  readonly infoHash: string
  /** As `create` says it. */
  readonly link: string

  private constructor(folder: string, path: string, torrent: string, infoHash: string, link: string) {
    this.folder = folder
    this.path = path
    this.torrent = torrent
    this.infoHash = infoHash
    this.link = link
  }

  /** `more`: options of `create`. */
  static async prepare(lab: Laboratory, pieceLength: string, ...more: string[]): Promise<SharedContent> {
    const folder = await lab.room('shared')
    const path = await writeContent(folder)
    const torrent = join(lab.folder, 'content.torrent')
    const creation = ['create', path, '--piece-length', pieceLength, '-o', torrent, ...more]
    const creator = LodestoneProgram.start(lab, 'create', creation)
    await creator.program.success(30_000)
    const { infoHash, magnet } = await creator.event('done', 0)
    return new SharedContent(folder, path, torrent, String(infoHash), String(magnet))
  }

  /** All that a downloader is told. */
  get magnet(): string {
    return `magnet:?xt=urn:btih:${this.infoHash}`
  }

  /** Compares what lies below `out` byte for byte. `empty`: whether the client is known to create empty files. */
  async assertArrived(out: string, empty = true): Promise<void> {
    const expected = await fingerprint(this.path)
    if (!empty) for (const [path, print] of expected) if (print.startsWith('0 ')) expected.delete(path)
    assert.deepEqual(await fingerprint(join(out, CONTENT_NAME)), expected)
  }
}
