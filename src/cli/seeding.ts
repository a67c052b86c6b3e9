import type { AddTorrentOptions, EventOf, Lodestone, Torrent } from '../index.ts'
import type { CommandContext } from './command.ts'
import { orStopped } from './stopping.ts'
import { formatBytes, formatDuration, toThousandths } from './text.ts'
import type { TransferOptions } from './transfer-options.ts'

type Limits = Pick<TransferOptions, 'seedRatio' | 'seedTime'>

/** The limits that were given, as the library takes them. */
export function limitsOf({ seedRatio, seedTime }: Limits): Pick<AddTorrentOptions, keyof Limits> {
  return {
    ...(seedRatio === undefined ? {} : { seedRatio }),
    ...(seedTime === undefined ? {} : { seedTime }),
  }
}

/** Waits for the end of seeding; to be made before the torrent is added, for it may come with the start. */
export class Seeding {
  readonly #ended: Promise<EventOf<'seeded'>>

  constructor(node: Lodestone) {
    this.#ended = new Promise((resolve) => node.on('seeded', resolve))
  }

  /** Tells that it seeds (`line` for people), then waits until a limit ends that, and tells which. */
  async go({ infoHash, magnet }: Torrent, line: string, { output, stop }: CommandContext): Promise<void> {
    output.answer({ event: 'seeding', infoHash, magnet }, line)
    const { limit, uploaded, length, seconds } = await orStopped(this.#ended, stop)
    const figures = { limit, uploaded, length, seconds: toThousandths(seconds) }
    output.answer(
      { event: 'seeded', infoHash, ...figures },
      `Seeded to its ${limit} limit: ${formatBytes(uploaded)} uploaded, of content of ${formatBytes(length)}, in ${formatDuration(seconds)}`,
    )
  }
}
