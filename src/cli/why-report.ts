import type { Finding, Why } from '../index.ts'
import type { WhyEvent } from './events.ts'
import { formatDuration, toThousandths } from './text.ts'

/** What limits a torrent, for scripts: its first finding, and all of them. */
export function whyEvent(infoHash: string, findings: readonly Finding[]): WhyEvent {
  const told = findings.map(({ code, share, message, evidence }) => {
    const figures = Object.entries(evidence).map(([name, figure]) => [name, toThousandths(figure)])
    return { code, share: toThousandths(share), message, evidence: Object.fromEntries(figures) }
  })
  return { event: 'why', infoHash, ...told[0], findings: told }
}

/** The same with where its time went and when it came to each of its stages. */
export function wholeWhyEvent(infoHash: string, { findings, spent, stages }: Why): WhyEvent {
  return {
    ...whyEvent(infoHash, findings),
    spent: spent.map(({ code, seconds }) => ({ code, seconds: toThousandths(seconds) })),
    stages,
  }
}

/** For people: the timeline, where the time went, and what limits it now, if anything. */
export function whyLines({ findings, spent, stages }: Why): string[] {
  const timeline = Object.entries(stages).sort(([, a], [, b]) => a - b)
  const lines = [
    `Timeline: ${timeline.map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(1)} s`).join(', ')}`,
  ]
  const whole = spent.reduce((sum, { seconds }) => sum + seconds, 0)
  if (whole > 0) lines.push(`What ${formatDuration(whole)} went to:`)
  for (const { code, seconds } of spent)
    lines.push(`  ${percent(seconds / whole)} ${code} ${seconds.toFixed(1)} s`)
  if (findings.length > 0) lines.push('What limits it now:')
  for (const { share, message, evidence } of findings) {
    const figures = Object.entries(evidence).map(([name, figure]) => `${name} ${Math.round(figure)}`)
    lines.push(`  ${percent(share)} ${message} (${figures.join(', ')})`)
  }
  return lines
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`.padStart(5)
}
