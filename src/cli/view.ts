/** The live view as lines of text; drawing them is another file's work. */
import type { Status } from './output.ts'
import { asSentence, clean, formatBytes, formatCount, formatDuration, formatRate } from './text.ts'

export type Paint = (style: 'bold' | 'dim' | 'green' | 'yellow', text: string) => string

const DOING: Readonly<Record<Status['phase'], string>> = {
  queued: 'Waiting for its turn',
  starting: 'Starting',
  bootstrapping: 'Joining the DHT',
  'looking-up': 'Looking for peers',
  metadata: 'Fetching the metadata',
  checking: 'Checking what is on disk',
  hashing: 'Hashing',
  downloading: 'Downloading',
  seeding: 'Seeding',
  paused: 'Paused',
  waiting: 'Waiting',
  failed: 'Failed',
}

const BAR = 30

/** At most four lines of at most `width` columns, without line ends. */
export function viewLines(status: Status, width: number, paint: Paint): string[] {
  const share = shareOf(status)
  const doing = DOING[status.phase]
  const lines = [paint('bold', cut(status.title, width))]
  if (share === undefined) lines.push(cut(doing, width))
  else {
    const percent = formatPercent(share)
    const room = Math.min(BAR, width - doing.length - percent.length - 4)
    lines.push(
      room < 4 ? cut(`${doing} ${percent}`, width) : `${doing}  ${bar(share, room, paint)}  ${percent}`,
    )
  }
  lines.push(paint('dim', cut(detailsOf(status), width)))
  const style = status.unhindered === true ? 'dim' : 'yellow'
  if (status.why !== '') lines.push(paint(style, cut(asSentence(status.why), width)))
  return lines.filter((line) => line !== '')
}

/** The same in one line. */
export function statusLine(status: Status): string {
  const share = shareOf(status)
  const doing = DOING[status.phase] + (share === undefined ? '' : ` ${formatPercent(share)}`)
  const why = status.why === '' ? '' : ` (${status.why})`
  return clean([doing, detailsOf(status)].filter((part) => part !== '').join(' · ') + why)
}

function shareOf(status: Status): number | undefined {
  if (status.phase === 'checking') return status.checked
  if (status.phase === 'seeding' || status.phase === 'failed' || status.total === null) return undefined
  return status.total === 0 ? 1 : status.verified / status.total
}

/** Rounded down: 100 % is said only of what is whole. */
function formatPercent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

function bar(share: number, width: number, paint: Paint): string {
  const full = Math.floor(share * width)
  return paint('green', '█'.repeat(full)) + paint('dim', '░'.repeat(width - full))
}

function detailsOf(status: Status): string {
  const { phase, verified, total, down, up, peers, uploaded } = status
  if (phase === 'checking' || phase === 'starting' || phase === 'queued' || phase === 'failed') return ''
  const amount = total === null ? '' : `${formatBytes(verified)} of ${formatBytes(total)}`
  if (phase === 'hashing') return amount
  const parts: string[] = []
  if (phase === 'seeding') parts.push(`uploaded ${formatBytes(uploaded)}`, `up ${formatRate(up)}`)
  else if (total !== null)
    parts.push(amount, `down ${formatRate(down)}`, up > 0 ? `up ${formatRate(up)}` : '')
  parts.push(formatCount(peers, 'peer'))
  if (phase === 'downloading' && total !== null && down >= 1) {
    parts.push(`${formatDuration((total - verified) / down)} left`)
  }
  return parts.filter((part) => part !== '').join(' · ')
}

function cut(text: string, width: number): string {
  const points = [...clean(text)]
  return points.length <= width ? points.join('') : `${points.slice(0, Math.max(0, width - 1)).join('')}…`
}
