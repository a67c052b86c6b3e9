import type { Hop, Walk } from '../index.ts'
import { formatCount } from './text.ts'
import { formatEndpoint } from './values.ts'

const ENDED: Readonly<Record<Walk['ended'], string>> = {
  closest: 'the nearest that answered named nobody nearer',
  found: 'there was nothing more to be found',
  budget: 'it had sent as many queries as it may',
  deadline: 'its time was over',
  cancelled: 'it was cancelled',
  'no-nodes': 'there was nobody left to ask',
  refused: 'too many look-ups were under way',
}

const WHY: Readonly<Record<NonNullable<Hop['why']>, string>> = {
  'not-needed': 'not needed',
  'same-ip': 'of an IP that was asked',
  'too-far': 'too far away',
  scope: 'of a scope that may not be named',
  unusable: 'at unusable addresses',
  self: 'this node itself',
  'same-id': 'with an id named too often',
}

/** A walk as lines: who was asked, under whom it was first heard of, and why it ended. */
export function walkTree({ hops, ended }: Walk): string[] {
  const children = new Map<string, Hop[]>()
  for (const hop of hops) {
    const parent = hop.namedBy === undefined ? '' : formatEndpoint(hop.namedBy)
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [hop])
    else siblings.push(hop)
  }
  const lines: string[] = []
  const seen = new Set<string>()
  const draw = (parent: string, indent: string): void => {
    const own = children.get(parent) ?? []
    for (const hop of own) {
      if (hop.outcome === 'unasked') continue
      const name = formatEndpoint(hop)
      lines.push(`${indent}${name} ${hop.nodeId.slice(0, 8)}: ${fateOf(hop)}`)
      // Two ids may be named at one address.
      if (seen.has(name)) continue
      seen.add(name)
      draw(name, `${indent}  `)
    }
    const left = unaskedIn(own)
    if (left !== '') lines.push(`${indent}${left}`)
  }
  draw('', '')
  lines.push(`It ended because ${ENDED[ended]}.`)
  return lines
}

function fateOf({ outcome, queries, ms = 0, named, fresh, peers }: Hop): string {
  const asked = queries > 1 ? ` when asked ${queries} times` : ''
  if (outcome === 'silent') return `did not answer${asked}`
  if (outcome === 'error') return `answered with an error${asked}`
  const told = [`named ${formatCount(named, 'node')}, ${fresh} new`]
  if (peers > 0) told.push(formatCount(peers, 'peer'))
  return `answered in ${Math.round(ms)} ms${asked}, ${told.join(', ')}`
}

/** How many were not asked, by reason. */
function unaskedIn(hops: readonly Hop[]): string {
  const counts = new Map<string, number>()
  for (const { outcome, why = 'not-needed' } of hops) {
    if (outcome === 'unasked') counts.set(WHY[why], (counts.get(WHY[why]) ?? 0) + 1)
  }
  return counts.size === 0
    ? ''
    : `not asked: ${[...counts].map(([why, count]) => `${count} ${why}`).join(', ')}`
}
