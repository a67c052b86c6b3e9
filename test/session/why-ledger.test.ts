import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SECOND } from '../../src/core/time.ts'
import type { Facts } from '../../src/session/why/facts.ts'
import { FINDINGS } from '../../src/session/why/finding-table.ts'
import { Ledger } from '../../src/session/why/ledger.ts'

const count = fc.nat(4)
const bytes = fc.nat(1 << 20)

/** Anything, sensible or not: the rules must not rest on what cannot be. */
const facts: fc.Arbitrary<Facts> = fc.record(
  {
    phase: fc.constantFrom('starting', 'metadata', 'opening', 'active'),
    private: fc.boolean(),
    folderMissing: fc.boolean(),
    refusal: fc.option(fc.constant('The disk is full.'), { nil: undefined, freq: 5 }),
    checked: fc.double({ min: 0, max: 1, noNaN: true }),
    contacts: count,
    reachable: fc.constantFrom(0, 1),
    mapped: fc.integer({ min: 0, max: 65_535 }),
    punching: fc.constantFrom(0, 1),
    candidates: count,
    untried: count,
    dialling: count,
    incoming: count,
    outgoing: count,
    unanswered: count,
    declined: count,
    ends: fc.constant(new Map([['stream/refused' as const, 2]])),
    liars: count,
    connected: count,
    suppliers: count,
    claims: count,
    servers: count,
    hashless: fc.boolean(),
    lacking: count,
    nowhere: count,
    useful: count,
    choking: count,
    rateHeld: count,
    starved: count,
    silent: count,
    asked: count,
    outstanding: count,
    open: count,
    hashing: count,
    writing: count,
    down: bytes,
    fastest: bytes,
    limit: bytes,
    received: bytes,
    spoiled: bytes,
  },
  {
    requiredKeys: [
      ...[
        'phase',
        'private',
        'folderMissing',
        'refusal',
        'checked',
        'candidates',
        'untried',
        'dialling',
        'punching',
      ],
      ...[
        'incoming',
        'outgoing',
        'unanswered',
        'declined',
        'ends',
        'liars',
        'connected',
        'suppliers',
        'claims',
        'servers',
        'hashless',
      ],
      ...['lacking', 'nowhere', 'useful', 'choking', 'rateHeld', 'starved', 'silent', 'asked', 'outstanding'],
      ...['open', 'hashing', 'writing', 'down', 'fastest', 'received', 'spoiled'],
    ] as (keyof Facts)[],
  },
) as fc.Arbitrary<Facts>

const looks = fc.array(fc.record({ span: fc.integer({ min: 1, max: 3 * SECOND }), facts }), { minLength: 1 })

function booked(entries: readonly { readonly span: number; readonly facts: Facts }[]): Ledger {
  const ledger = new Ledger()
  for (const entry of entries) ledger.book(entry.span, entry.facts)
  return ledger
}

describe('the ledger of where the time went', () => {
  it('accounts for every second once, whatever the facts', () => {
    fc.assert(
      fc.property(looks, (entries) => {
        const { findings, spent } = booked(entries)
        const shares = findings.reduce((sum, { share }) => sum + share, 0)
        assert.ok(Math.abs(shares - 1) < 1e-9, `${shares}`)
        const whole = entries.reduce((sum, { span }) => sum + span, 0) / SECOND
        assert.ok(Math.abs(spent.reduce((sum, { seconds }) => sum + seconds, 0) - whole) < 1e-6)
        for (const { share, evidence } of findings) {
          assert.ok(share >= 0 && share <= 1)
          assert.ok(evidence['window']! >= Math.min(10, whole) - 1e-9 && evidence['window']! < 13)
          assert.ok(Object.values(evidence).every(Number.isFinite))
        }
      }),
    )
  })

  it('ranks by share, then by the table: each code once, and the same facts the same way', () => {
    const place = new Map(FINDINGS.map(({ code }, index) => [code, index]))
    fc.assert(
      fc.property(looks, (entries) => {
        const { findings } = booked(entries)
        assert.ok(findings.length > 0 && findings[0]!.share > 0)
        for (let i = 1; i < findings.length; i++) {
          const [one, next] = [findings[i - 1]!, findings[i]!]
          assert.ok(
            one.share > next.share ||
              (one.share === next.share && place.get(one.code)! < place.get(next.code)!),
          )
        }
        assert.equal(new Set(findings.map(({ code }) => code)).size, findings.length)
        assert.deepEqual(booked(entries).findings, findings)
      }),
    )
  })

  it('forgets what is ten seconds ago', () => {
    fc.assert(
      fc.property(looks, facts, (entries, now) => {
        const ledger = booked(entries)
        for (let i = 0; i < 12; i++) ledger.book(SECOND, now)
        const fresh = booked(Array.from({ length: 12 }, () => ({ span: SECOND, facts: now })))
        assert.deepEqual(ledger.findings, fresh.findings)
      }),
    )
  })
})
