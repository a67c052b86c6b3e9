import type { Facts } from './facts.ts'

export type FindingCode =
  | 'starting'
  | 'folder-missing'
  | 'checking'
  | 'disk-refuses'
  | 'liar-isolated'
  | 'private'
  | 'no-nodes'
  | 'no-peers'
  | 'proxy'
  | 'connecting'
  | 'peers-full'
  | 'unreachable'
  | 'no-metadata'
  | 'metadata'
  | 'piece-nobody-has'
  | 'all-choking'
  | 'rate-limit'
  | 'disk'
  | 'hash'
  | 'memory'
  | 'peers-silent'
  | 'as-fast-as-peers'

export interface FindingRow {
  readonly code: FindingCode
  /** What it is, without figures, so that it changes only when the finding does. */
  readonly phrase: string | ((facts: Facts) => string)
  /** What to do, or what will come of itself. */
  readonly advice: string | ((facts: Facts) => string)
  /** The part, 0 to 1, of what the rows above have left of a second. `before`: as it was a second ago. */
  takes(facts: Facts, before: Facts | undefined): number
  /** It is worth telling even where it takes nothing. */
  alsoTold?(facts: Facts): boolean
  /** What it rests on; what is not known or unlimited is left out. */
  evidence(facts: Facts): Readonly<Record<string, number | undefined>>
}

const all = (holds: boolean): number => (holds ? 1 : 0)
const lonely = (facts: Facts): boolean => facts.connected === 0
const unknown = (facts: Facts): boolean => lonely(facts) && facts.candidates === 0
const part = (own: number, below: number): number => (own === 0 ? 0 : own / (own + below))

/** Whom nothing but the store keeps from work: that is all, where nobody can be asked while pieces are on their way to the disk. */
function heldByStore(facts: Facts): number {
  const { asked, silent, useful, starved } = facts
  return asked + silent === 0 && facts.hashing + facts.writing > 0 ? useful : starved
}

function storeShare(facts: Facts, holds: (facts: Facts) => boolean): number {
  return holds(facts) ? part(heldByStore(facts), facts.silent + facts.asked) : 0
}

/** Most of the open pieces are not waiting to be hashed or written: they are still on their way here. */
function isShortOfMemory({ starved, open, hashing, writing }: Facts): boolean {
  return starved > 0 && 2 * (hashing + writing) < open
}

/** Who is asked for pieces. */
function suppliersOf({ servers, connected }: Facts): string {
  if (servers === 0) return 'the peers'
  return servers === connected ? 'the web servers' : 'the peers and the web servers'
}

const meetings = (facts: Facts): Record<string, number | undefined> => ({
  candidates: facts.candidates,
  untried: facts.untried,
  dialling: facts.dialling,
  unanswered: facts.unanswered,
  declined: facts.declined,
  incoming: facts.incoming,
  outgoing: facts.outgoing,
  reachable: facts.reachable,
  mapped: facts.mapped,
  punching: facts.punching,
  ...Object.fromEntries(facts.ends),
})

/** Whether peers can dial us; `undefined`: nothing is known of that. */
function isDialable({ mapped, reachable }: Facts): boolean | undefined {
  if ((mapped ?? 0) > 0 || reachable === 1) return true
  return mapped === undefined && reachable === undefined ? undefined : false
}

/** Dials that came to nothing for the proxy's own reasons. */
const byProxy = ({ ends }: Facts): number =>
  [...ends].reduce((sum, [reason, count]) => sum + (reason.startsWith('stream/proxy-') ? count : 0), 0)

const store = ({ open, hashing, writing, starved, down }: Facts): Record<string, number> => ({
  open,
  hashing,
  writing,
  starved,
  down,
})

const supply = ({ useful, choking, silent, asked, outstanding, down }: Facts): Record<string, number> => ({
  useful,
  choking,
  silent,
  asked,
  outstanding,
  down,
})

/**
 * The rules. Each second of a torrent is handed down this table, and each row takes its part of what is left; the last takes the rest.
 * So every second is accounted for, once. First comes what keeps a torrent from having peers, then what keeps the peers from being of
 * use. While some peers let us ask, a second belongs to those in equal parts; the ones that choke us do not count.
 */
export const FINDINGS: readonly FindingRow[] = [
  {
    code: 'starting',
    phrase: 'it is starting',
    advice: 'that takes a moment',
    takes: ({ phase }) => all(phase === 'starting'),
    evidence: () => ({}),
  },
  {
    code: 'folder-missing',
    phrase: 'the folder is not there',
    advice: 'bring it back, and it goes on',
    takes: (facts) => all(facts.folderMissing),
    evidence: () => ({}),
  },
  {
    code: 'checking',
    phrase: 'what is on disk is being checked',
    advice: 'it goes on by itself',
    takes: ({ phase }) => all(phase === 'opening'),
    evidence: ({ checked }) => ({ checked }),
  },
  {
    code: 'disk-refuses',
    phrase: ({ refusal = '' }) => refusal,
    advice: 'it is tried again each 5 s',
    takes: ({ refusal }) => all(refusal !== undefined),
    evidence: store,
  },
  {
    code: 'liar-isolated',
    phrase: (facts) => {
      if (!lonely(facts)) return 'peers that sent false data were sent away'
      return 'the peers that had something to send sent false data and were sent away'
    },
    advice: 'what they had a part in is fetched from others',
    takes: (facts, before) => {
      if (lonely(facts)) return all(facts.liars > 0 && facts.candidates <= facts.liars)
      const spoiled = facts.spoiled - (before?.spoiled ?? 0)
      return spoiled <= 0 ? 0 : spoiled / Math.max(spoiled, facts.received - (before?.received ?? 0))
    },
    alsoTold: ({ liars }) => liars > 0,
    evidence: ({ liars, spoiled, received, candidates, connected }) => ({
      liars,
      spoiled,
      received,
      candidates,
      connected,
    }),
  },
  {
    code: 'private',
    phrase: 'the torrent is private and no peer is known',
    advice: 'name one (--peer) or its tracker (--tracker), or wait for one that dials',
    takes: (facts) => all(unknown(facts) && facts.private),
    evidence: meetings,
  },
  {
    code: 'no-nodes',
    phrase: 'no DHT node answers',
    advice: 'see whether the network is there and lets UDP through',
    takes: (facts) => all(unknown(facts) && facts.contacts === 0),
    evidence: ({ contacts, candidates, reachable }) => ({ contacts, candidates, reachable }),
  },
  {
    code: 'no-peers',
    phrase: 'no peers found yet',
    advice: 'it is looked for them again and again; perhaps nobody seeds it now',
    takes: (facts) => all(unknown(facts)),
    evidence: (facts) => ({ contacts: facts.contacts, ...meetings(facts) }),
  },
  {
    code: 'proxy',
    phrase: 'the proxy does not connect us to peers',
    advice: 'see whether it runs, and what --proxy says; nobody is called around it',
    takes: (facts) => all(lonely(facts) && 2 * byProxy(facts) > facts.unanswered + facts.declined),
    evidence: meetings,
  },
  {
    code: 'connecting',
    phrase: 'the peers are being dialled',
    advice: 'that takes some seconds',
    takes: (facts) => all(lonely(facts) && facts.unanswered + facts.declined === 0),
    evidence: meetings,
  },
  {
    code: 'peers-full',
    phrase: ({ outgoing }) => {
      return outgoing > 0
        ? 'the peers have no place for one more'
        : 'the peers hang up before they shake hands: they lack this torrent or have no place for one more'
    },
    advice: 'they are dialled again and again',
    takes: (facts) => all(lonely(facts) && facts.declined > facts.unanswered),
    evidence: meetings,
  },
  {
    code: 'unreachable',
    phrase: (facts) => {
      const dialable = isDialable(facts)
      if (dialable === undefined) return 'none of the peers answers'
      return `none of the peers answers, ${dialable ? 'though they can dial us' : 'nor can they dial us'}`
    },
    advice: (facts) => {
      const forward = isDialable(facts) ? '' : ', and forward the port so that peers can dial'
      const others = facts.punching > 0 ? 'one that we meet can' : 'here no peer can'
      return `see whether a firewall keeps connections away${forward}; ${others} bring us together with others behind theirs`
    },
    takes: (facts) => all(lonely(facts)),
    evidence: meetings,
  },
  {
    code: 'no-metadata',
    phrase: 'no connected peer has the metadata',
    advice: 'wait for one that has',
    takes: ({ phase, suppliers, hashless }) => all(phase === 'metadata' && suppliers === 0 && !hashless),
    evidence: ({ connected, suppliers, candidates }) => ({ connected, suppliers, candidates }),
  },
  {
    code: 'metadata',
    phrase: ({ hashless }) => {
      return hashless
        ? 'the metadata has come, but not the hashes of its pieces (version 2)'
        : 'the metadata has not come yet'
    },
    advice: 'more and more peers are asked',
    takes: ({ phase }) => all(phase === 'metadata'),
    evidence: ({ connected, suppliers, claims, liars }) => ({ connected, suppliers, claims, liars }),
  },
  {
    code: 'piece-nobody-has',
    phrase: (facts) => {
      return facts.useful === 0
        ? 'no connected peer has the missing pieces'
        : 'nobody connected has some pieces'
    },
    advice: 'wait for a peer that has them',
    takes: ({ useful }) => all(useful === 0),
    alsoTold: ({ phase, connected, nowhere }) => phase === 'active' && connected > 0 && nowhere > 0,
    evidence: ({ nowhere, lacking, connected, candidates }) => ({ nowhere, lacking, connected, candidates }),
  },
  {
    code: 'all-choking',
    phrase: 'all peers are choking',
    advice: 'they serve others now; leave it running, and let it upload, which earns a turn',
    takes: ({ useful, choking }) => all(choking === useful),
    evidence: supply,
  },
  {
    code: 'rate-limit',
    phrase: 'the download limit is reached',
    advice: 'raise it, if it is to be faster (--download-limit)',
    takes: (facts) => part(facts.rateHeld, heldByStore(facts) + facts.silent + facts.asked),
    evidence: ({ limit, down, rateHeld, useful }) => ({ limit, down, rateHeld, useful }),
  },
  {
    code: 'memory',
    phrase: 'the pieces that are open take all the memory that they may',
    advice: 'they come to an end one after another; many slow peers and long pieces make it so',
    takes: (facts) => storeShare(facts, isShortOfMemory),
    evidence: store,
  },
  {
    code: 'hash',
    phrase: 'pieces wait for their hashes',
    advice: 'the processor is slower than the peers; see what else it is doing',
    takes: (facts) => storeShare(facts, (one) => !isShortOfMemory(one) && one.hashing > one.writing),
    evidence: store,
  },
  {
    code: 'disk',
    phrase: 'the disk is slower than the peers',
    advice: 'see what else writes to it, or choose another one (--out)',
    takes: (facts) => storeShare(facts, (one) => !isShortOfMemory(one) && one.hashing <= one.writing),
    evidence: store,
  },
  {
    code: 'peers-silent',
    phrase: (facts) => `${suppliersOf(facts)} send ${facts.servers > 0 ? 'next to nothing' : 'nothing'}`,
    advice: 'those that keep silent are asked less, and others are looked for',
    takes: ({ silent, asked }) => (asked === 0 ? 1 : part(silent, asked)),
    evidence: supply,
  },
  {
    code: 'as-fast-as-peers',
    phrase: (facts) => `it is as fast as ${suppliersOf(facts)} send`,
    advice: 'nothing here holds it up',
    takes: () => 1,
    evidence: (facts) => ({ ...supply(facts), fastest: facts.fastest, limit: facts.limit }),
  },
]
